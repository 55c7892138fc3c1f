package kprobes_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/linux/abi"
	"trapline/internal/rigs/testkit"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

func TestK7HitInsideAHit(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		helper := r.kernel(0x90, 0xc3) // a handler that hits a probe itself
		at := r.kernel(0x90, 0xc3)
		inner := r.probe(kprobes.Probe{Name: "inner", Addr: helper, Pre: kprobes.Handler{Action: func(*kprobes.Call) uint64 {
			t.Error("no handler is called for a hit inside a hit")
			return 0
		}}})
		outer := r.probe(kprobes.Probe{Name: "outer", Addr: at, Pre: kprobes.Handler{Guest: helper}})
		r.start(0, at)
		r.done(0)
		require.EqualValues(t, 0x90, r.byteAt(helper), "never re-armed")
		require.EqualValues(t, 0xcc, r.byteAt(at))
		require.EqualValues(t, 1, r.g.Stats(inner).Reentrant)
		require.True(t, r.g.Stats(inner).Lost)
		require.EqualValues(t, 1, r.g.Stats(outer).Posts)
		// a later hit at it is missed for good
		r.m.CPUs[0].Shutdown = ""
		r.start(0, helper)
		r.done(0)
		require.Zero(t, r.g.Stats(inner).Hits)
		require.EqualValues(t, 2, r.g.Stats(inner).Missed)
	})
}

// An int3 of nobody's inside a handler goes to the stock end, whose do_trap
// asks kprobe_fault for vector 3.
func TestK7ForeignBreakpointInsideAHandler(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		helper := r.kernel(0xcc, 0xc3)
		at := r.kernel(0x90, 0xc3)
		var vectors []uint64
		r.probe(kprobes.Probe{Addr: at, Pre: kprobes.Handler{Guest: helper},
			Fault: kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
				vectors = append(vectors, c.Arg)
				return 1
			}}})
		r.start(0, at)
		r.done(0)
		require.Equal(t, []uint64{3}, vectors)
	})
}

func TestK9FaultDuringTheStep(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		t.Run("kernel handles it: the instruction hits again", func(t *testing.T) {
			r := newKit(t, a, "2002", 1)
			at := r.kernel(join(r.load(r.lazy()), []byte{0xc3})...)
			p := r.probe(kprobes.Probe{Addr: at})
			r.start(0, at)
			r.until(0, "restore_old_flags")
			require.EqualValues(t, 0xcc, r.byteAt(at), "re-armed before the kernel sees the fault")
			r.until(0, "handle_mm_fault")
			require.Zero(t, r.word("kprobe_lock"))
			r.done(0)
			s := r.g.Stats(p)
			require.EqualValues(t, 2, s.Hits, "pre_handler twice")
			require.EqualValues(t, 1, s.Posts)
			require.EqualValues(t, 1, s.Executions)
		})
		t.Run("fault_handler answers 1: the same hit goes on", func(t *testing.T) {
			r := newKit(t, a, "2002", 1)
			page := r.lazy()
			at := r.kernel(join(r.load(page), []byte{0xc3})...)
			p := r.probe(kprobes.Probe{Addr: at, Fault: kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
				require.EqualValues(t, x86.VecPF, c.Arg)
				f, err := r.m.Mem.Alloc()
				require.NoError(t, err)
				require.NoError(t, r.s.Map(page, f, 1, emu.Write))
				return 1
			}}})
			r.start(0, at)
			micro := r.done(0)
			require.NotContains(t, micro, "handle_mm_fault", "nothing else happens")
			require.EqualValues(t, 1, r.g.Stats(p).Hits)
			require.EqualValues(t, 1, r.g.Stats(p).Posts)
		})
		t.Run("vectors 13, 7 and those of do_trap ask as well", func(t *testing.T) {
			for vec, code := range map[uint64][]byte{
				13: {0x8e, 0xd9}, // mov %ecx,%ds with a bad selector
				7:  {0xd9, 0xe8}, // fld1 with CR0.TS
				0:  {0xf7, 0xf1}, // div by zero
				6:  {0x0f, 0x0b},
			} {
				t.Run(fmt.Sprint(vec), func(t *testing.T) {
					r := newKit(t, a, "2002", 1)
					at := r.kernel(join(code, []byte{0xc3})...)
					var got []uint64
					r.probe(kprobes.Probe{Addr: at, Fault: kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
						got = append(got, c.Arg)
						return 0
					}}})
					c := r.start(0, at)
					if vec == 13 {
						c.GPR[x86.RCX] = 0x1000
					} else {
						c.GPR[x86.RCX] = 0
					}
					c.Sys.CR0 |= emu.CR0TS
					why, _ := r.run(0)
					require.Equal(t, []uint64{vec}, got)
					require.Equal(t, vec != 7, isOops(why), "vector %d: %s", vec, why)
				})
			}
		})
	})
}

