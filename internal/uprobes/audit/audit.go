// Package audit judges places of a program as uprobes would, without running it: whether an instruction begins there, how a
// hit gives it its effect or why it is refused, how many traps that takes, and what a probe there is known to break.
package audit

import (
	"trapline/internal/emu/insn"
	"trapline/internal/events"
	"trapline/internal/loader"
	"trapline/internal/uprobes"
	"trapline/internal/uprobes/places"
)

// Verdict is what comes of a probe at a place.
type Verdict uint8

// Verdicts.
const (
	Emulated Verdict = iota // the kernel makes the instruction's effect: one trap
	Stepped                 // a copy runs out of line: two traps
	Refused                 // enabling the event is refused while a process maps the place (U16)
	Outside                 // the place is not in the file: EINVAL
	NotCode                 // no executable segment has the place
)

func (v Verdict) String() string {
	return [...]string{"emulated", "stepped", "refused", "outside", "not code"}[v]
}

// Place is what is known of a place in a file.
type Place struct {
	Offset, Addr uint64 // file offset; linear address as the file is linked
	Function     places.Function
	Bytes        []byte // of the instruction as uprobes read it; up to 16 of one that is refused
	// Begins tells whether an instruction begins here; else Start is the file offset of the one that it is inside of.
	Begins      bool
	Start       uint64
	Verdict     Verdict
	Instruction *uprobes.Instruction // nil unless emulated or stepped
	Rule        uprobes.Rule         // why it is refused
	Hazards     []Hazard
	// RedZone: the function keeps data below its stack pointer. Slots leave that alone; copies on the stack do not (O2).
	RedZone bool
}

// Errno is what enabling an event there answers while a process maps the place.
func (p *Place) Errno() events.Errno {
	if p.Verdict == Outside {
		return events.EINVAL
	}
	return p.Rule.Errno()
}

// Good reports whether a probe can be put here, and is on an instruction.
func (p *Place) Good() bool { return p.Begins && (p.Verdict == Emulated || p.Verdict == Stepped) }

// Auditor judges the places of one ELF file.
type Auditor struct {
	names *places.File
	code  *places.Program
	mode  insn.Mode

	program  []Hazard // of return probes, wherever in the file
	function places.Function
	ofFunc   []Hazard // of function, whose places come one after the other
	redZone  bool     // of function
	starts   []uint64 // where function's instructions begin
}

// New makes an auditor of a file and its code.
func New(names *places.File, code *places.Program) *Auditor {
	return &Auditor{names: names, code: code, mode: insn.ModeOf(names.Image.Arch), program: programHazards(names)}
}

// Program lists what return probes anywhere in the file may break.
func (a *Auditor) Program() []Hazard { return a.program }

// Places lists the file offsets of all instructions.
func (a *Auditor) Places() []uint64 {
	var l []uint64
	for _, addr := range a.code.Instructions() {
		if offset, ok := a.names.Image.OffsetOfAddr(addr); ok {
			l = append(l, offset)
		}
	}
	return l
}

// Judge judges a file offset.
func (a *Auditor) Judge(offset uint64) Place {
	p := Place{Offset: offset, Start: offset}
	code := a.names.Code(offset)
	if len(code) == 0 {
		p.Verdict = Outside
		return p
	}
	var inCode bool
	if p.Addr, inCode = a.names.Image.AddrOfOffset(offset); inCode {
		s := a.names.Image.SegmentAt(p.Addr)
		inCode = s != nil && s.Prot&loader.ProtX != 0
	}
	if inCode {
		a.place(&p)
	}
	p.Instruction, p.Rule = uprobes.Judge(code, a.mode)
	switch {
	case !inCode:
		p.Verdict = NotCode
	case p.Rule != uprobes.Accepted:
		p.Verdict, p.Bytes = Refused, code
		if in, err := insn.Decode(code, a.mode); err == nil {
			p.Bytes = code[:in.Len]
		}
	case p.Instruction.Method == uprobes.StepOutOfLine:
		p.Verdict, p.Bytes = Stepped, code[:min(p.Instruction.Len, len(code))]
	default:
		p.Verdict, p.Bytes = Emulated, code[:min(p.Instruction.Len, len(code))]
	}
	if inCode {
		p.Hazards = append(a.hazards(&p), a.ofFunction(&p)...)
	}
	return p
}

// place finds the function of a place and where its instruction begins.
func (a *Auditor) place(p *Place) {
	if f := a.function; f.Entry <= p.Addr && p.Addr < f.End {
		p.Function = f
	} else if f, ok := a.code.Function(p.Addr); ok {
		p.Function, a.function, a.ofFunc = f, f, a.returnHazards(f)
		a.redZone, a.starts = a.code.UsesRedZone(f), a.code.InstructionsOf(f)
	}
	var start uint64
	if p.Function.End > 0 {
		p.RedZone = a.redZone
		p.Begins, start = places.BeginsAmong(a.starts, p.Addr)
	} else {
		p.Begins, start = a.code.Begins(p.Addr)
	}
	p.Start, _ = a.names.Image.OffsetOfAddr(start)
}

// Nearest lists up to two places of the same function that a probe can be put at: the last one ahead of a place and the
// first one behind it, as file offsets.
func (a *Auditor) Nearest(p Place) []uint64 {
	var ahead, behind []uint64
	for _, addr := range a.code.InstructionsOf(p.Function) {
		offset, ok := a.names.Image.OffsetOfAddr(addr)
		if !ok || addr == p.Addr {
			continue
		}
		if _, rule := uprobes.Judge(a.names.Code(offset), a.mode); rule != uprobes.Accepted {
			continue
		}
		if addr < p.Addr {
			ahead = []uint64{offset}
		} else {
			behind = []uint64{offset}
			break
		}
	}
	return append(ahead, behind...)
}
