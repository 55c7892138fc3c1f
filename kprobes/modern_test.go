package kprobes_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu"
	"trapline/kprobes"
	"trapline/traps"
)

func TestM5GatheredProbes(t *testing.T) {
	for _, a := range []emu.Arch{emu.I386, emu.AMD64} {
		var order []string
		r := newRig(t, a, kprobes.EngineModern, 0x90, 0x90, 0xc3)
		var probes []int
		for _, name := range []string{"first", "second", "third"} {
			probes = append(probes, r.define(name, 0, &order))
			require.NoError(t, r.g.Register(probes[len(probes)-1]))
		}
		r.g.Unregister(probes[1])
		r.run()
		require.Equal(t, traps.TaskDone, r.m.CPUs[0].Shutdown)
		require.Equal(t, []string{"third", "first"}, order)
		require.EqualValues(t, 1, r.g.Stats(probes[0]).Hits)
	}
}

// TestO5TrapsPerHit counts what boosting and emulation save: two traps a hit
// with a step, one without.
func TestO5TrapsPerHit(t *testing.T) {
	code := []byte{0x48, 0x89, 0xc3 /* mov %rax,%rbx */, 0xeb, 0 /* jmp */, 0xf7, 0xd8 /* neg %eax */, 0xc3}
	for _, c := range []struct {
		engine string
		at     uint64
		traps  int
	}{
		{"modern", 0, 2}, {"modern", 3, 2},
		{"modern+boost", 0, 1}, {"modern+boost", 3, 2}, {"modern+boost", 5, 2},
		{"modern+int3", 0, 2}, {"modern+int3", 3, 1}, {"modern+int3", 7, 1},
		{"modern+int3+boost", 0, 1},
	} {
		r := newRig(t, emu.AMD64, c.engine, code...)
		r.probe(c.at)
		n := 0
		for r.m.CPUs[0].Shutdown == "" {
			if ev := r.m.Step(0); ev.Kind == emu.StepDelivery {
				n++
			}
		}
		require.Equal(t, traps.TaskDone, r.m.CPUs[0].Shutdown, "%s %d", c.engine, c.at)
		require.Equal(t, c.traps, n, "%s %d", c.engine, c.at)
	}
}

// TestO5LoopIsOffByOne: the 6.1 kernel tests the count before it decrements,
// so a probed LOOP runs once more than the processor would.
func TestO5LoopIsOffByOne(t *testing.T) {
	code := []byte{0xb9, 1, 0, 0, 0, 0xff, 0xc3 /* inc %ebx */, 0xe2, 0xfc /* loop -4 */, 0xc3}
	for engine, want := range map[string]uint64{"modern": 1, "modern+int3": 2} {
		r := newRig(t, emu.AMD64, engine, code...)
		r.probe(7)
		r.run()
		require.EqualValues(t, want, r.m.CPUs[0].GPR[emu.RBX], engine)
	}
}
