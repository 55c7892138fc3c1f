package interp_test

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// undefinedFlags are the status flags that the manual leaves undefined after an instruction.
func undefinedFlags(in *insn.Inst, before *regs.Core) uint64 {
	const all = x86.FlagsStatus
	if in.Vex.Kind != insn.VexNone {
		switch {
		case in.Map != insn.Map0F38:
			return 0
		case in.Opcode == 0xf2, in.Opcode == 0xf3, in.Opcode == 0xf5 && in.Vex.PP == 0:
			return x86.AF | x86.PF
		case in.Opcode == 0xf7 && in.Vex.PP == 0:
			return x86.AF | x86.PF | x86.SF
		}
		return 0
	}
	switch in.Map {
	case insn.OneByte:
		return undefinedOneByte(in, before)
	case insn.Map0F:
		switch in.Opcode {
		case 0xa3, 0xab, 0xb3, 0xbb, 0xba:
			return x86.OF | x86.SF | x86.AF | x86.PF
		case 0xa4, 0xac:
			return undefinedShift(uint64(in.Imm), in.OperandBits)
		case 0xa5, 0xad:
			return undefinedShift(before.GPR[x86.RCX], in.OperandBits)
		case 0xaf:
			return all &^ (x86.CF | x86.OF)
		case 0xbc, 0xbd:
			if in.Rep {
				return all &^ (x86.CF | x86.ZF)
			}
			return all &^ x86.ZF
		}
	}
	return 0
}

func undefinedOneByte(in *insn.Inst, before *regs.Core) uint64 {
	const all = x86.FlagsStatus
	op, digit := in.Opcode, in.Digit()
	bits := in.OperandBits
	if op&1 == 0 {
		bits = 8
	}
	switch {
	case op < 0x40:
		group := op >> 3
		switch {
		case op == 0x27 || op == 0x2f:
			return x86.OF
		case op == 0x37 || op == 0x3f:
			return all &^ (x86.AF | x86.CF)
		case group == 1 || group == 4 || group == 6:
			return x86.AF
		}
	case op >= 0x80 && op < 0x84 && (digit == 1 || digit == 4 || digit == 6):
		return x86.AF
	case op == 0x84, op == 0x85, op == 0xa8, op == 0xa9:
		return x86.AF
	case op == 0x69, op == 0x6b:
		return all &^ (x86.CF | x86.OF)
	case op == 0xd4, op == 0xd5:
		return x86.OF | x86.AF | x86.CF
	case op&^1 == 0xf6 && digit < 2:
		return x86.AF
	case op&^1 == 0xf6 && (digit == 4 || digit == 5):
		return all &^ (x86.CF | x86.OF)
	case op&^1 == 0xf6 && digit > 5:
		return all
	case op&^1 == 0xc0, op&^3 == 0xd0:
		count := uint64(1)
		if op < 0xd0 {
			count = uint64(in.Imm)
		} else if op >= 0xd2 {
			count = before.GPR[x86.RCX]
		}
		if digit < 4 {
			if count&63 == 1 {
				return 0
			}
			return x86.OF
		}
		return undefinedShift(count, bits)
	}
	return 0
}

// undefinedShift is for SHL, SHR, SAR, SHLD, SHRD.
func undefinedShift(count uint64, bits int) uint64 {
	if bits == 64 {
		count &= 63
	} else {
		count &= 31
	}
	switch {
	case count == 0:
		return 0
	case count == 1:
		return x86.AF
	case count >= uint64(bits):
		return x86.FlagsStatus
	}
	return x86.AF | x86.OF
}

// undefinedResult reports whether the manual leaves the result undefined: SHLD and SHRD of 16 bits by more, and
// the upper half after BSF and BSR of 0 under a 32-bit operand size.
func undefinedResult(in *insn.Inst, before *regs.Core) bool {
	if in.Vex.Kind != insn.VexNone || in.Map != insn.Map0F {
		return false
	}
	switch in.Opcode {
	case 0xa4, 0xac:
		return in.OperandBits == 16 && in.Imm&31 > 16
	case 0xa5, 0xad:
		return in.OperandBits == 16 && before.GPR[x86.RCX]&31 > 16
	case 0xbc, 0xbd:
		return in.OperandBits == 32 && !in.Rep && in.Mode.Is64()
	}
	return false
}
