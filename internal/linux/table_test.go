package linux

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/linux/abi"
)

// TestEveryCallHasANumber: a call that an architecture does not have under its name
// would be answered ENOSYS without a word, and so would one of two with one name.
func TestEveryCallHasANumber(t *testing.T) {
	for _, wide := range []bool{true, false} {
		rows := 0
		for _, g := range callGroups {
			for _, list := range g.of(wide) {
				rows += len(list)
				for _, s := range list {
					assert.GreaterOrEqual(t, abi.CallNumber(wide, s.name), 0, "%s: 64 bits: %v", s.name, wide)
				}
			}
		}
		if t.Failed() {
			return
		}
		filled := 0
		for nr, s := range makeTable(wide) {
			if s != nil {
				filled++
				assert.Equal(t, abi.CallName(wide, nr), s.name)
			}
		}
		assert.Equal(t, rows, filled, "calls and numbers, 64 bits: %v", wide)
	}
}

// TestCallsListsEveryCall: each number of both architectures is in the list once.
func TestCallsListsEveryCall(t *testing.T) {
	seen := map[bool]map[int]string{true: {}, false: {}}
	for _, c := range Calls() {
		for wide, nr := range map[bool]int{true: c.AMD64, false: c.I386} {
			if nr >= 0 {
				require.Empty(t, seen[wide][nr], "%s has the number of", c.Name)
				require.Equal(t, abi.CallName(wide, nr), c.Name)
				seen[wide][nr] = c.Name
			}
		}
		require.Equal(t, c.Support == SupportFull || c.Support == SupportMissing, c.Note == "", c.Name)
		require.Equal(t, c.Support == SupportMissing, c.Subject == "", c.Name)
	}
	for wide, names := range seen {
		for nr := range abi.Calls(wide) {
			require.Equal(t, abi.CallName(wide, nr), names[nr])
		}
	}
}
