package interp

import (
	"math/bits"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// move prepares MOV: 88-8C, A0-A3, B0-BF, C6, C7; and MOVNTI (0F C3).
func move(o *Op, in *insn.Inst) handler {
	op := in.Opcode
	switch {
	case in.Map == insn.Map0F: // of 16-bit code too 32 bits
		o.setSize(max(o.size, 4))
		return movRMReg
	case op == 0x8c:
		o.code = uint8(in.Digit())
		if o.mem {
			o.setSize(2)
		}
		return movFromSeg
	case op >= 0xb0 && op < 0xc0:
		if op < 0xb8 {
			o.setSize(1)
			o.rm = byteRegister(o.rm.n, in.REX)
		}
		return movRMImm
	case op >= 0xa0 && op < 0xb0:
		return o.moveDirect(in)
	}
	o.byteIfEven(in)
	switch {
	case op >= 0xc6 && in.Digit() != 0: // XABORT
		return nil
	case op >= 0xc6:
		return movRMImm
	case op < 0x8a:
		return movRMReg
	}
	return movRegRM
}

// moveDirect prepares A0-A3: rAX and memory at the address in the instruction.
func (o *Op) moveDirect(in *insn.Inst) handler {
	if in.Opcode&1 == 0 {
		o.setSize(1)
	}
	o.reg = accumulator(o.size)
	o.mem = true
	if in.Opcode < 0xa2 {
		return movRegRM
	}
	return movRMReg
}

func movRMReg(c *regs.Core, m Memory, o *Op) Outcome {
	if !o.store(c, m, o.reg.read(c)&o.mask) {
		return Refused
	}
	return o.done(c)
}

func movRegRM(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	o.reg.write(c, v)
	return o.done(c)
}

func movRMImm(c *regs.Core, m Memory, o *Op) Outcome {
	if !o.store(c, m, o.imm&o.mask) {
		return Refused
	}
	return o.done(c)
}

// movFromSeg is MOV from a segment register: 16 bits to memory, zero-extended to a register.
func movFromSeg(c *regs.Core, m Memory, o *Op) Outcome {
	if !o.store(c, m, uint64(c.Seg[o.code].Sel)&0xffff) {
		return Refused
	}
	return o.done(c)
}

// extendMove prepares MOVZX, MOVSX (0F B6, B7, BE, BF) and MOVSXD (63).
func extendMove(o *Op, in *insn.Inst) handler {
	to := o.reg
	switch {
	case in.Map == insn.OneByte:
		o.setSize(4)
	case in.Opcode&1 == 0:
		o.setSize(1)
		if !o.mem {
			o.rm = byteRegister(o.rm.n, in.REX)
		}
	default:
		o.setSize(2)
	}
	o.reg = to
	o.imm = maskOf(uint8(in.OperandBits / 8))
	if in.Map == insn.Map0F && in.Opcode < 0xb8 {
		return movRegRM // what is loaded has zeros above
	}
	return movsx
}

func movsx(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	o.reg.write(c, uint64(signed(v, o.bits))&o.imm)
	return o.done(c)
}

// lea is LEA.
func lea(c *regs.Core, _ Memory, o *Op) Outcome {
	o.reg.write(c, o.offset(c)&o.mask)
	return o.done(c)
}

// conditional prepares CMOVcc (0F 40-4F) and SETcc (0F 90-9F).
func conditional(o *Op, in *insn.Inst) handler {
	o.code = in.Opcode & 15
	if in.Opcode < 0x50 {
		return cmov
	}
	o.setSize(1)
	if !o.mem {
		o.rm = byteRegister(o.rm.n, in.REX)
	}
	return setcc
}

// cmov is CMOVcc: a 32-bit one clears the register's upper half either way.
func cmov(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	if !x86.Condition(o.code, c.RFLAGS) {
		v = o.reg.read(c) & o.mask
	}
	o.reg.write(c, v)
	return o.done(c)
}

func setcc(c *regs.Core, m Memory, o *Op) Outcome {
	var v uint64
	if x86.Condition(o.code, c.RFLAGS) {
		v = 1
	}
	if !o.store(c, m, v) {
		return Refused
	}
	return o.done(c)
}

// bswap is BSWAP. A 16-bit register, undefined, becomes 0, as on AMD's and Intel's processors.
func bswap(c *regs.Core, _ Memory, o *Op) Outcome {
	var v uint64
	switch o.size {
	case 8:
		v = bits.ReverseBytes64(o.rm.read(c))
	case 4:
		v = uint64(bits.ReverseBytes32(uint32(o.rm.read(c))))
	}
	o.rm.write(c, v)
	return o.done(c)
}

// moveSwapped prepares MOVBE (0F38 F0, F1).
func moveSwapped(_ *Op, in *insn.Inst) handler {
	if in.Opcode == 0xf0 {
		return movbeLoad
	}
	return movbeStore
}

func movbeLoad(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	o.reg.write(c, bits.ReverseBytes64(v)>>(64-o.bits))
	return o.done(c)
}

func movbeStore(c *regs.Core, m Memory, o *Op) Outcome {
	if !o.store(c, m, bits.ReverseBytes64(o.reg.read(c)&o.mask)>>(64-o.bits)) {
		return Refused
	}
	return o.done(c)
}

// xlat is XLAT.
func xlat(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := m.Load(o.seg, (c.GPR[x86.RBX]+c.GPR[x86.RAX]&0xff)&o.addr, 1)
	if !ok {
		return Refused
	}
	c.GPR[x86.RAX] = c.GPR[x86.RAX]&^0xff | v
	return o.done(c)
}

// cbw is CBW, CWDE, CDQE.
func cbw(c *regs.Core, _ Memory, o *Op) Outcome {
	v := uint64(signed(c.GPR[x86.RAX], o.bits/2)) & o.mask
	c.GPR[x86.RAX] = c.GPR[x86.RAX]&keepOf(o.size) | v
	return o.done(c)
}

// cwd is CWD, CDQ, CQO.
func cwd(c *regs.Core, _ Memory, o *Op) Outcome {
	v := uint64(signed(c.GPR[x86.RAX], o.bits)>>63) & o.mask
	c.GPR[x86.RDX] = c.GPR[x86.RDX]&keepOf(o.size) | v
	return o.done(c)
}
