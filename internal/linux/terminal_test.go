package linux

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	terminals     = flag.Int("terminals", 3, "random programs on a terminal that are compared with their native runs")
	firstTerminal = flag.Int("first-terminal", 1, "number of the first one")
)

// TestTerminals: what is typed and printed in random modes, and sessions, process groups, waits and hangups on a
// pseudoterminal, are what they are natively.
func TestTerminals(t *testing.T) {
	if _, err := os.Stat("/dev/ptmx"); err != nil {
		t.Skip(err)
	}
	for name, compiler := range libraries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := mustRead(t, compile(t, "terminal.c", compiler(t)...))
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "program"), data, 0o755))
			compare := func(t *testing.T, args ...string) {
				t.Parallel()
				args = append([]string{"./program"}, args...)
				got := runHere(t, dir, args)
				want := nativeHere(t, dir, args)
				for range 3 { // the kernel's worker may have been late
					if want.stdout != got.stdout {
						want = nativeHere(t, dir, args)
					}
				}
				require.Equal(t, want.stdout, got.stdout, "stderr: %s", got.stderr)
				require.True(t, same(want.res, got.res))
			}
			t.Run("jobs", func(t *testing.T) { compare(t) })
			for n := range *terminals {
				t.Run(fmt.Sprint(*firstTerminal+n), func(t *testing.T) {
					compare(t, fmt.Sprint(*firstTerminal+n), fmt.Sprint(*firstTerminal+n+1), "30")
				})
			}
		})
	}
}
