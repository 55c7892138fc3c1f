//go:build linux && amd64

package abi

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCallNumbers: every number that the host's headers have up to 6.1's last has
// their name, and no other number has one.
func TestCallNumbers(t *testing.T) {
	for _, wide := range []bool{true, false} {
		width := map[bool]int{true: 64, false: 32}[wide]
		header, err := os.ReadFile(fmt.Sprintf("/usr/include/x86_64-linux-gnu/asm/unistd_%d.h", width))
		require.NoError(t, err, "this test needs the kernel's headers")
		names := map[int]string{}
		for _, m := range regexp.MustCompile(`(?m)^#define __NR_(\w+) (\d+)$`).FindAllStringSubmatch(string(header), -1) {
			n, err := strconv.Atoi(m[2])
			require.NoError(t, err)
			names[n] = m[1]
		}
		require.Equal(t, "futex_waitv", names[449])
		for n := range LaterCalls {
			require.Equal(t, names[n], CallName(wide, n), "number %d of %d bits", n, width)
			if names[n] != "" {
				require.Equal(t, n, CallNumber(wide, names[n]))
			}
		}
		require.Equal(t, "mseal", CallName(wide, Calls(wide)-1))
		require.Empty(t, CallName(wide, Calls(wide)))
		require.Empty(t, CallName(wide, -1))
		require.Equal(t, -1, CallNumber(wide, "no_such_call"))
	}
}
