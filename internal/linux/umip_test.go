package linux

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestUMIP: what a program reads of the system registers is the kernel's
// invention, the same as under the kernel of this machine.
func TestUMIP(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || !strings.Contains(string(info), " umip") {
		t.Skip("this processor has no UMIP to compare with")
	}
	for _, cc := range [][]string{{"gcc"}, {"gcc", "-m32"}} {
		t.Run(strings.Join(cc, " "), func(t *testing.T) {
			prog := compile(t, "umip.c", cc...)
			want := runNative(t, "", nil, []string{prog})
			got := runProgram(t, Config{}, []string{prog})
			assert.Equal(t, want.stdout, got.stdout)
			assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
		})
	}
}
