package panel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/kprobes"
	"trapline/kprobes/uprobes"
	"trapline/tui/figure"
)

// Every name of a state can be drawn, in rows of as many points as a letter has.
func TestNamesOfStatesHaveLetters(t *testing.T) {
	for _, e := range append(kprobes.Engines(), uprobes.Engines()...) {
		for _, s := range figure.States(e) {
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
