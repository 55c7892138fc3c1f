package panel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/engines"
)

// Every name of a state can be drawn, in rows of as many points as a letter has.
func TestNamesOfStatesHaveLetters(t *testing.T) {
	for _, e := range append(engines.All(engines.Kernel), engines.All(engines.Program)...) {
		names := []string{"CPU01234567"}
		for _, s := range e.States {
			names = append(names, s.Name)
		}
		for _, name := range names {
			for _, r := range name {
				rows := strings.Fields(letters[r])
				require.Len(t, rows, bigRows, "%q of %s", r, name)
				for _, row := range rows {
					require.Len(t, row, bigColumns)
				}
			}
		}
	}
}
