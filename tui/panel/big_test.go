package panel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/kprobes/engines"
)

// Every name of a state can be drawn, in rows of as many points as a letter has.
func TestNamesOfStatesHaveLetters(t *testing.T) {
	for _, e := range append(engines.All(engines.Kernel), engines.All(engines.Program)...) {
		for _, s := range e.States {
			for _, r := range s.Name {
				rows := strings.Fields(letters[r])
				require.Len(t, rows, bigRows, "%q of %s", r, s.Name)
				for _, row := range rows {
					require.Len(t, row, bigColumns)
				}
			}
		}
	}
}
