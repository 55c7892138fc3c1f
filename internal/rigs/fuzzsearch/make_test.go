package fuzzsearch

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
)

// A seed gives the same scenario each time, and one that the parser takes.
func TestScenariosFollowFromTheirSeed(t *testing.T) {
	for seed := uint64(1); seed <= 500; seed++ {
		text := Make(seed).File()
		require.Equal(t, text, Make(seed).File())
		_, err := format.Parse("generated", []byte(text))
		require.NoError(t, err, text)
	}
}

// Every feature of the table comes up.
func TestEveryFeatureIsGenerated(t *testing.T) {
	seen := map[Feature]int{}
	const scenarios = 4000
	for seed := uint64(1); seed <= scenarios; seed++ {
		for _, f := range Make(seed).All() {
			seen[f]++
		}
	}
	for _, f := range all {
		require.GreaterOrEqual(t, seen[f], scenarios/100, f)
	}
}
