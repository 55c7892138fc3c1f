package scenario_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/scenario"
	"trapline/internal/x86"
)

// Every trap of every built-in scenario is told by its class: only a fault can be
// retried, an abort never (SDM vol. 3, table 6-1). probe-the-prober has the double fault.
func TestTrapsAreToldByTheirClass(t *testing.T) {
	const retried, restarted = "can be retried", "cannot be restarted"
	seen := map[x86.Kind]int{}
	for _, name := range scenario.Names() {
		f, err := scenario.Load(name)
		require.NoError(t, err)
		r := open(t, f, scenario.Options{})
		require.NoError(t, r.Finish(t.Context(), func(ev *emu.Event) {
			if ev.Delivery == nil || ev.Delivery.Trap.Kind != emu.Exception {
				return
			}
			class := x86.Vector(ev.Delivery.Trap.Vector).Kind()
			seen[class]++
			var why strings.Builder
			for _, x := range r.Names().Describe(ev).Why {
				why.WriteString(x.Text + "\n")
			}
			require.Equal(t, class == x86.Abort, strings.Contains(why.String(), restarted), "%s: %s", name, &why)
			if class != x86.Fault {
				require.NotContains(t, why.String(), retried, name)
			}
		}), name)
	}
	require.Positive(t, seen[x86.Abort])
	require.Positive(t, seen[x86.Fault])
}
