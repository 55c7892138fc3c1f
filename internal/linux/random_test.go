package linux

import (
	"flag"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// callSeeds is how many programs of random operations TestCallsAgainstTheHost runs of each subject.
var callSeeds = flag.Int("calls", 3, "programs of random operations of each subject: timers, IPC, futexes, sealed files, limits, watches")

// TestCallsAgainstTheHost: random operations answer in the machine as they do natively,
// error by error. A program that answers otherwise when it runs natively a second
// time is not compared.
func TestCallsAgainstTheHost(t *testing.T) {
	prog := compile(t, "random.c", "gcc", "-w")
	for _, subject := range []string{"timers", "ipc", "futex", "memfd", "limits"} {
		for seed := range *callSeeds {
			t.Run(fmt.Sprintf("%s/%d", subject, seed), func(t *testing.T) {
				t.Parallel()
				args := []string{prog, subject, fmt.Sprint(seed)}
				want := runNative(t, "", nil, args)
				if again := runNative(t, "", nil, args); again.stdout != want.stdout {
					t.Skip("not the same natively")
				}
				got := runProgram(t, Config{}, args)
				assert.Empty(t, firstLine(want.stdout, got.stdout))
				assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
			})
		}
	}
}
