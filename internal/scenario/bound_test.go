package scenario_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// TestBoundsByStrategy: a bound is one of preemptions, or pct's depth, and what
// a strategy cannot have is refused.
func TestBoundsByStrategy(t *testing.T) {
	bounded := func(strategy scenario.Strategy, n int) (scenario.Search, error) {
		s := scenario.Search{Strategy: strategy}
		err := s.Bound(n)
		return s, err
	}
	for _, x := range []struct {
		strategy    scenario.Strategy
		n           int
		preemptions explore.Limit
		depth       int
		err         string
	}{
		{scenario.DFS, scenario.NoBound, explore.Limit{}, 0, ""},
		{scenario.DFS, 0, explore.AtMost(0), 0, ""},
		{"", 2, explore.AtMost(2), 0, ""},
		{scenario.PCT, scenario.NoBound, explore.Limit{}, scenario.DefaultPCTDepth, ""},
		{scenario.PCT, 5, explore.Limit{}, 5, ""},
		{scenario.PCT, 0, explore.Limit{}, 0, "a pct depth of 0: expected 1 to 64"},
		{scenario.PCT, 65, explore.Limit{}, 0, "a pct depth of 65: expected 1 to 64"},
		{scenario.Random, scenario.NoBound, explore.Limit{}, 0, ""},
		{scenario.Random, 1, explore.Limit{}, 0, "a bound of the random strategy: expected a number of executions"},
		{scenario.DFS, -2, explore.Limit{}, 0, "a bound of -2: expected -1 or more"},
	} {
		s, err := bounded(x.strategy, x.n)
		if x.err != "" {
			require.EqualError(t, err, x.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, x.preemptions, s.Bounds.Preemptions)
		require.Equal(t, x.depth, s.Depth)
	}
	_, err := scenario.ParseStrategy("bfs")
	require.EqualError(t, err, `unknown strategy "bfs": expected dfs, pct or random`)
	_, err = scenario.Search{Strategy: "bfs"}.Do(t.Context(), parsed(t, apart))
	require.ErrorContains(t, err, `unknown strategy "bfs"`)
}
