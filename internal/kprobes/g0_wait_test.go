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

// loop is jmp to itself.
var loop = []byte{0xeb, 0xfe}

// TestG0SynchronizeRCUWaitsForEveryCPUThatMayStillUseTheProbe: what a CPU is in
// decides whether unregister_kprobe's last step waits for it.
func TestG0SynchronizeRCUWaitsForEveryCPUThatMayStillUseTheProbe(t *testing.T) {
	for _, x := range []struct {
		name  string
		is    func(r *kit, c *emu.CPU)
		waits bool
	}{
		{"kernel code that can be interrupted", func(*kit, *emu.CPU) {}, false},
		{"interrupts off", func(_ *kit, c *emu.CPU) { c.RFLAGS &^= x86.IF }, true},
		{"preemption off", func(r *kit, c *emu.CPU) { r.k.AddPreemptCount(c, 1) }, true},
		{"in a hit", func(r *kit, _ *emu.CPU) { r.until(0, "get_kprobe") }, true},
		{"in a handler that turned interrupts on", func(r *kit, c *emu.CPU) { r.until(0, "hit_active"); c.RFLAGS |= x86.IF }, true},
		{"in the step", func(r *kit, _ *emu.CPU) { r.until(0, "set_copy_ip") }, true},
		{"behind the step", func(r *kit, _ *emu.CPU) { r.until(0, "reset_current_kprobe") }, true},
		{"its task has ended", func(r *kit, c *emu.CPU) { c.RFLAGS &^= x86.IF; c.Shutdown = traps.TaskDone }, false},
		{"halted and woken by interrupts", func(_ *kit, c *emu.CPU) { c.Halted = true }, false},
		{"halted with interrupts off", func(_ *kit, c *emu.CPU) { c.Halted = true; c.RFLAGS &^= x86.IF }, true},
		{"ring 3", func(_ *kit, c *emu.CPU) { c.CPL = 3; c.RFLAGS &^= x86.IF }, false},
	} {
		testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
			r := newKit(t, a, "modern", 3) // the third CPU idles
			at := r.kernel(0x90, 0xc3)
			r.probe(kprobes.Probe{Name: "another", Addr: at})
			c := r.start(0, at)
			r.call(1, "unregister_kprobe", r.probe(kprobes.Probe{Name: "p", Addr: at + 1}))
			r.until(1, "smp_call_function_many")
			r.take(0)
			r.until(1, "mutex_unlock")
			x.is(r, c)
			r.reach(1, "synchronize_rcu")
			second := r.step(1)
			waits := second.Kind == emu.StepSpin
			require.Equal(t, x.waits, waits, x.name)
		})
	}
}

// take lets vCPU id take the interrupt that is raised, and return from it.
func (r *kit) take(id int) {
	r.Helper()
	require.Equal(r, emu.StepDelivery, r.step(id).Kind)
	for r.step(id).Bytes == nil || r.m.CPUs[id].RFLAGS&x86.IF == 0 {
	}
}

// TestG0SynchronizeRCUNeedsOneQuiescentMomentOfEach: CPUs that are never
// quiescent together do not keep it waiting.
func TestG0SynchronizeRCUNeedsOneQuiescentMomentOfEach(t *testing.T) {
	r := newKit(t, x86.I386, "modern", 3)
	at := r.kernel(loop...)
	p := r.probe(kprobes.Probe{Name: "p", Addr: at})
	a, b := r.start(0, at), r.start(2, at)
	off := func(c *emu.CPU, on bool) {
		c.RFLAGS |= x86.IF
		if on {
			c.RFLAGS &^= x86.IF
		}
	}
	c := r.call(1, "unregister_kprobe", p)
	r.until(1, "smp_call_function_many")
	r.take(0)
	r.take(2)
	r.until(1, "mutex_unlock")
	off(a, true)
	off(b, true)
	require.Equal(t, emu.StepMicro, r.reach(1, "synchronize_rcu").Kind, "begins to wait for both")
	require.Equal(t, emu.StepSpin, r.step(1).Kind)
	off(a, false)
	require.Equal(t, emu.StepMicro, r.step(1).Kind, "one less")
	off(a, true)
	require.Equal(t, emu.StepSpin, r.step(1).Kind, "of a it has seen enough, b is still to come")
	off(b, false)
	ev := r.step(1)
	require.Equal(t, emu.StepMicro, ev.Kind)
	require.NotEqual(t, ev.Before.RIP, c.RIP, "done, though a has interrupts off again")
}

// TestG0TextPokeSyncWaitsForInterrupts: register and unregister return when
// every CPU that runs has taken their interrupt, which it does not while it has
// interrupts off; then it has no old bytes.
func TestG0TextPokeSyncWaitsForInterrupts(t *testing.T) {
	for _, op := range []string{"register_kprobe", "unregister_kprobe"} {
		testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
			r := newKit(t, a, "modern", 3)
			at := r.kernel(0x90, 0xc3)
			p := r.define(kprobes.Probe{Name: "p", Addr: at})
			if op == "unregister_kprobe" {
				require.NoError(t, r.g.Register(p))
			}
			c := r.start(0, r.kernel(join([]byte{0xfa, 0x90, 0x90, 0xfb, 0x90}, loop)...))
			r.step(0) // cli
			r.call(1, op, p)
			r.reach(1, "csd_lock_wait")
			for range 3 {
				require.Equal(t, emu.StepSpin, r.step(1).Kind, op)
			}
			require.Equal(t, "ipi", r.m.Event().Micro.Holds)
			for range 4 { // nop, nop, sti, and the one behind it
				require.Equal(t, emu.StepInstruction, r.step(0).Kind)
			}
			r.take(0)
			require.Empty(t, c.Interrupts())
			r.done(1)
		})
	}
}
