package linux

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// callSeeds is how many programs of random operations TestCallsAgainstTheHost runs of each subject.
var callSeeds = flag.Int("calls", 3, "programs of random operations of each subject: timers, IPC, futexes, sealed files, limits, watches, processes below /proc")

// TestCallsAgainstTheHost: random operations answer in the machine as they do natively,
// error by error. A program that answers otherwise when it runs natively a second
// time is not compared.
func TestCallsAgainstTheHost(t *testing.T) {
	prog := mustRead(t, compile(t, "random.c", "gcc", "-w"))
	for _, subject := range []string{"timers", "ipc", "futex", "memfd", "limits", "watch", "proc"} {
		for seed := range *callSeeds {
			t.Run(fmt.Sprintf("%s/%d", subject, seed), func(t *testing.T) {
				t.Parallel()
				run := func(how func(t *testing.T, dir string, args []string) outcome) outcome {
					dir := t.TempDir()
					require.NoError(t, os.WriteFile(filepath.Join(dir, "program"), prog, 0o755))
					require.NoError(t, os.Chmod(dir, 0o777)) // the program is another user's
					return how(t, dir, []string{filepath.Join(dir, "program"), subject, fmt.Sprint(seed)})
				}
				native := func(t *testing.T, _ string, args []string) outcome {
					if subject == "ipc" {
						command := ownNamespace("--ipc")
						if command == nil {
							command = ownNamespace("--user", "--ipc")
						}
						if command == nil {
							t.Skip("the host gives no IPC namespace: others' semaphores would count")
						}
						args = slices.Concat(command, args)
					}
					return runNative(t, "", nil, args)
				}
				want := run(native)
				if again := run(native); again.stdout != want.stdout {
					t.Skip("not the same natively")
				}
				got := run(func(t *testing.T, dir string, args []string) outcome { return runProgram(t, Config{}, args, dir) })
				assert.Empty(t, firstLine(want.stdout, got.stdout))
				assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
			})
		}
	}
}
