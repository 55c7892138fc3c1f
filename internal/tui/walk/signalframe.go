package walk

import (
	"slices"

	"trapline/internal/emu"
)

// signalFrame is what a signal's delivery put on a thread's stack, as long as
// it is there.
type signalFrame struct {
	tid       int
	base, end uint64 // linear: its first address, and the stack pointer before
}

// rtSigframe names the words of struct rt_sigframe of x86-64: the restorer's
// address, struct ucontext with struct sigcontext in it.
var rtSigframe = []string{
	"pretcode", "uc_flags", "uc_link", "ss_sp", "ss_flags", "ss_size",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rdi", "rsi", "rbp", "rbx", "rdx", "rax", "rcx", "rsp", "rip", "eflags",
	"cs", "err", "trapno", "oldmask", "cr2", "fpstate",
}

// followSignals keeps the signal frames: setup_rt_frame() makes one, and it is
// gone when its thread's stack pointer is where it was before.
func (w *programSide) followSignals(ev *emu.Event) {
	t := &w.trail
	if ev.Micro != nil && ev.Micro.Work == emu.WorkSignalFrame {
		tid, _ := w.run.ThreadOn(ev.CPU)
		l := t.signals[max(0, len(t.signals)-MaxFrames+1):]
		t.signals = append(slices.Clone(l), signalFrame{tid, ev.After.GPR[emu.RSP], ev.Before.GPR[emu.RSP]})
		return
	}
	if len(t.signals) == 0 {
		return
	}
	tid, _ := w.run.ThreadOn(ev.CPU)
	last := t.signals[len(t.signals)-1]
	if sp := ev.After.GPR[emu.RSP]; last.tid == tid && (last.end > last.base && sp >= last.end || sp < last.base && last.end < last.base) {
		t.signals = slices.Clip(t.signals[:len(t.signals)-1])
	}
}

// signalWord names a word of a signal frame; "" for one that has no name.
func (t *trail) signalWord(addr uint64) (field string, ok bool) {
	word := uint64(t.w.Run.Machine.Arch.Word())
	for _, f := range slices.Backward(t.signals) {
		n := (addr - f.base) / word
		if addr < f.base || (addr-f.base)%word != 0 {
			continue
		}
		switch {
		case t.w.Run.Machine.Arch == emu.I386 && addr < f.end: // two layouts: see sigaction(2), SA_SIGINFO
			return "", true
		case t.w.Run.Machine.Arch == emu.AMD64 && n < uint64(len(rtSigframe)):
			return rtSigframe[n], true
		}
	}
	return "", false
}
