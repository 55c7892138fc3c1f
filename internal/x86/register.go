package x86

import (
	"fmt"
	"slices"
	"strings"
)

// Reg numbers a general register as instructions encode it (SDM vol. 2, table 2-2);
// those of i386 are the low halves of the first eight.
type Reg uint8

// The general registers.
const (
	RAX Reg = iota
	RCX
	RDX
	RBX
	RSP
	RBP
	RSI
	RDI
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
)

// NumRegs is the number of general registers in 64-bit mode.
const NumRegs = 16

// Segment registers, as instructions encode them (SDM vol. 2, table 2-2).
const (
	ES = iota
	CS
	SS
	DS
	FS
	GS
)

var (
	regNames     = [NumRegs]string{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"}
	regNames32   = narrowed("e", "d")
	regNames16   = narrowed("", "w")
	segmentNames = [...]string{"es", "cs", "ss", "ds", "fs", "gs"}
)

// narrowed are the names of a part of each register: before is what the first
// eight have for 'r', behind what the others have behind them.
func narrowed(before, behind string) (names [NumRegs]string) {
	for i, name := range regNames {
		if names[i] = name + behind; i < 8 {
			names[i] = before + name[1:]
		}
	}
	return names
}

// Name is the register's full-width name on a: "eax" or "rax".
func (r Reg) Name(a Arch) string { return r.NameOf(a.Word()) }

// NameOf is the name of the register's low 2, 4 or 8 bytes: "ax", "eax", "rax", or "r8w", "r8d", "r8".
func (r Reg) NameOf(size int) string {
	switch r &= 15; size {
	case 2:
		return regNames16[r]
	case 4:
		return regNames32[r]
	}
	return regNames[r]
}

// Regs is how many general registers a has.
func (a Arch) Regs() int {
	if a == I386 {
		return 8
	}
	return NumRegs
}

// RegNames lists the full-width names of a's general registers, as they are numbered.
func (a Arch) RegNames() []string {
	names := make([]string, a.Regs())
	for i := range names {
		names[i] = Reg(i).Name(a)
	}
	return names
}

// ParseReg finds a full-width general register by name, with or without '%'.
func ParseReg(a Arch, name string) (Reg, error) {
	n := strings.TrimPrefix(strings.ToLower(name), "%")
	for r := range Reg(a.Regs()) {
		if r.Name(a) == n {
			return r, nil
		}
	}
	return 0, fmt.Errorf("%q is not a general register of %s; expected one of %s", name, a, strings.Join(a.RegNames(), " "))
}

// IPName is the instruction pointer's name: "eip" or "rip".
func (a Arch) IPName() string {
	if a == I386 {
		return "eip"
	}
	return "rip"
}

// FlagsName is the name of the register of flags: "eflags" or "rflags".
func (a Arch) FlagsName() string {
	if a == I386 {
		return "eflags"
	}
	return "rflags"
}

// IsIP reports whether a name is the instruction pointer's, on either architecture.
func IsIP(name string) bool { return name == I386.IPName() || name == AMD64.IPName() }

// IsFlags reports whether a name is the register of flags', on either architecture.
func IsFlags(name string) bool { return name == I386.FlagsName() || name == AMD64.FlagsName() }

// SegmentName names a segment register: "es" for ES.
func SegmentName(s int) string { return segmentNames[s] }

// SegmentNamed finds a segment register by name.
func SegmentNamed(name string) (int, bool) {
	s := slices.Index(segmentNames[:], name)
	return s, s >= 0
}
