package props_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu"
	"trapline/emu/explore"
	"trapline/kprobes"
)

// none judges nothing, so that every schedule runs to its end.
func none(*kprobes.Manager) []explore.Property { return nil }

// TestReductionKeepsOutcomesOfMachines compares all final states (registers,
// memory, counts) of probed machines: with reduction, and trying every vCPU
// at every step.
func TestReductionKeepsOutcomesOfMachines(t *testing.T) {
	shared := []byte{0xff, 0x05, 0, 8, 0x7a, 0xda, 0xa1, 0, 8, 0x7a, 0xda, 0xc3} // incl data; mov data,%eax; ret
	all := map[string]*scene{
		"a probe that both hit":           missed(2, true),
		"a probe that both hit, text":     missed(2, false),
		"unregistered meanwhile":          scenes(true)["unregister-race"],
		"a probe on shared data":          {engine: kprobes.Engine2002, direct: true, cpus: 2, code: shared, start: []uint64{0, 0}, probes: []uint64{6}},
		"one probes, one does not":        {engine: kprobes.Engine2002, direct: true, cpus: 2, code: shared, start: []uint64{0, 6}, probes: []uint64{0}},
		"no probe":                        {engine: kprobes.EngineNone, cpus: 3, code: shared, start: []uint64{0, 0, 0}},
		"two probes":                      {engine: kprobes.Engine2002, direct: true, cpus: 2, code: shared, start: []uint64{0, 0}, probes: []uint64{0, 6}},
		"a page on demand, then unmapped": changing(programs(program(incEAX), program(at(load, demandPage))), true, func(s *emu.Space) { s.Unmap(demandPage, 1) }),
	}
	for _, engine := range []string{kprobes.Engine2005, kprobes.EngineModern, kprobes.EngineModern + "+boost"} {
		hit, unregistered := missed(2, true), scenes(true)["unregister-race"]
		hit.engine, unregistered.engine = engine, engine
		all[engine+": a probe that both hit"], all[engine+": unregistered meanwhile"] = hit, unregistered
	}
	for name, s := range all {
		t.Run(name, func(t *testing.T) {
			o := explore.Options{KeepOutcomes: true}
			less, err := explore.Search(context.Background(), s.factory(t, none), o)
			require.NoError(t, err)
			o.NoReduction = true
			all, err := explore.Search(context.Background(), s.factory(t, none), o)
			require.NoError(t, err)
			require.True(t, less.Exhausted && all.Exhausted)
			t.Logf("reduced: %v in %d rounds; all: %v; %d outcomes", less.Summary, less.Rounds, all.Summary, len(all.Outcomes))
			require.Equal(t, all.Outcomes, less.Outcomes)
		})
	}
}
