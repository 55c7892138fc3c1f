package audit

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/emu/insn"
	"trapline/internal/uprobes"
	"trapline/internal/uprobes/places"
)

// Kind is what a hazard comes from.
type Kind uint8

// Kinds. Those from Go on are of return probes only.
const (
	InsideInstruction Kind = iota
	TakenForAnother        // Linux 6.1 takes the instruction for another one
	Visible                // the program can tell that it was stepped
	RedZone                // memory below the stack pointer is in use
	Go                     // Go unwinds and moves stacks by their return addresses
	ReturnAddress          // the function uses its return address
	Unwinding              // exceptions unwind by return addresses
	UserThreads            // stacks are switched in user mode
	kinds
)

var kindNames = [kinds]string{
	"inside-instruction", "taken-for-another", "visible", "red-zone", "go", "return-address", "unwinding", "user-threads",
}

func (k Kind) String() string { return kindNames[k] }

// OfReturns reports whether the hazard is one of return probes.
func (k Kind) OfReturns() bool { return k >= Go }

// Hazard is what a probe is known to break although it is accepted.
type Hazard struct {
	Kind Kind
	Row  string // of the semantics checklist
	Text string // a clause
}

// hazards are those of a probe at an instruction.
func (a *Auditor) hazards(p *Place) []Hazard {
	var l []Hazard
	say := func(k Kind, row, format string, args ...any) {
		l = append(l, Hazard{k, row, fmt.Sprintf(format, args...)})
	}
	if !p.Begins && p.Instruction != nil {
		say(InsideInstruction, "U4", "the place is inside an instruction, which begins at %#x: the program will go wrong there", p.Start)
		return l
	}
	if p.Instruction == nil {
		return l
	}
	in, err := insn.Decode(p.Bytes, a.mode)
	if err != nil {
		return l
	}
	attr := in.Attr()
	if p.Instruction.Method == uprobes.EmulateBranch && !attr.Has(insn.RelBranch|insn.CallRel|insn.Nop90|insn.Pause) {
		say(TakenForAnother, "U16", "Linux 6.1 judges it by its first opcode byte and takes it for a %v: its effect is lost", p.Instruction.Kind())
	}
	switch {
	case attr.Has(insn.Syscall | insn.Sysenter):
		text := "behind the system call rcx and r11 hold the copy's address and TF, and one more instruction runs in the slot"
		if a.relative(p.Offset + uint64(len(p.Bytes))) {
			text += ", which goes wrong there: it is relative to rip"
		}
		say(Visible, "U16", "%s", text)
	case attr.Has(insn.CallFar):
		say(Visible, "U16", "the return address that a far call pushes is the copy's")
	case attr.Has(insn.Pushf):
		say(Visible, "U16", "the flags that it pushes have TF set")
	case attr.Has(insn.String) && (in.Rep || in.Repne):
		say(Visible, "P8", "with a repeat prefix it is hit once for each iteration")
	}
	const nop5 = 5
	if p.RedZone && attr.Has(insn.NopModRM) && len(p.Bytes) == nop5 {
		say(RedZone, "U16", "the function keeps data below its stack pointer, and this is a 5-byte nop: since Linux 6.18 a hit makes a call of it, which overwrites that data")
	}
	return l
}

// relative reports whether the instruction at a file offset depends on where it stands.
func (a *Auditor) relative(offset uint64) bool {
	in, err := insn.Decode(a.names.Code(offset), a.mode)
	return err == nil && (in.RIPRelative || in.Attr().Has(insn.RelBranch|insn.CallRel|insn.CallInd))
}

// JudgeReturn judges a file offset for a return probe. One that is not where its function begins takes the word at the stack
// pointer for the return address.
func (a *Auditor) JudgeReturn(offset uint64) Place {
	p := a.Judge(offset)
	if p.Function.End == 0 || p.Addr == p.Function.Entry || !p.Begins {
		return p
	}
	p.Hazards = append(p.Hazards, a.program...)
	at := fmt.Sprintf("%s+%#x: ", name(p.Function), p.Addr-p.Function.Entry)
	switch above, known := a.code.ReturnAddressAt(p.Function.Entry, p.Addr); {
	case !known:
		p.Hazards = append(p.Hazards, Hazard{ReturnAddress, "U13", at + "the function does not begin there, and the word at the stack pointer may be no return address: it will be the trampoline's"})
	case above != 0:
		p.Hazards = append(p.Hazards, Hazard{ReturnAddress, "U13", fmt.Sprintf("%sthe return address lies %d bytes above the stack pointer there, and another word will be the trampoline's", at, above)})
	}
	return p
}

// ofFunction are the hazards of return probes on the function that begins at a place.
func (a *Auditor) ofFunction(p *Place) []Hazard {
	if p.Addr != p.Function.Entry {
		return nil
	}
	return a.ofFunc
}

func (a *Auditor) returnHazards(f places.Function) []Hazard {
	l := slices.Clone(a.program)
	switch {
	case strings.Contains(f.Name, ".cold"):
		l = append(l, Hazard{ReturnAddress, "U13", f.Name + ": a part of a function that is jumped to; a word of the stack that is no return address will be the trampoline's"})
	case a.code.TouchesReturnAddress(f.Entry):
		l = append(l, Hazard{ReturnAddress, "U13", name(f) + ": the function uses its return address and will find the trampoline's there"})
	}
	return l
}

func name(f places.Function) string {
	if f.Name == "" {
		return fmt.Sprintf("the function at %#x", f.Entry)
	}
	return f.Name
}

// Functions by which a program shows that it unwinds its stack, or has several in one thread.
var (
	unwinders   = []string{"_Unwind_RaiseException", "_Unwind_Resume", "_Unwind_ForcedUnwind", "__cxa_throw"}
	userThreads = []string{"makecontext", "swapcontext", "setcontext"}
)

// programHazards are those of return probes anywhere in a file (U13).
func programHazards(f *places.File) []Hazard {
	if f.IsGo() {
		return []Hazard{{Go, "U13", "Go code: Go unwinds and moves stacks by their return addresses, and crashes where it finds the trampoline's"}}
	}
	var l []Hazard
	if used := f.UsesAny(unwinders); used != "" {
		l = append(l, Hazard{Unwinding, "U13", used + " is used: an exception ends the program if it passes a function whose return address is the trampoline's"})
	}
	if used := f.UsesAny(userThreads); used != "" {
		l = append(l, Hazard{UserThreads, "U13", used + " is used: returns are told apart by the stack pointer, and are lost or mixed up when a thread changes its stack"})
	}
	return l
}
