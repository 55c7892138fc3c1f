package silicon

import "encoding/binary"

// Trap is one signal that a program received while it ran by itself.
type Trap struct {
	Signal Signal
	State  State  // as the kernel saved it: RIP is where the program goes on
	Top    uint64 // the word on top of the stack, zero when RSP is outside the stack region
}

// TrapRunner runs a program that sets its own trap flag, and reports each signal
// it receives. A SIGTRAP is recorded and the program goes on; any other signal
// ends the run, as do the INT3 at p.Stop (not recorded) and maxTraps.
type TrapRunner interface {
	RunTraps(p *Program, maxTraps int) ([]Trap, error)
}

// TopOfStack returns the word at address rsp of the stack region: 4 bytes in
// 32-bit mode, 8 in 64-bit mode, little-endian.
func TopOfStack(m Mode, stack []byte, rsp uint64) uint64 {
	width := uint64(m) / 8
	offset := rsp - m.StackBase()
	if offset > uint64(len(stack))-width {
		return 0
	}
	if m == Mode32 {
		return uint64(binary.LittleEndian.Uint32(stack[offset:]))
	}
	return binary.LittleEndian.Uint64(stack[offset:])
}

// IsPushFlags reports whether the instruction at pc in the code region is PUSHF,
// with or without an operand size or REX prefix.
func IsPushFlags(m Mode, code []byte, pc uint64) bool {
	const operandSize, rex, rexMask, pushf = 0x66, 0x40, 0xf0, 0x9c
	for i := pc - CodeBase; i < uint64(len(code)); i++ {
		switch b := code[i]; {
		case b == pushf:
			return true
		case b == operandSize, m == Mode64 && b&rexMask == rex:
		default:
			return false
		}
	}
	return false
}

// TrapProgram is a program that runs under its own trap flag, with the traps that
// the manual (SDM vol. 3, 17.3.1.4 and 6.8.3) says it takes.
type TrapProgram struct {
	Name string
	ID   string // the row of SEMANTICS.md that it shows
	*Program
	Want []ExpectedTrap
}

// ExpectedTrap is one signal: Offset is where the program goes on, from p.Origin.
type ExpectedTrap struct {
	Offset int
	Number int // signal number
	Code   int // si_code
}

// Seen is what a run of the program showed, as Want has it.
func (p *TrapProgram) Seen(traps []Trap) (list []ExpectedTrap) {
	for _, t := range traps {
		list = append(list, ExpectedTrap{int(t.State.RIP - p.Origin), t.Signal.Number, t.Signal.Code})
	}
	return list
}
