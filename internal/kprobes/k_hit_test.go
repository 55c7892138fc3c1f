package kprobes_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/linux/abi"
	"trapline/internal/rigs/testkit"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// preempt_count is up from lock to unlock, and the unlock does not schedule
// though somebody asked for it: it is inside a trap.
func TestK0PreemptionIsOffWhileTheLockIsHeld(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		at := r.kernel(0x40|0x80, 0xc0, 0x01, 0x90, 0xc3) // rolb $1,%al; nop; ret
		r.probe(kprobes.Probe{Addr: at})
		c := r.start(0, at)
		r.k.SetNeedResched(c, true)
		r.until(0, "preempt_disable")
		require.EqualValues(t, 1, r.k.PreemptCount(r.m.Look(), c.ID))
		r.until(0, "hit_ss")
		require.EqualValues(t, 2, r.k.PreemptCount(r.m.Look(), c.ID))
		ev := r.until(0, "preempt_enable_no_resched")
		require.EqualValues(t, 0, r.k.PreemptCount(r.m.Look(), c.ID))
		for _, n := range ev.Notes {
			require.NotEqual(t, traps.NotePreempted, n.Kind)
		}
		require.True(t, r.k.NeedResched(r.m.Look(), c.ID), "still wanted: restore_all does not look")
	})
}

func TestK2EntryStubsBuildPtRegs(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		at := r.kernel(0x90, 0xc3)
		var at0 emu.Core
		seen := false
		r.probe(kprobes.Probe{Addr: at, Pre: kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
			seen = true
			for i := range a.Regs() {
				require.Equal(t, at0.GPR[i], c.Regs.Reg(x86.Reg(i)), x86.Reg(i).Name(a))
			}
			require.Equal(t, at+1, c.Regs.Get(traps.FieldIP), "P1")
			require.EqualValues(t, at0.Seg[x86.CS].Sel, c.Regs.Get(traps.FieldCS))
			require.Equal(t, at0.RFLAGS, c.Regs.Get(traps.FieldFlags))
			require.Equal(t, at0.GPR[x86.RAX], c.Regs.Get(traps.FieldOrigAX), "K21")
			return 0
		}}})
		c := r.start(0, at)
		for i := range a.Regs() {
			if x86.Reg(i) != x86.RSP {
				c.GPR[i] = uint64(0x1000 + i)
			}
		}
		c.RFLAGS |= x86.CF | x86.DF
		at0 = c.Core
		var places []string
		for c.Shutdown == "" {
			ev := r.step(0)
			places = append(places, r.k.Name(ev.PC))
		}
		require.True(t, seen)
		require.Contains(t, places, "int3")
		require.Contains(t, places, "debug")
		require.Contains(t, places, "restore_all", "the answer was non-zero")
		require.NotContains(t, places, "ret_from_exception")
		require.Equal(t, at0.GPR[x86.RCX], c.GPR[x86.RCX], "restored")
		require.Equal(t, at0.RFLAGS, c.RFLAGS)
	})
}

// A trap that is the kernel's own goes back by ret_from_exception.
func TestK2OtherTrapsReturnByRetFromException(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		c := r.user(traps.Task{Ptraced: true}, join([]byte{0xcc}, exit(a))...)
		found := false
		for c.Shutdown == "" {
			ev := r.step(0)
			found = found || r.k.Name(ev.PC) == "ret_from_exception"
		}
		require.True(t, found)
		require.Equal(t, traps.TaskDone, c.Shutdown)
	})
}

func TestK3Register(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		at := r.kernel(0x90, 0xc3)
		i := r.probe(kprobes.Probe{Name: "first", Addr: at})
		require.EqualValues(t, 0xcc, r.byteAt(at))
		twin := r.define(kprobes.Probe{Name: "twin", Addr: at})
		require.ErrorIs(t, r.g.Register(twin), abi.EEXIST)
		// hash_ptr: golden ratio multiplication, top 6 bits (include/linux/hash.h of 2.5)
		bucket := uint64(uint32(at)*0x9e370001) >> 26
		if a == x86.AMD64 {
			bucket = at * 0x9e37fffffffc0001 >> 58
		}
		head := r.k.Symbol("kprobe_table") + bucket*2*uint64(a.Word())
		require.Equal(t, r.g.Address(i), r.wordAt(head))
		require.Equal(t, head, r.wordAt(r.g.Address(i)), "the list ends at its head")
		r.g.Unregister(i)
		require.EqualValues(t, 0x90, r.byteAt(at))
		require.Equal(t, head, r.wordAt(head), "empty again")
		require.NoError(t, r.g.Register(twin))
	})
}

// call starts a task in kernel function fn with a struct kprobe as argument.
func (r *kit) call(id int, fn string, probe int) *emu.CPU {
	r.Helper()
	c := r.start(id, r.k.Symbol(fn))
	if r.a == x86.AMD64 {
		c.GPR[x86.RDI] = r.g.Address(probe)
		return c
	}
	sp := c.GPR[x86.RSP]
	require.True(r, r.m.PokeWord(r.s, sp+4, 4, r.g.Address(probe)))
	return c
}

