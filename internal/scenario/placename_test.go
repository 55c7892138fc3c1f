package scenario_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/scenario"
)

// T1: what a certificate calls a place of direct mode is the micro-step that runs there.
func TestT1PlacesOfMicroSteps(t *testing.T) {
	f, err := scenario.Load("first-probe")
	require.NoError(t, err)
	r, err := scenario.Open(t.Context(), f, scenario.Options{Direct: true})
	require.NoError(t, err)
	defer r.Close()
	kernel := kernelRun(r).Kernel
	named := 0
	for cpu, ok := r.Next(); ok; cpu, ok = r.Next() {
		at := kernel.Place(r.Machine.CPUs[cpu])
		pc := r.Machine.CPUs[cpu].LinearPC()
		name := kernel.PlaceName(at)
		ev := r.Step(cpu)
		if require.Equal(t, at != pc, name != "", "%#x", at); name != "" && ev.Kind == emu.StepMicro && !strings.HasPrefix(name, "call_handler") {
			require.Equal(t, ev.Micro.Name+" of "+ev.Micro.In, name)
			named++
		}
	}
	require.Greater(t, named, 5)
}
