package kprobes_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu"
	"trapline/kprobes"
	"trapline/traps"
)

// TestG0DebugComesOnAStackOfItsOwn: only 2.6.12 for x86-64 has a stack for #DB
// (IST); int3 stays on the thread's. The frame that handlers get is there, the
// thread's preempt_count is where it always is, in kernel text and in direct mode.
func TestG0DebugComesOnAStackOfItsOwn(t *testing.T) {
	for _, engine := range []string{"2002", "2005", "modern"} {
		eachArch(t, func(t *testing.T, a emu.Arch) {
			own := engine == "2005" && a == emu.AMD64
			for _, direct := range []bool{false, true} {
				r := newKit(t, a, engine, 2)
				require.NoError(t, r.k.SetDirect(direct))
				require.Equal(t, own, r.k.Gate(r.s, emu.VecDB).IST != 0)
				require.Zero(t, r.k.Gate(r.s, emu.VecBP).IST)
				at := r.kernel(0x90, 0xc3)
				where := map[string]uint64{}
				note := func(name string) kprobes.Handler {
					return kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
						where[name] = c.Regs.Addr
						require.Equal(t, engine != "modern", r.k.PreemptCount(r.m.Look(), 1) != 0)
						return 0
					}}
				}
				r.probe(kprobes.Probe{Addr: at, Pre: note("pre"), Post: note("post")})
				r.start(1, at)
				r.done(1)
				thread := func(v uint64) bool {
					return v >= r.k.Layout.ThreadInfo(1) && v < r.k.Layout.StackTop(1)
				}
				require.True(t, thread(where["pre"]), "%s %v", engine, direct)
				require.Equal(t, !own, thread(where["post"]), "%s %v", engine, direct)
				if low, high := r.k.DebugStack(1); own {
					require.True(t, low <= where["post"] && where["post"] < high)
				}
				require.Zero(t, r.k.PreemptCount(r.m.Look(), 1))
			}
		})
	}
}

// TestG0SignalsLeaveTheDebugStack: what do_signal gets is at the end of the
// thread's own stack, and the task goes on from there with its own gs.
func TestG0SignalsLeaveTheDebugStack(t *testing.T) {
	for _, direct := range []bool{false, true} {
		r := newKit(t, emu.AMD64, "2005", 1)
		require.NoError(t, r.k.SetDirect(direct))
		c := r.user(traps.Task{Ptraced: true}, join([]byte{0x90, 0x90}, exit(r.a))...)
		c.Seg[emu.GS].Base = 0x1234
		c.RFLAGS |= emu.TF
		r.until(0, map[bool]string{true: "do_signal", false: "deliver_signal"}[direct])
		low, _ := r.k.DebugStack(0)
		require.Equal(t, low+4096-168, r.frame)
		end := r.k.Layout.StackTop(0)
		require.LessOrEqual(t, c.GPR[emu.RSP], end)
		require.Greater(t, c.GPR[emu.RSP], end-1024)
		require.EqualValues(t, userCode+1, r.wordAt(end-40), "rip")
		for c.CPL == 0 {
			r.step(0)
		}
		require.EqualValues(t, 0x1234, c.Seg[emu.GS].Base)
		require.EqualValues(t, userStack, c.GPR[emu.RSP])
		c.RFLAGS &^= emu.TF
		r.done(0)
	}
}

// TestG0ASecondDebugOverwritesTheFirst: the stack begins anew with each #DB. A
// watchpoint on what the handler of another one writes leaves that one's frame
// with the handler's registers in it (later kernels have another stack for it).
func TestG0ASecondDebugOverwritesTheFirst(t *testing.T) {
	r := newKit(t, emu.AMD64, "2005", 1)
	c := r.user(traps.Task{Ptraced: true, DebugReg7: 1}, join([]byte{0x90}, exit(r.a))...)
	c.RFLAGS |= emu.TF
	const debugreg6 = 32                                                                // of thread_info
	c.Sys.DR[0], c.Sys.DR[7] = r.k.Layout.ThreadInfo(0)+debugreg6, emu.DR7Fixed|0x90002 // G0, 8 bytes, writes
	var frames, cs []uint64
	for len(frames) < 2 {
		if ev := r.step(0); ev.Delivery != nil {
			require.EqualValues(t, emu.VecDB, ev.Delivery.Trap.Vector)
			frames, cs = append(frames, r.frame), append(cs, r.wordAt(r.frame+traps.FieldCS.Offset(r.a)))
		}
	}
	require.Equal(t, frames[0], frames[1])
	require.EqualValues(t, []uint64{uint64(r.k.Layout.UserCS), uint64(r.k.Layout.KernelCS)}, cs)
}

// TestG0DebugInTheEntryCode: between the trap from ring 3 and swapgs the kernel's gs
// is not loaded yet: the handler of #DB looks, and leaves it as it was.
func TestG0DebugInTheEntryCode(t *testing.T) {
	r := newKit(t, emu.AMD64, "2005", 1)
	c := r.user(traps.Task{}, exit(r.a)...)
	for c.CPL == 3 {
		r.step(0)
	}
	gs := [2]uint64{c.Seg[emu.GS].Base, c.Sys.MSR.KernelGSBase}
	require.Zero(t, gs[0])
	c.RFLAGS |= emu.TF
	r.step(0) // cld
	ev := r.step(0)
	require.NotNil(t, ev.Delivery)
	r.until(0, "kprobe_running")
	require.Equal(t, gs[1], c.Seg[emu.GS].Base)
	for c.RIP != r.k.Symbol("return_from_trap") {
		r.step(0)
	}
	require.Equal(t, gs, [2]uint64{c.Seg[emu.GS].Base, c.Sys.MSR.KernelGSBase})
	r.done(0)
}