func TestK3RegisterByTheGuest(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		at := r.kernel(0x90, 0xc3)
		i := r.define(kprobes.Probe{Name: "p", Addr: at})
		c := r.call(0, "register_kprobe", i)
		r.until(0, "spin_lock")
		require.Zero(t, c.RFLAGS&x86.IF, "irqs off")
		require.EqualValues(t, 32, r.word("kprobe_cpu"), "K12: kprobe_cpu is not set")
		r.until(0, "write_breakpoint")
		require.EqualValues(t, 0xcc, r.byteAt(at))
		r.done(0)
		require.Zero(t, c.GPR[x86.RAX])
		require.Zero(t, r.word("kprobe_lock"))

		c.Shutdown = ""
		r.call(0, "register_kprobe", i)
		r.done(0)
		require.EqualValues(t, -int32(abi.EEXIST), int32(c.GPR[x86.RAX]))

		c.Shutdown = ""
		r.call(0, "unregister_kprobe", i)
		r.done(0)
		require.EqualValues(t, 0x90, r.byteAt(at))
	})
}

func TestK3UnregisterWithoutRegister(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		i := r.define(kprobes.Probe{Name: "p", Addr: r.kernel(0x90, 0xc3)})
		c := r.call(0, "unregister_kprobe", i)
		why, _ := r.run(0)
		require.True(t, isOops(why), why)
		require.EqualValues(t, a.Word(), c.Sys.CR2, "next->prev with next NULL")
		require.NotZero(t, r.word("kprobe_lock"), "held for good")
	})
}

func TestK4StateThroughAHit(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		at := r.kernel(0x90, 0xc3)
		p := r.probe(kprobes.Probe{Addr: at, Pre: kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
			require.EqualValues(t, 1, r.word("kprobe_status"), "KPROBE_HIT_ACTIVE")
			require.EqualValues(t, 0xcc, r.byteAt(at), "not yet disarmed")
			require.Zero(t, c.CPU.RFLAGS&x86.IF)
			return 0
		}}})
		c := r.start(0, at)
		r.until(0, "hit_ss")
		require.EqualValues(t, 2, r.word("kprobe_status"), "KPROBE_HIT_SS")
		require.Equal(t, r.g.Address(p), r.word("current_kprobe"))
		require.EqualValues(t, 0, r.word("kprobe_cpu"))
		require.NotZero(t, r.word("kprobe_lock"))
		require.EqualValues(t, 0x90, r.byteAt(at))
		for c.RIP != at { // back to the probed code
			r.step(0)
		}
		require.Equal(t, x86.TF, c.RFLAGS&(x86.TF|x86.IF))
		ev := r.step(0)
		require.NotNil(t, ev.Raised)
		require.Equal(t, emu.DR6BS, ev.Raised.DR6)
		r.done(0)
		require.Zero(t, r.word("kprobe_lock"))
		require.EqualValues(t, 32, r.word("kprobe_cpu"))
		require.EqualValues(t, 0xcc, r.byteAt(at))
		require.NotZero(t, c.RFLAGS&x86.IF)
	})
}

// IF is dropped from what is put back after cli, sti, iret, popf, by their
// first byte only (K23).
func TestK4InstructionsThatSetIFThemselves(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			name     string
			code     []byte
			dropped  bool
			ifBefore bool
			ifAfter  bool
		}{
			{"cli", []byte{0xfa}, true, true, false},
			{"sti", []byte{0xfb}, true, false, true},
			{"nop", []byte{0x90}, false, true, true},
			{"nop with IF off", []byte{0x90}, false, false, false},
			{"prefixed cli: K23", []byte{0x66, 0xfa}, false, true, true},
		} {
			t.Run(tt.name, func(t *testing.T) {
				r := newKit(t, a, "2002", 1)
				at := r.kernel(join(tt.code, []byte{0x90, 0xc3})...)
				r.probe(kprobes.Probe{Addr: at})
				c := r.start(0, at)
				if !tt.ifBefore {
					c.RFLAGS &^= x86.IF
				}
				r.until(0, "save_flags")
				var want uint64
				if tt.ifBefore {
					want = x86.IF
				}
				require.Equal(t, want, r.word("kprobe_old_eflags"))
				if tt.dropped {
					want = 0
				}
				require.Equal(t, want, r.word("kprobe_saved_eflags"))
				r.until(0, "preempt_enable_no_resched")
				for c.RIP != at+uint64(len(tt.code)) {
					r.step(0)
				}
				require.Equal(t, tt.ifAfter, c.RFLAGS&x86.IF != 0)
			})
		}
	})
}

func TestK5PostHandlerAndTheWayOut(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		at := r.kernel(0xb8, 5, 0, 0, 0, 0xc3) // mov $5,%eax
		posts := 0
		r.probe(kprobes.Probe{Addr: at, Post: kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
			posts++
			require.Zero(t, c.Arg, "flags argument 0")
			require.EqualValues(t, 5, c.Regs.Get(traps.FieldAX))
			require.Equal(t, at+5, c.Regs.Get(traps.FieldIP))
			require.EqualValues(t, 0xb8, r.byteAt(at), "still disarmed")
			return 0
		}}})
		r.start(0, at)
		r.done(0)
		require.Equal(t, 1, posts)
	})
}

