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

// TestG0StacksOfGates: numbers of IST.
func TestG0StacksOfGates(t *testing.T) {
	for engine, want := range map[string]map[x86.Vector]uint8{
		"none": {x86.VecDF: 1}, "2002": {x86.VecDF: 1},
		"2005":   {x86.VecSS: 1, x86.VecDF: 2, x86.VecNMI: 3, x86.VecDB: 4}, // 2.6.12
		"modern": {x86.VecDF: 1, x86.VecNMI: 2, x86.VecDB: 3},               // 5.12, IST_INDEX_DF
	} {
		r := newKit(t, x86.AMD64, engine, 1)
		got := map[x86.Vector]uint8{}
		for vec := range 256 {
			if n := r.k.Gate(r.s, x86.Vector(vec)).IST; n != 0 {
				got[x86.Vector(vec)] = n
			}
		}
		require.Equal(t, want, got, engine)
	}
}

// within reports whether an address is in a.
func within(a emu.Area, at uint64) bool { return a.Low <= at && at < a.High }

// threadStack is a vCPU's.
func (r *kit) threadStack(cpu int) emu.Area {
	return emu.Area{Low: r.k.Layout.ThreadInfo(cpu), High: r.k.Layout.StackTop(cpu)}
}

// TestG0DebugComesOnAStackOfItsOwn: 2.6.12 and 5.12 for x86-64 have a stack for #DB
// (IST); int3 stays on the thread's. The frame that handlers get is there, the
// thread's preempt_count is where it always is, in kernel text and in direct mode.
func TestG0DebugComesOnAStackOfItsOwn(t *testing.T) {
	for _, engine := range []string{"2002", "2005", "modern"} {
		testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
			own := engine != "2002" && a == x86.AMD64
			for _, direct := range []bool{false, true} {
				r := newKit(t, a, engine, 2)
				require.NoError(t, r.k.SetDirect(direct))
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
				require.True(t, within(r.threadStack(1), where["pre"]), "%s %v", engine, direct)
				require.Equal(t, !own, within(r.threadStack(1), where["post"]), "%s %v", engine, direct)
				if own {
					require.True(t, within(r.k.ExceptionStack(1, x86.VecDB), where["post"]))
				} else {
					require.Empty(t, r.k.ExceptionStacks(1))
				}
				require.Zero(t, r.k.PreemptCount(r.m.Look(), 1))
			}
		})
	}
}

// TestG0SignalsLeaveTheDebugStack: what do_signal gets is at the end of the
// thread's own stack, and the task goes on from there with its own gs. In 5.12
// the whole of a #DB from ring 3 is handled there.
func TestG0SignalsLeaveTheDebugStack(t *testing.T) {
	for _, engine := range []string{"2005", "modern"} {
		for _, direct := range []bool{false, true} {
			r := newKit(t, x86.AMD64, engine, 1)
			require.NoError(t, r.k.SetDirect(direct))
			c := r.user(traps.Task{Ptraced: true}, join([]byte{0x90, 0x90}, exit(r.a))...)
			c.Seg[x86.GS].Base = 0x1234
			c.RFLAGS |= x86.TF
			r.until(0, map[string]string{"2005": "save_debugreg6", "modern": "save_virtual_dr6"}[engine])
			handled, frame := r.k.ExceptionStack(0, x86.VecDB), r.k.ExceptionStack(0, x86.VecDB).High-168
			if engine == "modern" {
				handled, frame = r.threadStack(0), r.k.Layout.StackTop(0)-168
			}
			require.True(t, within(handled, c.GPR[x86.RSP]), "%s %v", engine, direct)
			require.Equal(t, frame, r.frame)
			r.until(0, map[bool]string{true: "do_signal", false: "deliver_signal"}[direct])
			end := r.k.Layout.StackTop(0)
			require.LessOrEqual(t, c.GPR[x86.RSP], end)
			require.Greater(t, c.GPR[x86.RSP], end-1024)
			require.EqualValues(t, userCode+1, r.wordAt(end-40), "rip")
			for c.CPL == 0 {
				r.step(0)
			}
			require.EqualValues(t, 0x1234, c.Seg[x86.GS].Base)
			require.EqualValues(t, userStack, c.GPR[x86.RSP])
			c.RFLAGS &^= x86.TF
			r.done(0)
		}
	}
}

