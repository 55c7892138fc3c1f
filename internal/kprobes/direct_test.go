package kprobes_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/kprobes"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// onlyDirect are steps that kernel text does by plain instructions, and lines
// of C that say more than a micro-step does.
var onlyDirect = []string{"kprobe_running", "load_current_kprobe", "load_kprobe_status", "no_handler",
	"call_handler", "handler_returned", "", "set_current", "keep_flags", "deliver_signal", "preempt_schedule"}

func withoutDirect(l []string) []string {
	return slices.DeleteFunc(l, func(s string) bool { return slices.Contains(onlyDirect, s) })
}

// TestDirectEqualsText runs the same code in both modes: same micro-steps in
// the same order, same registers, same counts.
func TestDirectEqualsText(t *testing.T) {
	code := []byte{
		0xb8, 1, 0, 0, 0, // 0 mov $1,%eax
		0x83, 0xc0, 2, // 5 add $2,%eax
		0x9c,       // 8 pushf
		0x5b,       // 9 pop %ebx
		0xfa,       // 10 cli
		0x9c,       // 11 pushf
		0x5a,       // 12 pop %edx
		0xfb,       // 13 sti
		0x90,       // 14 nop
		0x52, 0x9d, // 15 push %edx; 16 popf
		0xc3,
	}
	tried := 0
	for _, engine := range slices.Concat(engines.Probing(engines.Kernel), engines.Options(engines.Kernel)) {
		if !engines.Direct(engine) {
			continue
		}
		tried++
		_, chosen, err := engines.Parse(engines.Kernel, engine)
		require.NoError(t, err)
		for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
			if !slices.ContainsFunc(chosen, func(o engines.Option) bool { return o.Arch != "" && o.Arch != a.String() }) {
				directEqualsText(t, engine, a, code)
			}
		}
	}
	require.GreaterOrEqual(t, tried, 6)
}

func directEqualsText(t *testing.T, engine string, a x86.Arch, code []byte) {
	for _, at := range []uint64{0, 5, 8, 9, 10, 11, 13, 14, 15, 16, 17} {
		run := func(direct bool) ([]string, emu.Core, kprobes.Stats) {
			r := newRig(t, a, engine, code...)
			require.NoError(t, r.g.K.SetDirect(direct))
			i := r.probe(at)
			micro := r.run()
			require.Equal(t, traps.TaskDone, r.m.CPUs[0].Shutdown)
			return withoutDirect(micro), r.m.CPUs[0].Core, r.g.Stats(i)
		}
		m1, c1, s1 := run(false)
		m2, c2, s2 := run(true)
		require.Equal(t, m1, m2, "%s %v at %d", engine, a, at)
		require.Equal(t, c1, c2, "%s %v at %d", engine, a, at)
		require.Equal(t, s1, s2, "%s %v at %d", engine, a, at)
		require.EqualValues(t, 1, s1.Hits)
	}
}
