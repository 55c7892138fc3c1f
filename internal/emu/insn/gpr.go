package insn

import (
	"math/bits"
	"strings"

	"trapline/internal/x86"
)

// GPRSet is a set of general registers, bit n for the register with number n in the encoding.
type GPRSet uint16

const (
	rAX    GPRSet = 1 << x86.RAX
	rCX    GPRSet = 1 << x86.RCX
	rDX    GPRSet = 1 << x86.RDX
	rBX    GPRSet = 1 << x86.RBX
	rSP    GPRSet = 1 << x86.RSP
	rBP    GPRSet = 1 << x86.RBP
	rSI    GPRSet = 1 << x86.RSI
	rDI    GPRSet = 1 << x86.RDI
	r11    GPRSet = 1 << x86.R11
	allGPR GPRSet = 0xFFFF
	lowGPR GPRSet = 0x00FF
)

// Has reports whether the register with number n (0..15) is in s.
func (s GPRSet) Has(n int) bool { return s>>n&1 != 0 }

// String lists the registers by their 64-bit names, joined with '|'.
func (s GPRSet) String() string {
	if s == 0 {
		return "none"
	}
	var names []string
	for ; s != 0; s &= s - 1 {
		names = append(names, x86.Reg(bits.TrailingZeros16(uint16(s))).NameOf(8))
	}
	return strings.Join(names, "|")
}

// UsedGPRs returns the general registers that i may read or write as explicit or implicit operands or in an
// address. It may name too many (rcx for a shift by CL and for a repeated string instruction that runs zero
// times, all of them for hypercalls), never too few; what a handler that i enters does is not counted.
// U7 chooses the scratch register of a RIP-relative instruction outside this set.
func (i Inst) UsedGPRs() GPRSet {
	used := i.regs
	r, x, b := i.extensions()
	if i.form&opReg != 0 {
		used |= i.gpr(int(i.Opcode&7)|b, i.form&byteRM != 0)
	}
	if i.form&gprV != 0 {
		used |= i.gpr(int(i.Vex.VVVV), false)
	}
	if i.HasModRM {
		if i.form&notReg == 0 {
			used |= i.gpr(i.Digit()|r, i.form&byteReg != 0)
		}
		switch {
		case i.HasMemory():
			used |= i.addressGPRs(x, b)
		case i.form&notRM == 0:
			used |= i.gpr(i.RM()|b, i.form&byteRM != 0)
		}
	}
	if i.attr.Has(String) && (i.Rep || i.Repne) {
		used |= rCX
	}
	return used
}

// extensions returns what REX or VEX adds to the numbers in ModRM.reg, SIB.index and ModRM.rm (0 or 8).
func (i Inst) extensions() (r, x, b int) {
	if i.Vex.Kind == VexNone {
		return int(i.REX&RexR) << 1, int(i.REX&RexX) << 2, int(i.REX&RexB) << 3
	}
	return bit(i.Vex.R, 8), bit(i.Vex.X, 8), bit(i.Vex.B, 8)
}

// gpr returns register n; as a byte register without REX, 4 to 7 are the high bytes of 0 to 3.
func (i Inst) gpr(n int, byteSize bool) GPRSet {
	if byteSize && i.REX == 0 && n >= 4 {
		n -= 4
	}
	return 1 << (n & 15)
}

// addressGPRs returns the base and index of the memory operand (SDM vol. 2, tables 2-1 to 2-3).
func (i Inst) addressGPRs(x, b int) GPRSet {
	if i.AddressBits == 16 {
		if i.ModRM&0xC7 == 6 {
			return 0
		}
		var used GPRSet
		for _, r := range Address16(i.RM()) {
			used |= 1 << r
		}
		return used
	}
	if !i.HasSIB {
		if i.ModRM&0xC7 == 5 {
			return 0
		}
		return 1 << (i.RM() | b)
	}
	var used GPRSet
	if base := int(i.SIB & 7); base != 5 || i.Mod() != 0 {
		used |= 1 << (base | b)
	}
	if index := int(i.SIB>>3&7) | x; index != 4 && i.form&vectorIndex == 0 {
		used |= 1 << index
	}
	return used
}

// Address16 gives the base, and the index if there is one, of a memory operand
// with 16-bit addresses, by ModRM.rm (SDM vol. 2, table 2-1).
func Address16(rm int) []x86.Reg { return address16[rm&7] }

var address16 = [8][]x86.Reg{{x86.RBX, x86.RSI}, {x86.RBX, x86.RDI}, {x86.RBP, x86.RSI}, {x86.RBP, x86.RDI},
	{x86.RSI}, {x86.RDI}, {x86.RBP}, {x86.RBX}}

func bit(b bool, value int) int {
	if b {
		return value
	}
	return 0
}
