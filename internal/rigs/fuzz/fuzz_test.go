package fuzz_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/fuzz"
	"trapline/internal/rigs/silicon"
)

var (
	cases = flag.Int("cases", 4000, "byte strings tried in each mode and ring")
	seed  = flag.Uint64("seed", 1, "seed of the byte strings")
)

// longest is how long a case may take before it counts as a hang.
const longest = 20 * time.Second

// watch ends the process with the case at hand if one hangs: nothing can interrupt the library.
func watch(t *testing.T) (note func(fuzz.Case)) {
	var now atomic.Pointer[fuzz.Case]
	var count atomic.Uint64
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go func() {
		last := uint64(0)
		for {
			select {
			case <-stop:
				return
			case <-time.After(longest):
			}
			if n := count.Load(); n != last || n == 0 {
				last = n
				continue
			}
			fmt.Fprintf(os.Stderr, "%s: hangs: %s\n", t.Name(), now.Load())
			os.Exit(1)
		}
	}()
	return func(c fuzz.Case) {
		now.Store(&c)
		count.Add(1)
	}
}

// residentPages is the process's resident memory, in pages.
func residentPages(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	var size, resident int
	_, err = fmt.Sscan(strings.TrimSpace(string(b)), &size, &resident)
	require.NoError(t, err)
	return resident
}

// TestGuestBytes tries random and mutated byte strings. `make fuzz` runs it with -cases 1000000.
func TestGuestBytes(t *testing.T) {
	for _, mode := range silicon.Modes {
		for _, ring := range []int{0, 3} {
			t.Run(fmt.Sprintf("%s ring %d", mode, ring), func(t *testing.T) {
				m, err := fuzz.NewMachine(mode, ring)
				require.NoError(t, err)
				defer m.Close()
				note, source := watch(t), fuzz.NewSource(mode, *seed)
				before := residentPages(t)
				for i := range *cases {
					c := source.Next()
					note(c)
					require.NoError(t, m.Do(c), "case %d", i)
					if i%100000 == 99999 {
						t.Logf("%d cases, %d pages", i+1, residentPages(t))
					}
				}
				t.Logf("resident pages: %d before, %d after %d cases", before, residentPages(t), *cases)
			})
		}
	}
}
