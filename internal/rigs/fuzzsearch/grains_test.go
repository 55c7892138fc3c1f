package fuzzsearch

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A line of kernel text in C taken as one step loses no end and no violation:
// of the scenarios that flags name, those of kernel code, under engine 2002.
func TestGrains(t *testing.T) {
	compared, byLines, ends := 0, 0, 0
	for seed := *startFlag; seed < *startFlag+uint64(*scenariosFlag); seed++ {
		s := Make(seed)
		if !s.ThroughC() {
			continue
		}
		r := CompareGrains(t.Context(), s)
		if r.Discarded != "" {
			continue
		}
		require.Empty(t, r.Differences, "seed %d\n%s", seed, s.File())
		compared++
		if r.ByLines {
			byLines++
			ends += r.Ends
		}
	}
	t.Logf("%d scenarios compared, %d of them by lines to the end, which have %d final states", compared, byLines, ends)
	require.NotZero(t, compared)
}
