package litmus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/litmus"
)

// T1: no published test is certified that has outcomes which only x86-TSO has,
// and most of the others are.
func TestT1PublishedTestsAreCertifiedRightly(t *testing.T) {
	certified, same := 0, 0
	for _, x := range published {
		test, err := litmus.Parse(x.name, text(x.name, "", x.condition, x.threads...))
		require.NoError(t, err)
		given := isCertified(t, test)
		if given {
			certified++
		}
		if x.sc == x.tso {
			same++
		} else {
			require.False(t, given, x.name)
		}
	}
	t.Logf("%d of %d tests that are the same under both models are certified", certified, same)
	require.Greater(t, 4*certified, 3*same)
}
