package walk

import (
	"cmp"
	"strings"

	"trapline/internal/emu"
)

// Source is the file of C that a vCPU's next instruction is of.
type Source struct {
	At    string       `json:"at"`             // of the instruction
	File  string       `json:"file,omitempty"` // "": it is of none
	Func  string       `json:"func,omitempty"`
	Lines []SourceLine `json:"lines,omitempty"` // around it
}

// SourceLine is a line of C, with tabs as four blanks.
type SourceLine struct {
	Line int    `json:"line"` // in its file
	Text string `json:"text"`
	Here bool   `json:"here,omitempty"`
	CPUs []int  `json:"cpus,omitempty"` // whose next instruction is of it
}

// sourceAround is how many lines a Source has on each side, if Look does not say.
const sourceAround = 40

// HasSource reports whether the kernel's text has lines of C.
func (w *Walk) HasSource() bool { return w.world.hasSource() }

func (*kernelSide) hasSource() bool { return true }

func (w *kernelSide) source(cpu, around int) *Source {
	k := w.guest.Kernel
	pc := w.Run.Machine.CPUs[cpu].LinearPC()
	s := &Source{At: w.names.Addr(pc)}
	at, ok := k.LineAt(pc)
	if !ok {
		return s
	}
	s.File, s.Func = at.File, at.Func
	file := k.SourceFile(at.File)
	around = cmp.Or(around, sourceAround)
	first := max(1, at.Line-around)
	for n := first; n <= min(len(file), at.Line+around); n++ {
		s.Lines = append(s.Lines, SourceLine{Line: n, Text: strings.ReplaceAll(file[n-1], "\t", "    "), Here: n == at.Line})
	}
	for _, c := range w.Run.Machine.CPUs {
		if o, ok := k.LineAt(c.LinearPC()); ok && o.File == at.File && c.CanStep() && o.Line >= first && o.Line < first+len(s.Lines) {
			l := &s.Lines[o.Line-first]
			l.CPUs = append(l.CPUs, c.ID)
		}
	}
	return s
}

// EntersLine reports whether a step leads its vCPU into a line of C, or back to the
// beginning of the one that it is in.
func (w *Walk) EntersLine(ev *emu.Event) bool {
	return ev.Kind != emu.StepSpin && ev.Kind != emu.StepIdle && w.world.entersLine(ev)
}

func (w *kernelSide) entersLine(ev *emu.Event) bool {
	k := w.guest.Kernel
	at := ev.After.RIP // flat segments
	to, ok := k.LineAt(at)
	if !ok {
		return false
	}
	from, _ := k.LineAt(ev.PC)
	return at <= ev.PC || ev.Delivery != nil || from != to
}
