package walk

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// signalFrame is what a signal's delivery put on a thread's stack, as long as
// it is there.
type signalFrame struct {
	tid       int
	base, end uint64 // linear: its first address, and the stack pointer before
}

// rtSigframe names the words of struct rt_sigframe of x86-64: the restorer's
// address, struct ucontext with struct sigcontext in it.
var rtSigframe = rtSigframeNames()

func rtSigframeNames() []string {
	l := []string{"pretcode", "uc_flags", "uc_link", "ss_sp", "ss_flags", "ss_size"}
	for _, r := range []x86.Reg{x86.R8, x86.R9, x86.R10, x86.R11, x86.R12, x86.R13, x86.R14, x86.R15,
		x86.RDI, x86.RSI, x86.RBP, x86.RBX, x86.RDX, x86.RAX, x86.RCX, x86.RSP} {
		l = append(l, r.NameOf(8))
	}
	return append(l, x86.AMD64.IPName(), "eflags", "cs", "err", "trapno", "oldmask", "cr2", "fpstate")
}

// followSignals keeps the signal frames: setup_rt_frame() makes one, and it is
// gone when its thread's stack pointer is where it was before.
func (w *programSide) followSignals(ev *emu.Event) {
	t := &w.trail
	if ev.Micro != nil && ev.Micro.Work == emu.WorkSignalFrame {
		tid, _ := w.guest.ThreadOn(ev.CPU)
		l := t.signals[max(0, len(t.signals)-MaxFrames+1):]
		t.signals = append(slices.Clone(l), signalFrame{tid, ev.After.GPR[x86.RSP], ev.Before.GPR[x86.RSP]})
		return
	}
	if len(t.signals) == 0 {
		return
	}
	tid, _ := w.guest.ThreadOn(ev.CPU)
	last := t.signals[len(t.signals)-1]
	if sp := ev.After.GPR[x86.RSP]; last.tid == tid && (last.end > last.base && sp >= last.end || sp < last.base && last.end < last.base) {
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
		case t.w.Run.Machine.Arch == x86.I386 && addr < f.end: // two layouts: see sigaction(2), SA_SIGINFO
			return "", true
		case t.w.Run.Machine.Arch == x86.AMD64 && n < uint64(len(rtSigframe)):
			return rtSigframe[n], true
		}
	}
	return "", false
}
