package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// handler runs one kind of instruction.
type handler func(c *regs.Core, m Memory, o *Op) Outcome

// Op is an instruction ready to run. Its operands stand in it as they are needed: which register and where in
// it, how an address is made.
type Op struct {
	run  handler
	x87  x87Handler // instead of run
	imm  uint64     // sign-extended as the instruction takes it
	disp uint64
	mask uint64 // of the operand size
	rm   register
	reg  register

	base, index, scale uint8  // of the address; noRegister, or instructionPointer as base
	addr               uint64 // mask of the address size
	ip                 uint64 // mask of the instruction pointer
	seg                uint8  // of the memory operand
	size               uint8  // of the operand, in bytes
	bits               uint8  // of the operand
	mem                bool   // the operand in ModRM.rm is in memory
	long               bool   // 64-bit mode
	length             uint8  // of the instruction
	code               uint8  // which of a family: a condition, a digit, ...
	fop                uint16 // of an x87 instruction: its opcode as the unit keeps it
	control            bool   // an x87 instruction of control: the unit does not keep where it was
	atOnce             bool   // one that does not wait for an exception that is pending
	shadow             uint32 // regs.Core.Shadow afterwards
	vec                *vectorOp
}

// Values of base and index.
const (
	noRegister         = 16
	instructionPointer = 17
)

// register is a general register or a part of it.
type register struct {
	n     uint8
	shift uint8  // 8 for AH, CH, DH, BH
	keep  uint64 // bits that a write leaves
}

// accumulator is AL, AX, EAX or RAX.
func accumulator(size uint8) register { return register{n: uint8(x86.RAX), keep: keepOf(size)} }

func (r register) read(c *regs.Core) uint64 { return c.GPR[r.n&15] >> r.shift }

// write sets the register; v has no bits beyond its width.
func (r register) write(c *regs.Core, v uint64) {
	p := &c.GPR[r.n&15]
	*p = *p&r.keep | v<<r.shift
}

// keepOf is what a write of so many bytes leaves of a register: 32-bit writes clear the upper half (SDM vol. 1,
// 3.4.1.1).
func keepOf(size uint8) uint64 {
	switch size {
	case 1:
		return ^uint64(0xff)
	case 2:
		return ^uint64(0xffff)
	}
	return 0
}

// byteRegister is register n of an instruction with byte operands: without REX, 4 to 7 are the high bytes of 0
// to 3.
func byteRegister(n uint8, rex byte) register {
	if rex == 0 && n >= 4 && n < 8 {
		return register{n - 4, 8, ^uint64(0xff00)}
	}
	return register{n, 0, ^uint64(0xff)}
}

// Prepare makes an instruction ready to run. It reports false for one that is of another package's families.
func Prepare(in *insn.Inst) (Op, bool) {
	o := Op{
		imm: uint64(in.Imm), length: uint8(in.Len), long: in.Mode.Is64(), addr: maskOf(uint8(in.AddressBits / 8)),
		base: noRegister, index: noRegister, seg: x86.DS,
	}
	o.ip = ^uint64(0)
	if !o.long {
		o.ip = 0xffffffff
	}
	o.setSize(uint8(in.OperandBits / 8))
	o.operands(in)
	if v := o.prepareVector(in); v != nil {
		return o, true
	}
	f := familyOf(in)
	if f == nil {
		return Op{}, false
	}
	o.run = f(&o, in)
	return o, o.Prepared()
}

// Prepared reports whether o is an instruction that Prepare made.
func (o *Op) Prepared() bool { return o.run != nil || o.x87 != nil || o.vec != nil }

// UsesExtended reports whether the instruction needs RunExtended.
func (o *Op) UsesExtended() bool { return o.x87 != nil || o.vec != nil }

// RunExtended runs an instruction of x87, MMX, SSE or AVX on c and x.
func (o *Op) RunExtended(c *regs.Core, x *regs.Extended, m Memory) Outcome {
	var out Outcome
	if o.vec != nil {
		out = o.vec.run(x, c, m, o)
	} else {
		out = o.runX87(c, &x.X87, m)
	}
	if out == Done {
		c.Shadow = o.shadow
	}
	return out
}

// Vector reports whether o uses vector registers or MXCSR.
func (o *Op) Vector() bool { return o.vec != nil }

// Run runs the instruction on c.
func (o *Op) Run(c *regs.Core, m Memory) Outcome {
	out := o.run(c, m, o)
	if out == Done {
		c.Shadow = o.shadow
	}
	return out
}

func maskOf(size uint8) uint64 { return ^uint64(0) >> (64 - 8*uint(size)) }

// setSize makes the operands so many bytes wide.
func (o *Op) setSize(size uint8) {
	o.size, o.bits, o.mask = size, 8*size, maskOf(size)
	o.rm.keep, o.reg.keep = keepOf(size), keepOf(size)
}

