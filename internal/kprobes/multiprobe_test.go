package kprobes_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/rigs/testkit"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// TestM3CommonFaultHandlerAlwaysAnswersOne: demand paging under a multiprobe
// never ends, because nobody else gets the fault; a plain probe is no hindrance.
func TestM3CommonFaultHandlerAlwaysAnswersOne(t *testing.T) {
	for _, multi := range []bool{false, true} {
		r := newRig(t, x86.I386, "2005", 0xa1, 0, 0, 0x90, 0xc0 /* mov 0xc0900000,%eax */, 0xc3)
		_, err := r.g.K.MapLazy(0xc0900000, emu.Write)
		require.NoError(t, err)
		i, err := r.g.Define(kprobes.Probe{Name: "p", Addr: r.code, Pre: kprobes.Handler{Action: nothing}})
		require.NoError(t, err)
		if multi {
			require.NoError(t, r.g.RegisterMulti(i))
		} else {
			require.NoError(t, r.g.Register(i))
		}
		faults := 0
		for range 5000 {
			ev := r.m.Step(0)
			if ev.Delivery != nil && ev.Delivery.Trap.Vector == x86.VecPF {
				faults++
			}
		}
		if multi {
			require.Empty(t, r.m.CPUs[0].Shutdown, "the same fault for ever")
			require.Greater(t, faults, 10)
		} else {
			require.Equal(t, traps.TaskDone, r.m.CPUs[0].Shutdown)
			require.Equal(t, 1, faults)
		}
	}
}

// TestM6ArmedBeforeLinked: the breakpoint is in place before the active probe
// has its first multiprobe.
func TestM6ArmedBeforeLinked(t *testing.T) {
	r := newRig(t, x86.I386, "2005", 0x90, 0xc3)
	i, err := r.g.Define(kprobes.Probe{Name: "p", Addr: r.code, Pre: kprobes.Handler{Action: nothing}})
	require.NoError(t, err)
	c := r.m.CPUs[0]
	sp := r.g.K.Layout.StackTop(0) - 16
	require.True(t, r.m.PokeWord(c.Space, sp, 4, r.g.K.Symbol("task_exit")))
	require.True(t, r.m.PokeWord(c.Space, sp+4, 4, r.g.Address(i)))
	c.RIP, c.GPR[x86.RSP] = r.g.K.Symbol("register_multiprobe"), sp
	var order []string
	for range 400 {
		if ev := r.m.Step(0); ev.Micro != nil && (ev.Micro.Name == "write_breakpoint" || ev.Micro.Name == "link_multiprobe") {
			order = append(order, ev.Micro.Name)
		}
	}
	require.Equal(t, traps.TaskDone, c.Shutdown)
	require.Equal(t, []string{"write_breakpoint", "link_multiprobe"}, order)
	require.True(t, r.g.Stats(i).Registered)
}

// TestM2UnlinkingWhatIsNotLinked: a multiprobe that is not linked has a NULL
// pprev, or a poisoned one once it was, and writing there faults.
func TestM2UnlinkingWhatIsNotLinked(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, linkedBefore := range []bool{false, true} {
			r := newKit(t, a, "2005", 1)
			at := r.kernel(0x90, 0xc3)
			require.NoError(t, r.g.RegisterMulti(r.define(kprobes.Probe{Name: "stays", Addr: at})))
			i := r.define(kprobes.Probe{Name: "goes", Addr: at})
			want := uint64(0)
			if linkedBefore {
				require.NoError(t, r.g.RegisterMulti(i))
				r.call(0, "unregister_multiprobe", i)
				r.done(0)
				r.m.CPUs[0].Shutdown = ""
				want = 0x00200200
			}
			c := r.call(0, "unregister_multiprobe", i)
			why, _ := r.run(0)
			require.True(t, isOops(why), why)
			require.Equal(t, want, c.Sys.CR2)
			require.NotZero(t, r.word("multiprobe_lock"), "held for good")
		}
	})
}
