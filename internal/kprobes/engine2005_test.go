package kprobes_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/kprobes"
	"trapline/internal/linux/abi"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

func (r *rig) define(name string, off uint64, order *[]string) int {
	r.Helper()
	i, err := r.g.Define(kprobes.Probe{Name: name, Addr: r.code + off, Pre: kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
		*order = append(*order, c.Probe.Name)
		return 0
	}}})
	require.NoError(r, err)
	return i
}

// TestO4CallsAndBranches steps every instruction of a small program out of
// line: the result is the unprobed one.
func TestO4CallsAndBranches(t *testing.T) {
	code := []byte{
		0xe8, 6, 0, 0, 0, // 0 call f
		0x74, 1, // 5 je +1
		0x40, // 7 inc %eax (rex prefix of ret in 64-bit mode)
		0xc3, // 8
		0x90, 0x90,
		0x31, 0xc0, // 11 f: xor %eax,%eax
		0x9c, 0x5b, // 13 pushf; pop %ebx
		0xb9, 3, 0, 0, 0, // 15 mov $3,%ecx
		0xe2, 0xfe, // 20 loop .
		0x85, 0xc0, // 22 test %eax,%eax
		0xc3, // 24
	}
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		want := newRig(t, a, "none", code...)
		want.run()
		engines := []string{"2005", "modern", "modern+boost", "modern+int3", "modern+int3+boost"}
		places := []uint64{0, 5, 8, 11, 13, 14, 15, 20, 22, 24}
		for n := range len(engines) * len(places) {
			engine, at := engines[n/len(places)], places[n%len(places)]
			if strings.Contains(engine, "int3") && (a == x86.I386 || at == 20) {
				continue // at 20 is LOOP: TestO5LoopIsOffByOne
			}
			r := newRig(t, a, engine, code...)
			i := r.probe(at)
			r.run()
			require.Equal(t, traps.TaskDone, r.m.CPUs[0].Shutdown, "%s %v %d", engine, a, at)
			require.Equal(t, want.m.CPUs[0].GPR, r.m.CPUs[0].GPR, "%s %v %d", engine, a, at)
			require.Equal(t, want.m.CPUs[0].RFLAGS, r.m.CPUs[0].RFLAGS, "%s %v %d", engine, a, at)
			s := r.g.Stats(i)
			require.Equal(t, s.Executions, s.Hits, "%s %v %d", engine, a, at)
			require.Zero(t, s.Missed, "%s %v %d", engine, a, at)
		}
	}
}

func TestM1M2MultiprobeOrder(t *testing.T) {
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		var order []string
		r := newRig(t, a, "2005", 0x90, 0x90, 0xc3)
		first, second := r.define("first", 0, &order), r.define("second", 0, &order)
		plain := r.define("plain", 1, &order)
		require.NoError(t, r.g.RegisterMulti(first))
		require.NoError(t, r.g.RegisterMulti(second))
		require.NoError(t, r.g.Register(plain))
		clash := r.define("clash", 1, &order)
		require.ErrorIs(t, r.g.RegisterMulti(clash), abi.EEXIST, "M2")
		require.ErrorIs(t, r.g.Register(clash), abi.EEXIST, "K3")
		r.run()
		require.Equal(t, []string{"second", "first", "plain"}, order, "M1: newest first")
		require.EqualValues(t, 1, r.g.Stats(first).Hits)
	}
}