// byteIfEven is for opcodes whose low bit is 0 for byte operands.
func (o *Op) byteIfEven(in *insn.Inst) {
	if in.Opcode&1 == 0 {
		o.bytes(in)
	}
}

// bytes makes the operands bytes.
func (o *Op) bytes(in *insn.Inst) {
	o.setSize(1)
	rex := in.REX
	if in.HasModRM {
		o.reg = byteRegister(o.reg.n, rex)
	}
	if !o.mem {
		o.rm = byteRegister(o.rm.n, rex)
	}
}

// operands takes ModRM and SIB, or the register in the opcode (SDM vol. 2, 2.1).
func (o *Op) operands(in *insn.Inst) {
	rex := in.REX & 15
	if in.Vex.Kind != insn.VexNone {
		rex = vexBits(&in.Vex)
	}
	extend := func(bit byte) uint8 {
		if rex&bit != 0 {
			return 8
		}
		return 0
	}
	o.disp = uint64(in.Disp)
	o.seg = segmentOf(in, o.long, x86.DS)
	if !in.HasModRM {
		o.rm.n = in.Opcode&7 | extend(insn.RexB)
		return
	}
	o.reg.n = uint8(in.Digit()) | extend(insn.RexR)
	if !in.HasMemory() {
		o.rm.n = uint8(in.RM()) | extend(insn.RexB)
		return
	}
	o.mem = true
	switch {
	case in.AddressBits == 16:
		o.address16(in)
	case in.RIPRelative:
		o.base = instructionPointer
	case in.HasSIB:
		if b := in.SIB & 7; b != 5 || in.Mod() != 0 {
			o.base = b | extend(insn.RexB)
		}
		if i := in.SIB>>3&7 | extend(insn.RexX); i != 4 {
			o.index, o.scale = i, in.SIB>>6
		}
	case in.RM() == 5 && in.Mod() == 0:
	default:
		o.base = uint8(in.RM()) | extend(insn.RexB)
	}
	if b := x86.Reg(o.base); b == x86.RSP || b == x86.RBP {
		o.seg = segmentOf(in, o.long, x86.SS)
	}
}

func vexBits(v *insn.Vex) (rex byte) {
	if v.R {
		rex |= insn.RexR
	}
	if v.X {
		rex |= insn.RexX
	}
	if v.B {
		rex |= insn.RexB
	}
	return rex
}

// address16 is the address of a 16-bit form (SDM vol. 2, table 2-1).
func (o *Op) address16(in *insn.Inst) {
	if in.RM() == 6 && in.Mod() == 0 {
		return
	}
	list := insn.Address16(in.RM())
	if o.base = uint8(list[0]); len(list) > 1 {
		o.index = uint8(list[1])
	}
}

// segmentOf is the segment of an operand whose default is given. 64-bit mode ignores overrides other than FS
// and GS (SDM vol. 1, 3.3.7.1).
func segmentOf(in *insn.Inst, long bool, otherwise uint8) uint8 {
	switch in.Seg {
	case insn.SegFS:
		return x86.FS
	case insn.SegGS:
		return x86.GS
	}
	if in.Seg == insn.SegNone || long {
		return otherwise
	}
	return [...]uint8{insn.SegES: x86.ES, insn.SegCS: x86.CS, insn.SegSS: x86.SS, insn.SegDS: x86.DS}[in.Seg]
}

// offset is the memory operand's offset in its segment.
func (o *Op) offset(c *regs.Core) uint64 {
	a := o.disp
	if o.base < noRegister {
		a += c.GPR[o.base&15]
	} else if o.base == instructionPointer {
		a += c.RIP + uint64(o.length)
	}
	if o.index < noRegister {
		a += c.GPR[o.index&15] << o.scale
	}
	return a & o.addr
}

// load reads the operand in ModRM.rm.
func (o *Op) load(c *regs.Core, m Memory) (uint64, bool) {
	if !o.mem {
		return o.rm.read(c) & o.mask, true
	}
	return m.Load(o.seg, o.offset(c), o.size)
}

// store writes the operand in ModRM.rm.
func (o *Op) store(c *regs.Core, m Memory, v uint64) bool {
	if !o.mem {
		o.rm.write(c, v)
		return true
	}
	return m.Store(o.seg, o.offset(c), o.size, v)
}

// next is the address of the instruction behind.
func (o *Op) next(c *regs.Core) uint64 { return (c.RIP + uint64(o.length)) & o.ip }

// done moves on to the instruction behind.
func (o *Op) done(c *regs.Core) Outcome {
	c.RIP = (c.RIP + uint64(o.length)) & o.ip
	return Done
}
