package walk

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// signalFrame is what a signal's delivery put on a thread's stack, as long as
// it is there.
type signalFrame struct {
	tid       int
	base, end uint64 // linear: its first address, and the stack pointer before
	layout    *frameLayout
}

// field is where a register is saved.
func (f *signalFrame) field(name string) uint64 {
	i := slices.IndexFunc(f.layout.fields, func(x frameField) bool { return x.name == name })
	return f.base + f.layout.fields[i].off
}

// frameLayout names the words of a frame of signals, those that have a name.
type frameLayout struct {
	arch   x86.Arch // of its words
	fields []frameField
}

type frameField struct {
	off  uint64
	name string
}

// add names words side by side.
func (l *frameLayout) add(off uint64, names ...string) {
	for i, name := range names {
		l.fields = append(l.fields, frameField{off + uint64(i*l.arch.Word()), name})
	}
}

// The frames are struct rt_sigframe of x86-64 (the restorer's address, struct ucontext with
// struct sigcontext in it), and rt_sigframe_ia32 and sigframe_ia32, which a handler without
// SA_SIGINFO has (arch/x86/include/asm/sigframe.h).
var rtFrame64, rtFrame32, oldFrame32 = layoutOf64(), layoutOf32(true), layoutOf32(false)

// Names of words that layouts have in common.
var (
	ucontextNames = []string{"uc_flags", "uc_link", "ss_sp", "ss_flags", "ss_size"}
	behindFlags   = []string{"oldmask", "cr2"}
)

func namesOf(a x86.Arch, regs ...x86.Reg) (l []string) {
	for _, r := range regs {
		l = append(l, r.Name(a))
	}
	return l
}

func layoutOf64() *frameLayout {
	l := &frameLayout{arch: x86.AMD64}
	regs := namesOf(l.arch, x86.R8, x86.R9, x86.R10, x86.R11, x86.R12, x86.R13, x86.R14, x86.R15,
		x86.RDI, x86.RSI, x86.RBP, x86.RBX, x86.RDX, x86.RAX, x86.RCX, x86.RSP)
	l.add(0, slices.Concat([]string{"pretcode"}, ucontextNames, regs, []string{l.arch.IPName(), "eflags", "cs", "err", "trapno"}, behindFlags, []string{"fpstate"})...)
	return l
}

func layoutOf32(rt bool) *frameLayout {
	l := &frameLayout{arch: x86.I386}
	frame, context := any(abi.SigframeIA32{}), "Sc."
	at := func(field string) uint64 { return uint64(abi.Offsetof(l.arch.Word(), frame, field)) }
	l.add(0, "pretcode", "sig")
	if rt {
		frame, context = abi.RtSigframeIA32{}, "Uc.Mcontext."
		l.add(at("Pinfo"), "pinfo", "puc")
		l.add(at("Uc"), ucontextNames...)
	}
	l.add(at(context+"Gs"), "gs", "fs", "es", "ds")
	l.add(at(context+"Di"), namesOf(l.arch, x86.RDI, x86.RSI, x86.RBP, x86.RSP, x86.RBX, x86.RDX, x86.RCX, x86.RAX)...)
	l.add(at(context+"Trapno"), "trapno", "err", l.arch.IPName(), "cs", "eflags", "esp_at_signal", "ss", "fpstate")
	l.add(at(context+"Oldmask"), behindFlags...)
	return l
}

// frameOf is the layout of the frame that a vCPU's handler was given: one of 32 bits has SA_SIGINFO's
// if it points to its siginfo.
func (w *programSide) frameOf(cpu int) *frameLayout {
	c := w.Run.Machine.CPUs[cpu]
	if w.arch(c) == x86.AMD64 {
		return rtFrame64
	}
	base, word := c.GPR[x86.RSP], x86.I386.Word()
	pinfo, info := abi.Offsetof(word, abi.RtSigframeIA32{}, "Pinfo"), abi.Offsetof(word, abi.RtSigframeIA32{}, "Info")
	if va, ok := w.word(c, base+uint64(pinfo)); ok && va == base+uint64(info) {
		return rtFrame32
	}
	return oldFrame32
}

// followSignals keeps the signal frames: setup_rt_frame() makes one, and it is
// gone when its thread's stack pointer is where it was before.
func (w *programSide) followSignals(ev *emu.Event) {
	t := &w.trail
	if ev.Micro != nil && ev.Micro.Work == emu.WorkSignalFrame {
		tid, _ := w.guest.ThreadOn(ev.CPU)
		l := t.signals[max(0, len(t.signals)-MaxFrames+1):]
		t.signals = append(slices.Clone(l), signalFrame{tid, ev.After.GPR[x86.RSP], ev.Before.GPR[x86.RSP], w.frameOf(ev.CPU)})
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
	for _, f := range slices.Backward(t.signals) {
		if addr < f.base {
			continue
		}
		i := slices.IndexFunc(f.layout.fields, func(x frameField) bool { return x.off == addr-f.base })
		switch {
		case i >= 0:
			return f.layout.fields[i].name, true
		case f.layout.arch == x86.I386 && addr < f.end: // between its names
			return "", true
		}
	}
	return "", false
}
