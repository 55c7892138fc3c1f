package insn

// BranchTarget returns where a relative branch or call at pc goes when taken (for xbegin: on abort), and false
// for other instructions. pc is the linear address of the instruction's first byte, with a flat code segment.
//
// With a 16-bit operand size the target is truncated to 16 bits (SDM vol. 2, JMP, Jcc, CALL, LOOP; U10):
// 66 in 32-bit mode, and in 64-bit mode on AMD. xbegin never truncates.
func (i Inst) BranchTarget(pc uint64) (uint64, bool) {
	if !i.attr.Has(RelBranch | CallRel) {
		return 0, false
	}
	target := i.Next(pc) + uint64(i.Imm)
	switch {
	case i.OperandBits == 16 && !i.attr.Has(Xbegin):
		target &= 0xFFFF
	case !i.Mode.Is64():
		target &= 0xFFFFFFFF
	}
	return target, true
}

// Next returns the address of the instruction that follows i at pc in memory.
func (i Inst) Next(pc uint64) uint64 {
	next := pc + uint64(i.Len)
	if !i.Mode.Is64() {
		next &= 0xFFFFFFFF
	}
	return next
}

// RIPRelativeAddress returns the address of a RIP-relative operand of i at pc, and false if it has none.
func (i Inst) RIPRelativeAddress(pc uint64) (uint64, bool) {
	if !i.RIPRelative {
		return 0, false
	}
	address := i.Next(pc) + uint64(i.Disp)
	if i.AddressBits == 32 {
		address &= 0xFFFFFFFF
	}
	return address, true
}

// Condition returns the condition code (0 o, 1 no, 2 b, … 15 nle) of a jcc, setcc, cmovcc or cmpccxadd, and
// false for other instructions; an odd code negates the one before it (SDM vol. 1, appendix B).
func (i Inst) Condition() (cc byte, ok bool) {
	return i.Opcode & 15, i.attr.Has(ConditionCode)
}

// Lockable reports whether LOCK is allowed: the instruction is one of SDM vol. 2's list (LOCK) and its
// destination is in memory.
func (i Inst) Lockable() bool {
	return i.form&lockable != 0 && i.HasMemory()
}

// StackDelta returns by how many bytes a push, pop, near call, near return, pushf, popf, pusha or popa changes
// the stack pointer (negative for a push), and false for what moves it otherwise, or by an amount that the
// encoding does not tell: enter, leave, iret, far calls, arithmetic on it.
func (i Inst) StackDelta() (int, bool) {
	width := i.OperandBits / 8
	switch {
	case i.attr.Has(CallRel|CallInd) || i.form&push != 0:
		return -width, true
	case i.form&pop != 0:
		return width, true
	case i.attr.Has(RetNear):
		return width + int(i.Imm), true
	case i.Map == OneByte && i.Opcode == 0x60: // pusha
		return -8 * width, true
	case i.Map == OneByte && i.Opcode == 0x61: // popa
		return 8 * width, true
	}
	return 0, false
}
