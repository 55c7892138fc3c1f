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

func TestK6OneLockFromHitToStep(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 2)
		one, two := r.kernel(0x90, 0xc3), r.kernel(0x90, 0xc3)
		r.probe(kprobes.Probe{Name: "one", Addr: one})
		second := r.probe(kprobes.Probe{Name: "two", Addr: two})
		r.start(0, one)
		d := r.start(1, two)
		r.until(0, "spin_lock")
		r.until(1, "preempt_disable")
		r.spins(1)
		for range 5 {
			ev := r.step(1)
			require.Equal(t, emu.StepSpin, ev.Kind)
			require.Equal(t, "kprobe_lock", ev.Micro.Holds)
			require.Zero(t, d.RFLAGS&x86.IF, "spins with interrupts off")
		}
		r.until(0, "hit_ss")
		for r.m.CPUs[0].RIP != one {
			r.step(0)
		}
		require.Equal(t, emu.StepSpin, r.step(1).Kind, "also while the instruction is stepped")
		r.until(0, "spin_unlock")
		require.Equal(t, "spin_lock", r.step(1).Micro.Name)
		require.EqualValues(t, 2, r.word("kprobe_lock"))
		r.done(0)
		r.done(1)
		require.EqualValues(t, 1, r.g.Stats(second).Hits)
	})
}

func TestK8UnregisteredAfterTheHit(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 2)
		at := r.kernel(0xb8, 0x05, 0x90, 0x90, 0x90, 0xc3) // behind its first byte: add $0x909090..,%eax
		p := r.probe(kprobes.Probe{Name: "p", Addr: at})
		c := r.start(0, at)
		r.step(0) // the int3 is taken
		r.call(1, "unregister_kprobe", p)
		r.done(1)
		ev := r.until(0, "breakpoint_gone")
		require.Len(t, ev.Notes, 1)
		require.Equal(t, kprobes.NoteSwallowed, ev.Notes[0].Kind)
		for range 100 {
			r.step(0)
			if c.RIP >= at && c.RIP < at+8 {
				break
			}
		}
		require.Equal(t, at+1, c.RIP, "in the middle of the instruction")
	})
}

func TestK8NobodysBreakpoints(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		t.Run("cd 03 is swallowed", func(t *testing.T) {
			r := newKit(t, a, "2002", 1)
			r.user(traps.Task{}, join([]byte{0xcd, 3}, exit(a))...)
			micro := r.done(0)
			require.NotContains(t, micro, "force_sig", "no SIGTRAP")
		})
		t.Run("cc is the kernel's own", func(t *testing.T) {
			r := newKit(t, a, "2002", 1)
			c := r.user(traps.Task{}, 0xcc)
			r.until(0, "force_sig")
			require.NotZero(t, c.RFLAGS&x86.IF, "IF restored")
		})
	})
}

func TestK11MissedProbe(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 2)
		at := r.kernel(0x90, 0xc3)
		p := r.probe(kprobes.Probe{Name: "p", Addr: at})
		r.start(0, at)
		r.start(1, at)
		r.until(0, "restore_opcode")
		r.step(1)
		require.EqualValues(t, at+1, r.m.CPUs[1].RIP, "the original instruction ran")
		s := r.g.Stats(p)
		require.EqualValues(t, 1, s.Missed)
		r.done(0)
		r.done(1)
		s = r.g.Stats(p)
		require.EqualValues(t, 1, s.Hits)
		require.EqualValues(t, 2, s.Executions)
		require.EqualValues(t, 1, s.Missed)
	})
}

func TestK12ProbeInsideRegister(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "2002", 1)
		r.probe(kprobes.Probe{Name: "inside", Addr: r.k.Symbol("get_kprobe")})
		i := r.define(kprobes.Probe{Name: "new", Addr: r.kernel(0x90, 0xc3)})
		c := r.call(0, "register_kprobe", i)
		r.until(0, "preempt_disable") // lock_kprobes of the hit inside
		r.spins(0)
		for range 10 {
			ev := r.step(0)
			require.Equal(t, emu.StepSpin, ev.Kind)
			require.Equal(t, "kprobe_lock", ev.Micro.Holds)
		}
		require.EqualValues(t, c.ID+1, r.word("kprobe_lock"), "held by this very CPU")
		require.EqualValues(t, 32, r.word("kprobe_cpu"), "which kprobe_running does not see")
	})
}