// Somebody else is single-stepping: TF is set again and do_debug goes on.
func TestK5SomeoneElseIsSingleStepping(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		c := r.user(traps.Task{Ptraced: true}, join([]byte{0x90, 0x90}, exit(a))...)
		r.probe(kprobes.Probe{Addr: userCode})
		c.RFLAGS |= x86.TF
		ev := r.until(0, "force_sig")
		require.Len(t, ev.Notes, 1)
		require.Equal(t, "SIGTRAP", ev.Notes[0].Text)
		require.EqualValues(t, userCode+1, ev.Notes[0].Addr, "SIGTRAP after the probed instruction")
		require.NotZero(t, c.RFLAGS&x86.IF, "restore_interrupts")
		for c.RIP != userCode+1 {
			r.step(0)
		}
		require.NotZero(t, c.RFLAGS&x86.TF, "and stepping goes on")
	})
}

func TestK10PushfFixup(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		t.Run("kernel mode", func(t *testing.T) {
			for _, f := range []uint64{0, x86.IF} {
				r := newKit(t, a, "2002", 1)
				at := r.kernel(0x9c, 0x5b, 0xc3) // pushf; pop %ebx; ret
				r.probe(kprobes.Probe{Addr: at})
				c := r.start(0, at)
				c.RFLAGS = c.RFLAGS&^x86.IF | f
				r.done(0)
				require.Equal(t, 2|f, c.GPR[x86.RBX], "as without the probe")
			}
		})
		t.Run("ring 3", func(t *testing.T) {
			r := newKit(t, a, "2002", 1)
			c := r.user(traps.Task{}, join([]byte{0x9c}, exit(a))...)
			r.probe(kprobes.Probe{Addr: userCode})
			c.GPR[x86.RSP] = userStack - 0x200 // pushf leaves it at ...fdfc
			want := c.GPR[x86.RSP] - uint64(a.Word())
			r.until(0, "preempt_enable_no_resched")
			for c.CPL != 3 {
				r.step(0)
			}
			pushed := r.wordAt(want)
			if a == x86.I386 {
				require.NotEqual(t, want, c.GPR[x86.RSP], "the stack pointer itself was edited")
				require.Equal(t, want&^(x86.TF|x86.IF)|x86.IF, c.GPR[x86.RSP])
				require.Equal(t, x86.TF, pushed&(x86.TF|x86.IF), "and the pushed word was not")
			} else {
				require.Equal(t, want, c.GPR[x86.RSP])
				require.Equal(t, x86.IF, pushed&(x86.TF|x86.IF))
			}
		})
	})
}

func TestK23PrefixedPushfEscapes(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		at := r.kernel(0x66, 0x9c, 0x66, 0x5b, 0xc3) // pushfw; pop %bx; ret
		r.probe(kprobes.Probe{Addr: at})
		c := r.start(0, at)
		r.done(0)
		require.Equal(t, x86.TF, c.GPR[x86.RBX]&(x86.TF|x86.IF), "the stepping flags leak")
	})
}

func TestK15AProbeInTheMiddleOfAnInstruction(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		at := r.kernel(0xb8, 1, 0, 0, 0, 0xc3) // mov $1,%eax
		p := r.probe(kprobes.Probe{Addr: at + 1})
		c := r.start(0, at)
		r.done(0)
		require.EqualValues(t, 0xcc, c.GPR[x86.RAX], "the immediate was changed")
		require.Zero(t, r.g.Stats(p).Hits)
	})
}

func TestK17PopfUnderTheProbe(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		popf := func(image byte) []byte { // push $image (with TF: pushed as a 32-bit immediate); popf; nop; ret
			return []byte{0x68, 2, image, 0, 0, 0x9d, 0x90, 0xc3}
		}
		t.Run("TF that it sets is lost", func(t *testing.T) {
			r := newKit(t, a, "2002", 1)
			at := r.kernel(popf(1)...)
			r.probe(kprobes.Probe{Addr: at + 5})
			c := r.start(0, at)
			micro := r.done(0)
			require.Equal(t, 1, count(micro, "save_debugreg6"), "no #DB but the probe's own")
			_ = c
		})
		t.Run("TF that it clears comes back", func(t *testing.T) {
			r := newKit(t, a, "2002", 1)
			c := r.user(traps.Task{Ptraced: true}, join(popf(2)[:7], exit(a))...)
			r.probe(kprobes.Probe{Addr: userCode + 5})
			r.step(0)
			c.RFLAGS |= x86.TF
			r.until(0, "restore_saved_flags")
			for c.CPL != 3 {
				r.step(0)
			}
			require.EqualValues(t, userCode+6, c.RIP)
			require.NotZero(t, c.RFLAGS&x86.TF)
		})
	})
}
