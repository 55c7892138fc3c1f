package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// inCode reports whether a near branch may go to an offset: a canonical address (bits 47-63 are alike, SDM vol. 1,
// 3.3.7.1), or within CS's limit. It is
// #GP(0) at the branch otherwise, after the faults of its operand and of its stack accesses.
func (o *Op) inCode(c *regs.Core, to uint64) bool {
	if o.long {
		return uint64(int64(to<<16)>>16) == to
	}
	return to <= uint64(c.Seg[x86.CS].Limit)
}

// jump prepares JMP, CALL, Jcc, JCXZ, LOOP and RET, near. o.imm is the offset from the next instruction, o.mask
// cuts the target: to 16 bits with such an operand size (U10).
func jump(o *Op, in *insn.Inst) handler {
	a := in.Attr()
	switch {
	case a.Has(insn.JmpRel):
		return jmp
	case a.Has(insn.Jcc):
		o.code = in.Opcode & 15
		return jcc
	case a.Has(insn.Jcxz):
		return jcxz
	case a.Has(insn.Loop):
		o.code = in.Opcode & 3
		return loop
	case a.Has(insn.CallRel):
		return call
	case a.Has(insn.RetNear):
		return ret
	}
	return nil
}

func (o *Op) target(c *regs.Core) uint64 {
	return (c.RIP + uint64(o.length) + o.imm) & o.ip & o.mask
}

func (o *Op) goTo(c *regs.Core, to uint64) Outcome {
	if !o.inCode(c, to) {
		return Protection
	}
	c.RIP = to
	return Done
}

func jmp(c *regs.Core, _ Memory, o *Op) Outcome { return o.goTo(c, o.target(c)) }

func jcc(c *regs.Core, _ Memory, o *Op) Outcome {
	if !x86.Condition(o.code, c.RFLAGS) {
		return o.done(c)
	}
	return o.goTo(c, o.target(c))
}

// jcxz is JCXZ, JECXZ, JRCXZ by the address size.
func jcxz(c *regs.Core, _ Memory, o *Op) Outcome {
	if c.GPR[x86.RCX]&o.addr != 0 {
		return o.done(c)
	}
	return o.goTo(c, o.target(c))
}

// loop is LOOP, LOOPE, LOOPNE: the counter has the address size.
func loop(c *regs.Core, _ Memory, o *Op) Outcome {
	n := (c.GPR[x86.RCX] - 1) & o.addr
	taken := n != 0
	switch o.code {
	case 0: // LOOPNE
		taken = taken && c.RFLAGS&x86.ZF == 0
	case 1: // LOOPE
		taken = taken && c.RFLAGS&x86.ZF != 0
	}
	to := o.next(c)
	if taken {
		to = o.target(c)
		if !o.inCode(c, to) {
			return Protection
		}
	}
	c.GPR[x86.RCX] = counter(c.GPR[x86.RCX], n, o.addr)
	c.RIP = to
	return Done
}

// counter is rCX, rSI or rDI with the new value of its part of the address size.
func counter(old, v, addr uint64) uint64 {
	if addr == 0xffff {
		return old&^addr | v&addr
	}
	return v & addr
}

func call(c *regs.Core, m Memory, o *Op) Outcome { return o.callTo(c, m, o.target(c)) }

func (o *Op) callTo(c *regs.Core, m Memory, to uint64) Outcome {
	sp := moveSP(c, -uint64(o.size))
	if !o.inCode(c, to) {
		if !m.Probe(x86.SS, sp&StackMask(c), o.size, true) {
			return Refused
		}
		return Protection
	}
	if !m.Store(x86.SS, sp&StackMask(c), o.size, o.next(c)&o.mask) {
		return Refused
	}
	c.GPR[x86.RSP], c.RIP = sp, to
	return Done
}

// group5 prepares FF: CALL and JMP near indirect, PUSH.
func group5(_ *Op, in *insn.Inst) handler {
	switch in.Digit() {
	case 2:
		return callRM
	case 4:
		return jmpRM
	case 6:
		return pushRM
	}
	return nil
}

func jmpRM(c *regs.Core, m Memory, o *Op) Outcome {
	to, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	return o.goTo(c, to)
}

func callRM(c *regs.Core, m Memory, o *Op) Outcome {
	to, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	return o.callTo(c, m, to)
}

// ret is RET, with the immediate's bytes released too.
func ret(c *regs.Core, m Memory, o *Op) Outcome {
	to, sp, ok := o.top(c, m)
	if !ok {
		return Refused
	}
	if !o.inCode(c, to) {
		return Protection
	}
	c.RIP = to
	c.GPR[x86.RSP] = setSP(c, sp+o.imm)
	return Done
}
