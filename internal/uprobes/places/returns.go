package places

import (
	"slices"

	"trapline/internal/emu/insn"
)

// Numbers of the registers that address a frame.
const (
	stackPointer = 4
	framePointer = 5
)

// frame is where the return address lies, as bytes above a register; unknown where the code does not tell.
type frame struct {
	fromSP, fromFP   int64
	knownSP, knownFP bool
}

// TouchesReturnAddress reports whether the function at entry uses the word that holds its return address other than by
// returning: reads it, pops it, writes it or takes its address, or jumps to a function that does. With a return probe
// it finds the trampoline's address there (U13): setjmp keeps it for longjmp, an i386 get_pc_thunk computes addresses
// from it.
//
// The stack pointer is followed through pushes, pops, additions and a frame pointer, in the order of the
// addresses; behind what cannot be followed nothing is reported.
func (p *Program) TouchesReturnAddress(entry uint64) bool {
	const maxTailJumps = 4
	return p.touches(entry, maxTailJumps)
}

func (p *Program) touches(entry uint64, tailJumps int) (yes bool) {
	body := p.Body(entry)
	p.follow(body, func(pc uint64, in insn.Inst, f frame) bool {
		yes = f.touched(in)
		if target, ok := in.BranchTarget(pc); ok && in.Attr().Has(insn.RelBranch) {
			_, inside := slices.BinarySearch(body, target)
			yes = yes || !inside && tailJumps > 0 && f.knownSP && f.fromSP == 0 && p.touches(target, tailJumps-1)
		}
		return !yes
	})
	return yes
}

// follow goes through a function's instructions in the order of their addresses, with where the return address lies ahead of
// each, until see is false.
func (p *Program) follow(body []uint64, see func(pc uint64, in insn.Inst, f frame) bool) {
	f := frame{knownSP: true}
	at := map[uint64]frame{} // at the targets of branches ahead
	for _, pc := range body {
		in, _ := p.at(pc)
		if known, ok := at[pc]; ok && !f.knownSP {
			f = known
		}
		if !see(pc, in, f) {
			return
		}
		if target, ok := in.BranchTarget(pc); ok && in.Attr().Has(insn.RelBranch) && target > pc {
			at[target] = f
		}
		f = f.after(in)
	}
}

// ReturnAddressAt is how many bytes above the stack pointer the return address lies ahead of an instruction of the function at
// entry; false where the code does not tell.
func (p *Program) ReturnAddressAt(entry, addr uint64) (above int64, known bool) {
	p.follow(p.Body(entry), func(pc uint64, _ insn.Inst, f frame) bool {
		if pc == addr {
			above, known = f.fromSP, f.knownSP
		}
		return pc < addr
	})
	return above, known
}

// touched reports whether an instruction uses the word of the return address.
func (f frame) touched(in insn.Inst) bool {
	if in.Attr().Has(insn.RetNear) {
		return false
	}
	if delta, ok := in.StackDelta(); ok && delta > 0 && f.knownSP && f.fromSP >= 0 && int64(delta) > f.fromSP {
		return true
	}
	if !in.HasMemory() || in.Attr().Has(insn.NopModRM) {
		return false
	}
	switch base, ok := plainBase(in); {
	case ok && base == stackPointer:
		return f.knownSP && in.Disp == f.fromSP
	case ok && base == framePointer:
		return f.knownFP && in.Disp == f.fromFP
	}
	return false
}

// plainBase is the register of a memory operand that has a base and no index.
func plainBase(in insn.Inst) (int, bool) {
	switch {
	case in.AddressBits == 16 || in.REX&insn.RexB != 0:
		return 0, false
	case in.HasSIB:
		const noIndex = 4
		return int(in.SIB & 7), in.SIB>>3&7 == noIndex && in.REX&insn.RexX == 0
	}
	return in.RM(), in.ModRM&0xc7 != 0x05
}

// after is the frame behind an instruction.
func (f frame) after(in insn.Inst) frame {
	attr := in.Attr()
	switch delta, moves := in.StackDelta(); {
	case attr.Has(leaves):
		return frame{}
	case attr.Has(insn.Call): // it returns with the stack as it was
		return f
	case moves:
		f.fromSP -= int64(delta)
		if attr.Has(insn.PopReg) && in.Opcode&7 == framePointer && in.REX&insn.RexB == 0 {
			f.knownFP = false
		}
		if attr.Has(insn.PopReg) && in.Opcode&7 == stackPointer && in.REX&insn.RexB == 0 {
			f.knownSP = false
		}
		return f
	}
	return f.computed(in)
}

// computed is the frame behind an instruction that is no push or pop.
func (f frame) computed(in insn.Inst) frame {
	const (
		addImm8, addImm32 = 0x83, 0x81
		movStore, movLoad = 0x89, 0x8b
		lea, leave        = 0x8d, 0xc9
		add, sub          = 0, 5
	)
	plain := in.Map == insn.OneByte && in.REX&(insn.RexR|insn.RexB) == 0
	registers := plain && in.HasModRM && in.Mod() == 3
	switch {
	case plain && in.Opcode == leave:
		word := int64(4)
		if in.Mode.Is64() {
			word = 8
		}
		return frame{fromSP: f.fromFP - word, knownSP: f.knownFP}
	case registers && (in.Opcode == addImm8 || in.Opcode == addImm32) && in.RM() == stackPointer && in.Digit() == add:
		f.fromSP -= in.Imm
		return f
	case registers && (in.Opcode == addImm8 || in.Opcode == addImm32) && in.RM() == stackPointer && in.Digit() == sub:
		f.fromSP += in.Imm
		return f
	case registers && in.Opcode == movStore && in.Digit() == stackPointer && in.RM() == framePointer,
		registers && in.Opcode == movLoad && in.RM() == stackPointer && in.Digit() == framePointer:
		f.fromFP, f.knownFP = f.fromSP, f.knownSP
		return f
	case plain && in.Opcode == lea && in.HasMemory() && in.Digit() == stackPointer:
		return f.leaToSP(in)
	}
	return f.clobbered(in)
}

// leaToSP is the frame behind lea DISP(%rsp),%rsp or lea DISP(%rbp),%rsp.
func (f frame) leaToSP(in insn.Inst) frame {
	switch base, ok := plainBase(in); {
	case ok && base == stackPointer:
		f.fromSP -= in.Disp
	case ok && base == framePointer:
		f.fromSP, f.knownSP = f.fromFP-in.Disp, f.knownFP
	default:
		f.knownSP = false
	}
	return f
}

// clobbered forgets what an instruction may have changed: any that names the register outside an address.
func (f frame) clobbered(in insn.Inst) frame {
	named := func(n int) bool {
		if !in.UsedGPRs().Has(n) {
			return false
		}
		base, plain := plainBase(in)
		onlyAddress := in.HasMemory() && plain && base == n && in.Digit()|int(in.REX&insn.RexR)<<1 != n
		return !onlyAddress
	}
	if named(stackPointer) {
		f.knownSP = false
	}
	if named(framePointer) {
		f.knownFP = false
	}
	return f
}
