package emu

import "trapline/internal/emu/insn"

// beyondLibrary reports whether the library runs an integer instruction
// otherwise than the processor: package interp runs it, whatever the machine's
// Processor, and Run leaves it to Step. The differences were found by the
// comparisons in packages interp and silicon (docs/silicon.md).
func beyondLibrary(in *insn.Inst) bool {
	// The library's x87 has 64 bits in places, and other flags; its MMX leaves TOP and exponents.
	if in.Attr().Has(insn.MMX) || in.Attr().Has(insn.X87) && in.Map == insn.OneByte {
		return true
	}
	if in.VoidREX || in.VoidSeg || in.VoidRep || voidBranchSize(in) { // obeyed
		return true
	}
	if in.Attr().Has(insn.SSE | insn.AVX) {
		return vectorBeyondLibrary(in)
	}
	if in.Vex.Kind != insn.VexNone {
		return vexBeyondLibrary(in)
	}
	switch in.Map {
	case insn.OneByte:
		return oneByteBeyondLibrary(in)
	case insn.Map0F:
		return map0FBeyondLibrary(in)
	case insn.Map0F38: // MOVBE is missing; 66 beside F2 or F3 chooses the instruction; CRC32 of 16-bit code takes 32 bits
		return in.Opcode >= 0xf0 && (in.Opcode&^1 == 0xf0 && (!in.Repne || in.Mode == insn.Mode16) || in.OpSize && (in.Rep || in.Repne))
	}
	return false
}

func oneByteBeyondLibrary(in *insn.Inst) bool {
	switch in.Opcode {
	case 0x60: // PUSHA stores from the lowest address up
		return true
	case 0x63: // ARPL stores what it does not change
		return !in.Mode.Is64()
	case 0x90: // behind PAUSE the next instruction is translated too, and its page asked for; EIP gets CS.base added
		return in.Attr().Has(insn.Pause)
	case 0x9e, 0x9f: // SAHF and LAHF with REX take SPL for AH
		return in.REX != 0
	case 0xc2: // RET's immediate is taken as signed
		return in.Imm >= 0x8000
	case 0xc6, 0xc7: // MOV of an immediate with REX.R is refused
		return in.REX&insn.RexR != 0
	case 0xc8: // ENTER misplaces nested frames, writes all of RBP under a 16-bit operand size
		return true
	case 0xd2, 0xd3: // SHL, SHR, SAR of memory lose the bit shifted out when stores are watched
		return in.HasMemory() && in.Digit() >= 4
	case 0xf6, 0xf7: // TEST's second encoding is refused; LOCK NEG has the operand's flags
		return in.Digit() == 1 || in.Digit() == 3 && in.Lock
	case 0xff: // with 66 reads a pointer of 8 bytes
		return in.Mode.Is64() && in.OperandBits == 16 && in.Attr().Has(insn.CallInd|insn.JmpInd) && in.HasMemory()
	}
	return false
}

func map0FBeyondLibrary(in *insn.Inst) bool {
	switch in.Opcode {
	case 0x18: // prefetches of a register are refused
		return in.Mod() == 3
	case 0xa4, 0xa5, 0xac, 0xad: // SHLD, SHRD, as the shifts
		return in.HasMemory()
	case 0xae: // CLFLUSH does not fault
		return in.HasMemory() && in.Digit() == 7
	case 0xb1: // CMPXCHG of 32 bits clears the upper half of the register that it loads only
		return in.OperandBits == 32 && in.Mode.Is64()
	case 0xb8: // POPCNT is missing
		return true
	case 0xc7: // CMPXCHG8B asks for a readable operand where it does not store, CMPXCHG16B for no alignment
		return in.Digit() == 1
	}
	return in.Opcode&^7 == 0xc8 && in.OperandBits == 16 // BSWAP of 16 bits swaps 32
}

func vexBeyondLibrary(in *insn.Inst) bool {
	if in.Vex.Kind == insn.Evex {
		return false
	}
	if !in.Mode.Is64() { // VEX.B and the top bit of VEX.vvvv are obeyed
		return true
	}
	switch {
	case in.Map == insn.Map0F3A && in.Opcode == 0xf0: // RORX of a RIP-relative operand does not count its immediate
		return in.RIPRelative
	case in.Map != insn.Map0F38:
		return false
	}
	switch in.Opcode {
	case 0xf3: // BLSI's carry is inverted
		return in.Digit() == 3
	case 0xf5: // PEXT and PDEP take the mask for the source, BZHI loses the top bit
		return true
	case 0xf7: // BEXTR loses the top bit
		return in.Vex.PP == 0
	}
	return false
}

// voidBranchSize reports whether 66 means nothing because Intel's processors
// ignore it there: the library's is AMD's (U10).
func voidBranchSize(in *insn.Inst) bool {
	const near = insn.JmpRel | insn.Jcc | insn.Loop | insn.Jcxz | insn.CallRel | insn.CallInd | insn.JmpInd | insn.RetNear
	return in.Mode == insn.Mode64 && in.OpSize && in.Attr().Has(near)
}

// vectorBeyondLibrary reports whether an SSE or AVX instruction is not one that
// the library leaves the same state after, to the bit. It has no AVX, and of
// floating point no exception flags; of a register with itself it adds and
// subtracts neighbours that it just wrote, and so it does with AES's rounds.
// TestLibraryVectors compares the others.
func vectorBeyondLibrary(in *insn.Inst) bool {
	if in.Vex.Kind != insn.VexNone {
		return true
	}
	switch in.Map {
	case insn.Map0F:
		return float0F.has(in.Opcode)
	case insn.Map0F38:
		return horizontal.has(in.Opcode) || in.Opcode >= 0xc8
	case insn.Map0F3A: // ROUNDPS, DPPS, PCLMULQDQ, PCMPxSTRx, SHA
		return in.Opcode >= 0x08 && in.Opcode <= 0x0b || in.Opcode&^1 == 0x40 || in.Opcode >= 0x44 && in.Opcode != 0xdf
	}
	return true
}

// float0F are conversions, comparisons and arithmetic of floating point, and
// what works on MXCSR.
var float0F = join(opcodes(0x2a, 0x2c, 0x2d, 0x2e, 0x2f, 0x7c, 0x7d, 0xae, 0xc2, 0xd0, 0xe6), span(0x51, 0x53), span(0x58, 0x5f))
