package scenario_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/engines"
	"trapline/internal/format"
	"trapline/internal/scenario"
)

// Every property that a file may name is judged in each kind of scenario that
// has it: one that is only in format.BuiltIns would be called by nobody.
func TestEveryPropertyIsJudged(t *testing.T) {
	for _, kind := range []struct {
		scenario string
		world    engines.World
	}{{"first-probe", engines.Kernel}, {"xol-slot", engines.Program}} {
		for _, name := range format.PropertyNames(kind.world) {
			f, err := scenario.Load(kind.scenario)
			require.NoError(t, err)
			f.Check, f.HasCheck = []format.Property{{Name: name}}, true
			require.NotPanics(t, func() {
				r, err := scenario.Open(t.Context(), f, scenario.Options{})
				require.NoError(t, err, name)
				defer r.Close()
				require.NoError(t, r.Finish(t.Context(), nil))
				assert.Empty(t, r.Judge(false), name)
			}, "%s is not made by the world of %s", name, kind.scenario)
		}
	}
}
