package uprobes

import (
	"fmt"

	"trapline/internal/x86"
)

// Story says what was prepared for the instruction, a line each: how the copy differs, and what is put right behind
// it. What a hit then does is told by its events.
func (i *Instruction) Story() []string {
	var l []string
	say := func(format string, args ...any) { l = append(l, fmt.Sprintf(format, args...)) }
	switch i.Method {
	case EmulateBranch:
		say("emulated: the target is computed from the flags and the offset %+d; nothing is stepped (U8, U9)", i.offset)
		return l
	case EmulatePush:
		say("emulated: %s is stored by the kernel; nothing is stepped (U9)", i.source.Name(i.arch()))
		return l
	}
	say("copy: % x", i.Copy[:i.Len])
	if i.Fixups.Has(FixRIP) {
		say("rewritten: %s, saved before and restored after, stands for rip (U7)", i.Scratch.Name(i.arch()))
	}
	switch {
	case i.Fixups.Has(FixIP):
		say("FIX_IP: the instruction pointer goes back by the distance of the slot (U6)")
	case i.Fixups.Has(FixCall):
		say("FIX_CALL: the pushed return address is replaced (U6)")
	default:
		say("no fix-up of the instruction pointer: it is the program's own already (U6)")
	}
	if i.Fixups.Has(FixSetF) {
		say("FIX_SETF: TF stays as the instruction left it (U11)")
	}
	return l
}

// Traps is how many traps one hit takes: the breakpoint's, the step's if there is one, the trampoline's of a return
// probe (U9).
func (i *Instruction) Traps(returns bool) int {
	n := 1
	if i.Method == StepOutOfLine {
		n++
	}
	if returns {
		n++
	}
	return n
}

func (i *Instruction) arch() x86.Arch { return i.Mode.Arch() }
