package uprobes

import (
	"fmt"
	"strings"

	"trapline/emu"
)

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

// Story tells what a hit does, a line per stage, each with its newline and indented by two spaces.
func (i *Instruction) Story(returns bool) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	say("instruction: % x", i.Original[:i.Len])
	say("#BP: int3 in its first byte; the handlers run on the way back to ring 3")
	switch i.Method {
	case EmulateBranch:
		say("emulated: the target is computed from the flags and the offset %+d; nothing is stepped", i.offset)
	case EmulatePush:
		say("emulated: %s is stored by the kernel; nothing is stepped", i.source.Name(i.arch()))
	case StepOutOfLine:
		i.tellStep(say)
	}
	if returns {
		say("return address: the trampoline's, int3 in the first slot, takes its place; #BP there when the function returns")
	}
	say("traps per hit: %d", i.Traps(returns))
	return b.String()
}

func (i *Instruction) tellStep(say func(string, ...any)) {
	say("slot: % x", i.Copy[:i.Len])
	if i.Fixups.Has(FixRIP) {
		say("rewritten: %s, saved before and restored after, stands for rip", i.Scratch.Name(i.arch()))
	}
	say("#DB: TF is set for one instruction in the slot")
	switch {
	case i.Fixups.Has(FixIP):
		say("FIX_IP: the instruction pointer goes back by the distance of the slot")
	case i.Fixups.Has(FixCall):
		say("FIX_CALL: the pushed return address is replaced")
	default:
		say("no fix-up of the instruction pointer: it is the program's own already")
	}
	if i.Fixups.Has(FixSetF) {
		say("FIX_SETF: TF stays as the instruction left it")
	}
}

func (i *Instruction) arch() emu.Arch {
	if i.Mode.Is64() {
		return emu.AMD64
	}
	return emu.I386
}
