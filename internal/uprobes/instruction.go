package uprobes

import (
	"fmt"

	"trapline/internal/emu/insn"
	"trapline/internal/events"
	"trapline/internal/x86"
)

// Method is how a probed instruction gets its effect.
type Method uint8

const (
	// StepOutOfLine runs a copy in a slot under TF and fixes the result up (default_xol_ops).
	StepOutOfLine Method = iota
	// EmulateBranch computes jmp, jcc and call rel, and nop as a jump to the next instruction (branch_xol_ops, U8, U9).
	EmulateBranch
	// EmulatePush stores a register itself (push_xol_ops, U9).
	EmulatePush
)

func (m Method) String() string {
	return [...]string{"step out of line", "emulate branch", "emulate push"}[m]
}

// emulatedBy is the SEMANTICS row of an instruction that is not stepped.
func (i *Instruction) emulatedBy() string {
	if i.Method == EmulatePush || i.branch == opcodeNop {
		return "U9"
	}
	return "U8"
}

// Fixup is what must be put right after a step out of line (U6, U7).
type Fixup uint8

const (
	FixIP   Fixup = 1 << iota // move the instruction pointer back by the distance of the copy
	FixCall                   // push the address behind the probed instruction in place of the slot's
	FixSetF                   // popf has set TF itself: leave it
	FixRIP                    // put the scratch register back
)

// Has reports whether f has one of the fix-ups in b.
func (f Fixup) Has(b Fixup) bool { return f&b != 0 }

// Instruction is what uprobes keep of one probed instruction (struct arch_uprobe). It does not change.
type Instruction struct {
	Mode insn.Mode
	// Original is the probed place's bytes, Copy what runs out of line: the same, but for a RIP-relative operand
	// and a call's offset.
	Original, Copy [CodeSize]byte
	Len            int // bytes of the instruction, the same in both
	Method         Method
	Fixups         Fixup
	Scratch        x86.Reg // with FixRIP: the base that the copy has in place of RIP

	branch byte  // with EmulateBranch: the opcode, of jcc in its short form, 90 for nop
	offset int64 // of the branch's target from the next instruction
	source x86.Reg
}

// Breakpoint is the byte that stands in for a probed instruction's first one: int3.
const Breakpoint = x86.Int3

// Analyze judges the bytes at a probed place: at most CodeSize of them, fewer at the end of a file. The number is 0,
// ENOEXEC for bytes that the kernel's decoder rejects, or ENOTSUPP for instructions that cannot be probed (U4,
// arch_uprobe_analyze_insn()).
func Analyze(code []byte, m insn.Mode) (*Instruction, events.Errno) {
	i, rule := Judge(code, m)
	return i, rule.Errno()
}

// Judge is Analyze with the rule that refuses the instruction, or Accepted.
func Judge(code []byte, m insn.Mode) (*Instruction, Rule) {
	i := &Instruction{Mode: m}
	copy(i.Original[:], code)
	i.Copy = i.Original
	if i.Original[0] == Breakpoint {
		return nil, IsBreakpoint
	}
	e, ok := decode(i.Original[:], m)
	if !ok {
		return nil, Undecodable
	}
	if rule := e.refused(m); rule != Accepted {
		return nil, rule
	}
	i.Len = e.Len
	if opcode, ok := branchOpcode(&e); ok {
		if e.hasPrefix(prefixOpSize) && opcode != opcodeNop {
			return nil, NarrowBranch
		}
		i.setBranch(&e, opcode)
		return i, Accepted
	}
	if i.setPush(&e) {
		return i, Accepted
	}
	i.setStep(&e)
	return i, Accepted
}

// refused is the rule by which uprobes do not take the instruction (uprobe_init_insn()).
func (e *encoding) refused(m insn.Mode) Rule {
	for _, p := range e.prefixes {
		switch p {
		case prefixES, prefixCS, prefixSS, prefixDS, prefixLock:
			return BadPrefix
		}
	}
	const movSreg, ss = 0x8e, 2
	switch {
	case e.first == movSreg && e.digit == ss:
		return LoadsSS
	case !probeable(e.first, m):
		return BadOpcode
	}
	return Accepted
}

// setStep chooses the fix-ups of a step out of line.
func (i *Instruction) setStep(e *encoding) {
	i.Fixups = FixIP
	switch e.first {
	case 0x9d: // popf
		i.Fixups |= FixSetF
		return
	case 0xc2, 0xc3, 0xca, 0xcb, 0xea: // ret, lret, ljmp: the result is an address of the program's own
		i.Fixups = 0
		return
	case 0x9a: // lcall
		i.Fixups = FixCall
		return
	case 0xff:
		switch e.digit {
		case 2, 3: // call, lcall through a register or memory
			i.Fixups = FixCall
		case 4, 5: // jmp, ljmp
			i.Fixups = 0
		}
	}
	i.replaceRIP(e)
}

// replaceRIP makes the copy address its RIP-relative operand through a scratch register, with the same length: the
// slot is too far from the program for the displacement (U7, riprel_analyze()).
func (i *Instruction) replaceRIP(e *encoding) {
	if !i.Mode.Is64() || !e.HasModRM || e.ModRM&0xc7 != 0x05 {
		return
	}
	if e.rexOff >= 0 {
		i.Copy[e.rexOff] &^= insn.RexB
	}
	if len(e.vector) >= 3 && e.Vex.Kind != insn.Vex2 {
		i.Copy[e.Vex.Off+1] |= 0x60 // X and B are stored inverted
	}
	i.Scratch = scratchRegister(e)
	i.Fixups |= FixRIP
	i.Copy[e.ModRMOff] = 0x80 | e.digit<<3 | byte(i.Scratch)
}

// scratchRegister is rsi, rdi or rbx: no instruction with ModRM uses the first implicitly, and of the other two each
// serves one only. ModRM.reg and vvvv, both taken modulo 8, are avoided.
func scratchRegister(e *encoding) x86.Reg {
	reg, vvvv := int(e.digit), -1
	if len(e.vector) >= 3 {
		vvvv = int(e.vector[2]>>3&7) ^ 7
	}
	for _, r := range []x86.Reg{x86.RSI, x86.RDI} {
		if int(r) != reg && int(r) != vvvv {
			return r
		}
	}
	return x86.RBX
}

// String tells the method and the fix-ups.
func (i *Instruction) String() string {
	if i.Method != StepOutOfLine {
		return i.Method.String()
	}
	s := i.Method.String()
	for _, f := range []struct {
		bit  Fixup
		text string
	}{{FixIP, "FIX_IP"}, {FixCall, "FIX_CALL"}, {FixSetF, "FIX_SETF"}} {
		if i.Fixups.Has(f.bit) {
			s += ", " + f.text
		}
	}
	if i.Fixups.Has(FixRIP) {
		s += fmt.Sprintf(", FIX_RIP through %s", i.Scratch.Name(x86.AMD64))
	}
	return s
}