// A faulting popf gets IF back that K4 had dropped: kprobe_old_eflags, not the
// saved ones, are or-ed in.
func TestK9OldFlagsAreOredIn(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		r.user(traps.Task{}, 0x9d)
		_, err := r.k.MapLazy(userStack, emu.Write|emu.User) // popf reads the absent page above
		require.NoError(t, err)
		r.probe(kprobes.Probe{Addr: userCode})
		var saved uint64
		r.until(0, "save_flags")
		saved = r.word("kprobe_saved_eflags")
		require.Zero(t, saved&x86.IF)
		r.until(0, "restore_old_flags")
		require.NotZero(t, frameFlags(r)&x86.IF)
		require.Zero(t, frameFlags(r)&x86.TF)
	})
}

// frameFlags is the flags word of the last frame that was built.
func frameFlags(r *kit) uint64 { return r.wordAt(r.frame + traps.FieldFlags.Offset(r.a)) }

// In KPROBE_HIT_ACTIVE nothing is undone: the handler is retried.
func TestK9FaultInsidePreHandler(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		helper := r.kernel(join(r.load(r.lazy()), []byte{0xc3})...)
		at := r.kernel(0x90, 0xc3)
		p := r.probe(kprobes.Probe{Addr: at, Pre: kprobes.Handler{Guest: helper}})
		r.start(0, at)
		r.until(0, "handle_mm_fault")
		require.NotZero(t, r.word("kprobe_lock"))
		require.EqualValues(t, 1, r.word("kprobe_status"))
		micro := r.done(0)
		require.NotContains(t, micro, "restore_old_flags")
		require.EqualValues(t, 1, r.g.Stats(p).Hits)
		require.EqualValues(t, 1, r.g.Stats(p).Posts)
	})
}

func TestK13ProbeOnTheTrapPath(t *testing.T) {
	for _, place := range []string{"int3", "do_int3", "kprobe_handler", "kprobe_running"} {
		testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
			r := newKit(t, a, "2002", 1)
			at := r.kernel(0xcc, 0xc3)
			r.probe(kprobes.Probe{Addr: r.k.Symbol(place)})
			r.start(0, at)
			why, _ := r.run(0)
			if a == x86.I386 {
				require.Contains(t, why, "triple fault", place)
			} else { // the double fault has a stack of its own
				require.Contains(t, why, "double_fault", place)
			}
		})
	}
}

func TestK14NobodysBreakpoint(t *testing.T) {
	for _, engine := range []string{"none", "2002"} {
		testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
			r := newKit(t, a, engine, 1)
			r.user(traps.Task{}, 0x90, 0xcc, 0x90)
			why, micro := r.run(0)
			require.Equal(t, "killed by SIGTRAP", why)
			require.Contains(t, micro, "force_sig")
			require.EqualValues(t, 1<<abi.SIGTRAP, r.k.Tasks[0].Got)

			r = newKit(t, a, engine, 1)
			r.start(0, r.kernel(0xcc, 0xc3))
			why, micro = r.run(0)
			require.True(t, isOops(why), why)
			require.Contains(t, micro, "die")
		})
	}
}

// Any single-step trap on the CPU that runs a probe counts as its end.
func TestK16AnySingleStepEndsTheProbe(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		helper := r.kernel(0x68, 2, 1, 0, 0, 0x9d /* popf: TF */, 0x90, 0x90, 0xc3)
		at := r.kernel(0x90, 0xc3)
		posts := []uint64{}
		r.probe(kprobes.Probe{Addr: at, Pre: kprobes.Handler{Guest: helper},
			Post: kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
				posts = append(posts, c.Regs.Get(traps.FieldIP))
				return 0
			}}})
		r.start(0, at)
		r.until(0, "post_handler_action")
		require.Equal(t, []uint64{helper + 7}, posts, "eip is in the handler, not behind the probed instruction")
		require.EqualValues(t, 1, r.word("kprobe_status"), "the step has not begun")
		r.until(0, "spin_unlock")
		require.Zero(t, r.word("kprobe_lock"), "the lock is gone under the handler")
	})
}

func TestK18NullPreHandler(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		at := r.kernel(0x90, 0xc3)
		i, err := r.g.Define(kprobes.Probe{Name: "p", Addr: at})
		require.NoError(t, err)
		require.NoError(t, r.g.Register(i))
		c := r.start(0, at)
		why, _ := r.run(0)
		require.Contains(t, why, "oops: page_fault in kernel mode at 0x0")
		require.Zero(t, c.Sys.CR2)
	})
}

