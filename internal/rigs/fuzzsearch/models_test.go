package fuzzsearch

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// T1: what is certified of sequentially consistent memory is so with store buffers:
// of the scenarios that flags name, those of kernel code.
func TestModels(t *testing.T) {
	compared, certified, more, wrongly := 0, 0, 0, 0
	for seed := *startFlag; seed < *startFlag+uint64(*scenariosFlag); seed++ {
		s := Make(seed)
		if s.Program {
			continue
		}
		r := CompareModels(t.Context(), s)
		if r.Discarded != "" {
			continue
		}
		require.Empty(t, r.Differences, "seed %d\n%s", seed, s.File())
		compared++
		switch {
		case r.Certified:
			certified++
		case r.More:
			more++
		default:
			wrongly++
		}
	}
	t.Logf("%d scenarios compared: %d certified; of the others %d have more ends with store buffers, %d the same", compared, certified, more, wrongly)
	require.NotZero(t, certified)
}
