package walk

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/story"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// follow keeps the trap frames: a delivery makes one; it is gone when the
// stack pointer is above it.
func (w *kernelSide) follow(ev *emu.Event) {
	t := &w.trail
	l := t.frames[ev.CPU]
	if d := ev.Delivery; d != nil && d.Shutdown == "" && len(d.Frame) > 0 {
		if regs, end, ok := w.guest.Kernel.FrameOf(ev.CPU, d); ok {
			if len(l) == MaxFrames {
				l = append(l[:0], l[1:]...)
			}
			l = append(l, frame{regs, end, d.Trap.Vector})
		}
	} else {
		if ev.Insn.Attr().Has(insn.Iret) && len(l) > 0 {
			l = l[:len(l)-1]
		}
		sp := ev.After.GPR[x86.RSP]
		for len(l) > 0 && sp >= l[len(l)-1].end && sp-l[len(l)-1].end < traps.StackSize {
			l = l[:len(l)-1]
		}
	}
	t.frames[ev.CPU] = l
}

// enter follows the state machine of a hit by the micro-steps that set
// kprobe_status, whatever the engine.
func (w *kernelSide) enter(ev *emu.Event) {
	t := &w.trail
	p := &t.phase[ev.CPU]
	switch {
	case ev.Delivery != nil && ev.Delivery.Trap.Vector == x86.VecBP && *p == Away:
		*p = Trapped
	case ev.Delivery != nil && ev.Delivery.Trap.Vector == x86.VecDB && *p == HitSS:
		*p = HitSSDone
	case ev.Micro != nil:
		t.enterMicro(ev, p)
	}
	if *p == Trapped && ev.Kind == emu.StepInstruction && len(t.frames[ev.CPU]) == 0 {
		*p = Away
	}
}

func (t *trail) enterMicro(ev *emu.Event, p *Phase) {
	if ev.Kind == emu.StepSpin {
		return
	}
	switch ev.Micro.Work {
	case emu.WorkHit:
		*p = HitActive
	case emu.WorkStep:
		*p = HitSS
	case emu.WorkPost:
		*p = HitSSDone
	case emu.WorkReenter:
		if *p != Reenter {
			t.outer[ev.CPU] = *p
		}
		*p = Reenter
	case emu.WorkLeave:
		*p = Away
	case emu.WorkEnd:
		*p = t.outer[ev.CPU]
	case emu.WorkRewind:
		if *p == Reenter {
			*p = t.outer[ev.CPU]
		}
	}
}

func (w *kernelSide) interrupted(cpu int) []interruption {
	var l []interruption
	a := w.Run.Machine.Arch
	for _, f := range slices.Backward(w.trail.frames[cpu]) {
		x := interruption{
			base: f.regs, what: story.VectorName(f.vector), arch: a, ip: f.regs + traps.FieldIP.Offset(a), cs: f.regs + traps.FieldCS.Offset(a), behind: f.end,
		}
		for off := uint64(0); ; off += uint64(a.Word()) {
			name, ok := traps.PtRegsName(a, off)
			if name == "ebp" || name == "rbp" {
				x.bp = f.regs + off
			}
			if !ok {
				break
			}
		}
		if cs, ok := w.wordOf(w.Run.Machine.CPUs[cpu], x.cs, a.Word()); a == x86.AMD64 || ok && cs&3 != 0 {
			x.spAt = f.regs + traps.FieldSP.Offset(a)
		}
		if f.vector == x86.VecBP {
			x.back = 1
		}
		l = append(l, x)
	}
	return l
}

func (*kernelSide) hasStack(int) bool { return true }

func (w *kernelSide) bottom(addr uint64) bool { return addr == w.guest.Kernel.Symbol("task_exit") }

func (w *kernelSide) trampoline(int) uint64 {
	if k := w.guest.Kernel; k.HasSymbol("kretprobe_trampoline") {
		return k.Symbol("kretprobe_trampoline")
	}
	return 0
}