func TestK18RegisterTurnsInterruptsOn(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, fn := range []string{"register_kprobe", "unregister_kprobe"} {
			r := newKit(t, a, "2002", 1)
			i := r.define(kprobes.Probe{Name: "p", Addr: r.kernel(0x90, 0xc3)})
			if fn == "unregister_kprobe" {
				require.NoError(t, r.g.Register(i))
			}
			c := r.call(0, fn, i)
			c.RFLAGS &^= x86.IF
			r.done(0)
			require.NotZero(t, c.RFLAGS&x86.IF, "whatever it was before")
		}
	})
}

func TestK18UserBreakpointsTakeTheLock(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		r.user(traps.Task{}, 0xcc)
		r.until(0, "spin_lock")
		require.NotZero(t, r.word("kprobe_lock"))
	})
}

func TestK19FaultInsidePostHandler(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		helper := r.kernel(join(r.load(r.lazy()), []byte{0xc3})...)
		at := r.kernel(0x90, 0xc3)
		r.probe(kprobes.Probe{Addr: at, Post: kprobes.Handler{Guest: helper}})
		c := r.start(0, at)
		r.until(0, "restore_old_flags")
		require.NotZero(t, frameFlags(r)&x86.IF, "or-ed into the handler's own frame")
		require.EqualValues(t, 0xcc, r.byteAt(at), "re-armed a first time")
		r.until(0, "spin_unlock")
		require.Zero(t, r.word("kprobe_lock"))
		ev := r.until(0, "spin_unlock")
		require.Len(t, ev.Notes, 1)
		require.Equal(t, kprobes.NoteUnlock, ev.Notes[0].Kind, "unlocked a second time")
		r.until(0, "preempt_enable_no_resched")
		require.EqualValues(t, -2, int32(r.k.PreemptCount(r.m.Look(), c.ID)))
	})
}

func TestK20ProbeOnABreakpoint(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		at := r.kernel(0xcc, 0xc3)
		p := r.probe(kprobes.Probe{Addr: at})
		c := r.start(0, at)
		r.until(0, "hit_ss")
		for range 3000 {
			r.step(0)
			require.Empty(t, c.Shutdown)
			require.NotZero(t, r.word("kprobe_lock"))
		}
		require.Greater(t, r.g.Stats(p).Reentrant, uint64(5))
		require.EqualValues(t, 1, r.g.Stats(p).Hits)
		require.Zero(t, r.g.Stats(p).Posts)
	})
}

// The 2002 stubs leave eax in orig_eax: a handler that then puts -ERESTARTSYS
// into eax makes the signal path restart a system call that never was.
func TestK21OrigEaxLooksLikeASystemCall(t *testing.T) {
	const restartSys = -512
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, engine := range []string{"none", "2002"} {
			r := newKit(t, a, engine, 1)
			c := r.user(traps.Task{Ptraced: true}, 0xcc, 0x90)
			c.GPR[x86.RAX] = 7
			r.until(0, "force_sig")
			regs := r.frame
			orig := r.wordAt(regs + traps.FieldOrigAX.Offset(a))
			r.m.PokeWord(r.s, regs+traps.FieldAX.Offset(a), a.Word(), a.Mask(^uint64(-restartSys)+1))
			r.until(0, map[string]string{"none": "do_signal", "2002": "deliver_signal"}[engine])
			ip := r.wordAt(regs + traps.FieldIP.Offset(a))
			if engine == "none" {
				require.Equal(t, a.Mask(^uint64(0)), orig)
				require.EqualValues(t, userCode+1, ip)
				continue
			}
			require.EqualValues(t, 7, orig)
			require.EqualValues(t, userCode+1-2, ip, "eip goes back by the length of int $0x80")
			require.EqualValues(t, 7, r.wordAt(regs+traps.FieldAX.Offset(a)))
		}
	})
}

func TestK22StockDebugTrapKeepsIFOff(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for engine, on := range map[string]bool{"none": true, "2002": false} {
			r := newKit(t, a, engine, 1)
			c := r.user(traps.Task{Ptraced: true}, 0x90, 0x90)
			c.RFLAGS |= x86.TF
			r.until(0, "force_sig")
			require.Equal(t, on, c.RFLAGS&x86.IF != 0, engine)
			for c.CPL != 3 {
				r.step(0)
			}
			require.NotZero(t, c.Sys.DR[6]&emu.DR6BS, "DR6 is not cleared")
			require.NotZero(t, r.k.DebugReg6(r.m.Look(), 0)&emu.DR6BS)
		}
	})
}