// TestG0NMIComesOnAStackOfItsOwn: there it is handled, whatever the kernel was at,
// but in 5.12 on the thread's stack if it was not in the kernel. Only 2.6.12 delivers
// signals on the way back.
func TestG0NMIComesOnAStackOfItsOwn(t *testing.T) {
	for _, engine := range []string{"2005", "modern"} {
		for _, direct := range []bool{false, true} {
			for _, where := range []string{"kernel", "ring 3", "entry code"} {
				r := newKit(t, x86.AMD64, engine, 1)
				require.NoError(t, r.k.SetDirect(direct))
				var c *emu.CPU
				if where == "kernel" {
					c = r.start(0, r.kernel(0x90, 0xc3))
				} else {
					c = r.user(traps.Task{}, exit(r.a)...)
				}
				for where == "entry code" && c.CPL == 3 {
					r.step(0)
				}
				if where == "ring 3" {
					r.k.Poke(r.s, r.k.Layout.ThreadInfo(0)+24, 1<<10, 4) // pending
				}
				before := c.Core
				kernelGS := c.Sys.MSR.KernelGSBase
				c.RaiseInterrupt(x86.VecNMI)
				r.until(0, "nmi")
				handled := r.k.ExceptionStack(0, x86.VecNMI)
				if engine == "modern" && where == "ring 3" {
					handled = r.threadStack(0)
				}
				require.True(t, within(handled, c.GPR[x86.RSP]), "%s %v: %s", engine, direct, where)
				require.Equal(t, r.k.PDA(0).Low, c.Seg[x86.GS].Base)
				if engine == "2005" && where == "ring 3" {
					r.until(0, "deliver_signal")
					require.True(t, within(r.threadStack(0), c.GPR[x86.RSP]))
					continue
				}
				for c.RIP != r.k.Symbol("return_from_trap") {
					ev := r.step(0)
					require.True(t, ev.Micro == nil || ev.Micro.Name != "deliver_signal")
				}
				r.step(0)
				require.Equal(t, before.GPR, c.GPR)
				require.Equal(t, before.RIP, c.RIP)
				require.Equal(t, [2]uint64{before.Seg[x86.GS].Base, kernelGS}, [2]uint64{c.Seg[x86.GS].Base, c.Sys.MSR.KernelGSBase})
			}
		}
	}
}

// TestG0AStackFaultHasAStackIn2005: in the kernel it is an oops there, and a double
// fault in 5.12, which has no stack for it.
func TestG0AStackFaultHasAStackIn2005(t *testing.T) {
	const nowhere = 1 << 62
	for _, direct := range []bool{false, true} {
		for engine, want := range map[string]x86.Vector{"2005": x86.VecSS, "modern": x86.VecDF} {
			r := newKit(t, x86.AMD64, engine, 1)
			require.NoError(t, r.k.SetDirect(direct))
			c := r.start(0, r.kernel(0x50, 0xc3)) // push rax
			c.GPR[x86.RSP] = nowhere
			ev := r.step(0)
			require.Equal(t, want, ev.Delivery.Trap.Vector)
			for c.Shutdown == "" {
				r.step(0)
			}
			require.True(t, r.k.Tasks[0].Oopsed)
			require.Equal(t, want, r.k.Tasks[0].OopsVector)
		}
		for _, engine := range []string{"2005", "modern"} {
			r := newKit(t, x86.AMD64, engine, 1)
			require.NoError(t, r.k.SetDirect(direct))
			c := r.user(traps.Task{}, 0x50)
			c.GPR[x86.RSP] = nowhere
			require.EqualValues(t, x86.VecSS, r.step(0).Delivery.Trap.Vector)
			require.Equal(t, engine == "2005", within(r.k.ExceptionStacks(0)[len(r.k.ExceptionStacks(0))-1], r.frame))
			r.until(0, map[bool]string{true: "do_signal", false: "deliver_signal"}[direct])
			require.True(t, within(r.threadStack(0), c.GPR[x86.RSP]))
			require.EqualValues(t, nowhere, r.wordAt(r.k.Layout.StackTop(0)-16), "rsp")
		}
	}
}

// TestG0ASecondDebugOverwritesTheFirst: the stack begins anew with each #DB. A
// watchpoint on what the handler of another one writes leaves that one's frame
// with the handler's registers in it (later kernels have another stack for it).
func TestG0ASecondDebugOverwritesTheFirst(t *testing.T) {
	r := newKit(t, x86.AMD64, "2005", 1)
	c := r.user(traps.Task{Ptraced: true, DebugReg7: 1}, join([]byte{0x90}, exit(r.a))...)
	c.RFLAGS |= x86.TF
	const debugreg6 = 32                                                                // of thread_info
	c.Sys.DR[0], c.Sys.DR[7] = r.k.Layout.ThreadInfo(0)+debugreg6, emu.DR7Fixed|0x90002 // G0, 8 bytes, writes
	var frames, cs []uint64
	for len(frames) < 2 {
		if ev := r.step(0); ev.Delivery != nil {
			require.EqualValues(t, x86.VecDB, ev.Delivery.Trap.Vector)
			frames, cs = append(frames, r.frame), append(cs, r.wordAt(r.frame+traps.FieldCS.Offset(r.a)))
		}
	}
	require.Equal(t, frames[0], frames[1])
	require.EqualValues(t, []uint64{uint64(r.k.Layout.UserCS), uint64(r.k.Layout.KernelCS)}, cs)
}

// TestG0DebugInTheEntryCode: between the trap from ring 3 and swapgs the kernel's gs
// is not loaded yet: the handler of #DB looks, and leaves it as it was.
func TestG0DebugInTheEntryCode(t *testing.T) {
	r := newKit(t, x86.AMD64, "2005", 1)
	c := r.user(traps.Task{}, exit(r.a)...)
	for c.CPL == 3 {
		r.step(0)
	}
	gs := [2]uint64{c.Seg[x86.GS].Base, c.Sys.MSR.KernelGSBase}
	require.Zero(t, gs[0])
	c.RFLAGS |= x86.TF
	r.step(0) // cld
	ev := r.step(0)
	require.NotNil(t, ev.Delivery)
	r.until(0, "kprobe_running")
	require.Equal(t, gs[1], c.Seg[x86.GS].Base)
	for c.RIP != r.k.Symbol("return_from_trap") {
		r.step(0)
	}
	require.Equal(t, gs, [2]uint64{c.Seg[x86.GS].Base, c.Sys.MSR.KernelGSBase})
	r.done(0)
}
