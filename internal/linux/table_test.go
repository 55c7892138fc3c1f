package linux

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Every call has a number, and every number a call: one without the other
// would be answered ENOSYS without a word.
func TestEveryCallHasANumber(t *testing.T) {
	for _, c := range calls {
		assert.Contains(t, numbers64, c.name)
		assert.Contains(t, numbers32, c.name)
	}
	for _, own := range []struct {
		calls   []spec
		numbers map[string]int
		table   []*spec
	}{{calls64, numbers64, table64}, {calls32, numbers32, table32}} {
		for _, c := range own.calls {
			assert.Contains(t, own.numbers, c.name)
		}
		at := map[int]string{}
		for name, n := range own.numbers {
			assert.NotNil(t, own.table[n], "%s: number %d has no call", name, n)
			assert.Empty(t, at[n], "%s has the number of", name)
			at[n] = name
		}
	}
}
