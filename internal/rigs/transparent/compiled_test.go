package transparent_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/compiled"
	"trapline/internal/rigs/transparent"
)

const (
	dataSeed = 1 // of the functions' data

	// leastAddresses is how many distinct instructions the compiled functions must execute.
	leastAddresses = 3000

	// textStride: every so many'th address is tried again with kernel text between the
	// micro-steps, which takes several times as long.
	textStride = 12
)

// plain runs p under engine none.
func plain(t *testing.T, p *silicon.Program) *transparent.Result {
	t.Helper()
	r, err := transparent.NewRig(p, transparent.Config{Engine: "none"})
	require.NoError(t, err)
	defer r.Close()
	res, err := r.Run()
	require.NoError(t, err)
	return res
}

// compare runs p with each set of probes and expects to see no difference from want.
func compare(t *testing.T, p *silicon.Program, c transparent.Config, want *transparent.Result, sets ...[]uint64) {
	t.Helper()
	r, err := transparent.NewRig(p, c)
	require.NoError(t, err)
	defer r.Close()
	for _, probes := range sets {
		got, err := r.Run(probes...)
		require.NoError(t, err)
		if d := got.Compare(want, probes); d != "" {
			t.Errorf("%d probes, first at %#x: %s", len(probes), probes[0], d)
		}
	}
}

// TestCompiledCode: a probe of engine 2002 on every instruction in turn, and on all of them,
// leaves results, registers and memory as they are, and is hit once per execution.
func TestCompiledCode(t *testing.T) {
	addresses := map[silicon.Mode]int{}
	t.Run("modes", func(t *testing.T) {
		for _, mode := range silicon.Modes {
			calls, err := compiled.Calls(mode, dataSeed)
			require.NoError(t, err)
			seen := map[uint64]bool{}
			for _, call := range calls {
				want := plain(t, call.Program)
				require.Empty(t, want.Ended, call.Name)
				all := want.Addresses()
				for _, at := range all {
					seen[at] = true
				}
				t.Run(mode.String()+" "+call.Name, func(t *testing.T) {
					t.Parallel()
					sets, slice := [][]uint64{all}, [][]uint64{all}
					for i, at := range all {
						sets = append(sets, []uint64{at})
						if i%textStride == 0 {
							slice = append(slice, []uint64{at})
						}
					}
					c := transparent.Config{Engine: "2002", Direct: true, Post: true, Probes: all}
					compare(t, call.Program, c, want, sets...)
					c.Direct = false
					compare(t, call.Program, c, want, slice...)
				})
			}
			addresses[mode] = len(seen)
		}
	})
	t.Logf("distinct instructions: %v", addresses)
	require.GreaterOrEqual(t, addresses[silicon.Mode32]+addresses[silicon.Mode64], leastAddresses)
}
