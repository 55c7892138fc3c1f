package litmus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/litmus"
)

// T3: without LOCK others come between the read and the write, and with it, or
// in XCHG, they do not.
func TestT3AReadModifyWriteIsTwoAccesses(t *testing.T) {
	for code, lost := range map[string]bool{
		"INC [x]": true, "ADD [x],$1": true, "XADD [x],EAX": true, "NEG [x]": true,
		"LOCK INC [x]": false, "LOCK ADD [x],$1": false, "LOCK XADD [x],EAX": false, "XCHG [x],EAX": false,
	} {
		test, err := litmus.Parse("t3", text("t3", "0:EAX=1; 1:EAX=1; x=5", "locations [x; 0:EAX; 1:EAX;]\nexists true", code, code))
		require.NoError(t, err)
		whole, err := test.Outcomes(t.Context(), "t3", 0, litmus.Options{})
		require.NoError(t, err)
		split, err := test.Outcomes(t.Context(), "t3", 0, litmus.Options{Split: true})
		require.NoError(t, err)
		require.Equal(t, lost, len(split.Found) > len(whole.Found), "%s: %v and %v", code, whole.Outcomes(), split.Outcomes())
	}
}