// 5.12 clears DR6 when it reads it, and keeps interrupts off in a kernel-mode #DB
// (debug_read_clear_dr6, exc_debug_kernel); 2.6.12 does neither.
func TestG0DR6AndInterruptsInADebugTrap(t *testing.T) {
	for engine, modern := range map[string]bool{"2005": false, "modern": true} {
		for _, direct := range []bool{false, true} {
			testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
				r := newKit(t, a, engine, 1)
				require.NoError(t, r.k.SetDirect(direct))
				at := r.kernel(0x90, 0x90, 0xc3)
				c := r.start(0, at)
				c.RFLAGS |= x86.TF
				trapped, inside, on := false, false, false
				for c.CanStep() {
					ev := r.step(0)
					trapped = trapped || ev.Delivery != nil
					inside = ev.Delivery != nil || inside && c.RIP-at > 3
					on = on || inside && c.RFLAGS&x86.IF != 0
				}
				require.True(t, trapped)
				require.Equal(t, !modern, c.Sys.DR[6]&emu.DR6BS != 0, "%s: DR6 %#x", engine, c.Sys.DR[6])
				require.Equal(t, !modern, on, engine)
			})
		}
	}
}

func TestK24SteppedSoftwareInterrupt(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		c := r.user(traps.Task{}, join([]byte{0xcd, 0x80, 0x90, 0x90}, exit(a))...)
		c.GPR[x86.RAX] = 999 // an unknown call
		var end uint64
		r.probe(kprobes.Probe{Addr: userCode, Post: kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
			end = c.Regs.Get(traps.FieldIP)
			return 0
		}}})
		r.until(0, "system_call")
		require.NotZero(t, r.word("kprobe_lock"), "still held")
		require.Zero(t, c.RFLAGS&x86.TF, "the handler runs untraced")
		require.NotZero(t, frameFlags(r)&x86.TF, "TF went onto the stack")
		r.until(0, "post_handler_action")
		require.EqualValues(t, userCode+3, end, "the step ends one instruction late")
		r.done(0)
	})
}

// eip-1 is taken as a linear address: in a segment with a base the probe is
// not found, and what lies at that address decides.
func TestK25SegmentWithABase(t *testing.T) {
	r := newKit(t, x86.I386, "2002", 1)
	const base = 0x40000
	require.NoError(t, r.k.MapZero(r.s, userCode-base, 4096, emu.User))
	c := r.user(traps.Task{}, 0xb8, 1, 0, 0, 0, 0x90) // mov $1,%eax
	p := r.probe(kprobes.Probe{Addr: userCode})
	c.Seg[x86.CS].Base = base
	c.RIP = userCode - base
	ev := r.until(0, "breakpoint_gone")
	require.Len(t, ev.Notes, 1)
	require.Equal(t, kprobes.NoteSwallowed, ev.Notes[0].Kind)
	require.EqualValues(t, userCode-base, ev.Notes[0].Addr)
	require.Zero(t, r.g.Stats(p).Hits)
}

// The same in virtual-8086 mode, where the base is 16 times CS: the hit's eip is
// an offset.
func TestK25InVirtual8086Mode(t *testing.T) {
	r := newKit(t, x86.I386, "2002", 1)
	const at, cs = 0x20000, 0x2000
	require.NoError(t, r.k.MapZero(r.s, 0, 4096, emu.User))
	require.NoError(t, r.k.MapZero(r.s, at, 4096, emu.User|emu.Exec))
	require.NoError(t, r.m.WriteBytes(r.s, at+0x10, []byte{0x40, 0x90})) // inc %ax
	c := r.user(traps.Task{}, 0xcf)
	p := r.probe(kprobes.Probe{Addr: at + 0x10})
	require.Nil(t, r.m.LoadCode(c, r.k.Layout.KernelCS, 0)) // the kernel's way into the task
	require.Nil(t, r.m.LoadStack(c, r.k.Layout.KernelDS, 0, x86.VecGP))
	c.GPR[x86.RSP] = r.k.Layout.StackTop(0) - 64
	for i, w := range []uint64{0x10, cs, x86.VM | x86.IF | 2, 0x800, cs, cs, cs, cs, cs} {
		require.True(t, r.m.PokeWord(r.s, c.GPR[x86.RSP]+uint64(4*i), 4, w))
	}
	ev := r.until(0, "breakpoint_gone")
	require.Len(t, ev.Notes, 1)
	require.Equal(t, kprobes.NoteSwallowed, ev.Notes[0].Kind)
	require.EqualValues(t, 0x10, ev.Notes[0].Addr, "not 16*cs + 0x10")
	require.Zero(t, r.g.Stats(p).Hits)
}
