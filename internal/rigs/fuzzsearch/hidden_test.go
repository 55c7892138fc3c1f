package fuzzsearch

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// forgetful is a system whose machine can leave uses out of its records.
type forgetful interface {
	Forget(func(emu.Accessor, emu.Loc, emu.Use) bool)
}

// hidden are the accessors and, for each, scenarios of testdata/hidden in which
// its records matter, most of them generated and made small. One is not among
// them: in every scenario, the place that reads an entry by Door.Entry writes it
// under another schedule. TestHiddenEntryIsNoticed of internal/explore has a machine
// where it does not.
var hidden = map[string]struct {
	accessor emu.Accessor
	use      emu.Use
}{
	"peeks-memory":          {emu.PeeksMemory, emu.Reads},
	"peeks-word":            {emu.PeeksWord, emu.Reads},
	"pokes-word":            {emu.PokesWord, emu.Writes},
	"asks-register":         {emu.AsksRegister, emu.Reads},
	"raises-interrupt":      {emu.RaisesInterrupt, emu.Writes},
	"asks-clock":            {emu.AsksClock, emu.Reads},
	"value-read":            {emu.TouchesValue, emu.Reads},
	"value-written":         {emu.TouchesValue, emu.Writes},
	"count":                 {emu.TouchesValue, emu.Adds},
	"compares-number":       {emu.ComparesNumber, emu.Reads},
	"program-value-read":    {emu.TouchesValue, emu.Reads},
	"program-value-written": {emu.TouchesValue, emu.Writes},
}

// TestEveryAccessorIsHidden keeps the list complete.
func TestEveryAccessorIsHidden(t *testing.T) {
	in := map[emu.Accessor]bool{emu.AsksEntry: true}
	for _, x := range hidden {
		in[x.accessor] = true
	}
	require.Len(t, in, int(emu.Accessors))
}

// V2: the comparison notices a search whose machine does not record what goes
// through one of the accessors.
func TestHiddenUsesAreNoticed(t *testing.T) {
	for name, x := range hidden {
		t.Run(name, func(t *testing.T) {
			f, err := scenario.LoadFS(os.DirFS("testdata/hidden"), name+scenario.Ext)
			require.NoError(t, err)
			c := Small
			c.States *= 8 // kernel functions that tasks call run as text
			whole := CompareFile(t.Context(), f, false, c)
			require.Empty(t, whole.Discarded)
			require.Empty(t, whole.Differences)
			c.Wrap = func(sys explore.System) explore.System {
				sys.(forgetful).Forget(func(a emu.Accessor, _ emu.Loc, u emu.Use) bool { return a == x.accessor && u == x.use })
				return sys
			}
			less := CompareFile(t.Context(), f, false, c)
			require.NotEmpty(t, less.Differences)
		})
	}
}
