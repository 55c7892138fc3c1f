package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/emu/softfloat"
)

// x87Kind is the type of a memory operand.
type x87Kind uint8

const (
	real32 x87Kind = iota
	real64
	real80
	int16s
	int32s
	int64s
)

var x87Sizes = [...]uint8{real32: 4, real64: 8, real80: 8, int16s: 2, int32s: 4, int64s: 8}

// x87Memory prepares the forms with a memory operand. For loads and stores code is the operand's kind, for
// arithmetic it is the operation, and size the operand's.
func x87Memory(o *Op, in *insn.Inst) x87Handler {
	digit := uint8(in.Digit())
	if in.Opcode&1 == 0 { // D8, DA, DC, DE
		kind := [...]x87Kind{real32, int32s, real64, int16s}[in.Opcode>>1&3]
		o.code = digit
		return map[x87Kind]x87Handler{real32: farith32, int32s: fiarith32, real64: farith64, int16s: fiarith16}[kind]
	}
	if h := x87Special(o, in.Opcode, digit); h != nil {
		return h
	}
	kind := [...]x87Kind{real32, int32s, real64, int16s}[in.Opcode>>1&3]
	switch {
	case digit == 5 && in.Opcode == 0xdb, digit == 7 && in.Opcode == 0xdb:
		kind = real80
	case digit >= 5:
		kind = int64s
	case digit == 1 && in.Opcode == 0xdd:
		kind = int64s // FISTTP
	}
	o.code = uint8(kind)
	switch digit {
	case 0, 5:
		return fload
	case 1:
		return fisttp
	case 2:
		return fstore
	}
	return fstorePop
}

// x87Special prepares instructions of control, and decimal ones.
func x87Special(o *Op, opcode, digit uint8) x87Handler {
	switch uint16(opcode)<<4 | uint16(digit) {
	case 0xd94:
		o.control = true
		return fldenv
	case 0xd95:
		o.control = true
		return fldcw
	case 0xd96:
		o.control, o.atOnce = true, true
		return fnstenv
	case 0xd97:
		o.control, o.atOnce = true, true
		return fnstcw
	case 0xdd4:
		o.control = true
		return frstor
	case 0xdd6:
		o.control, o.atOnce = true, true
		return fnsave
	case 0xdd7:
		o.control, o.atOnce = true, true
		return fnstsw
	case 0xdf4:
		return fbld
	case 0xdf6:
		return fbstp
	}
	return nil
}

// number is an operand of a kind other than real80.
func (k x87Kind) number(e *softfloat.Env, word uint64) softfloat.Number {
	switch k {
	case real32:
		return e.Unpack32(uint32(word))
	case real64:
		return e.Unpack64(word)
	}
	return softfloat.FromInt(signed(word, 8*x87Sizes[k]))
}

// widen is the same in the extended format, if it is an integer, a normal number or zero.
func (k x87Kind) widen(word uint64) (softfloat.Ext, bool) {
	switch k {
	case real32:
		return softfloat.Widen32(uint32(word))
	case real64:
		return softfloat.Widen64(word)
	}
	return softfloat.ExtOf(signed(word, 8*x87Sizes[k])), true
}

// fload is FLD and FILD of memory.
func fload(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	e := x.environment()
	kind := x87Kind(o.code)
	if kind == real80 {
		v, ok := o.load80(c, m)
		if !ok {
			return Refused
		}
		return x.pushOrFault(v, &e)
	}
	word, ok := m.Load(o.seg, o.offset(c), x87Sizes[kind])
	if !ok {
		return Refused
	}
	v, exact := kind.widen(word)
	if !exact {
		v = e.ConvertExt(kind.number(&e, word))
	}
	return x.pushOrFault(v, &e)
}

// load80 reads 10 bytes.
func (o *Op) load80(c *regs.Core, m Memory) (softfloat.Ext, bool) {
	at := o.offset(c)
	mant, ok := m.Load(o.seg, at, 8)
	if !ok {
		return softfloat.Ext{}, false
	}
	se, ok := m.Load(o.seg, (at+8)&o.addr, 2)
	return softfloat.Ext{SE: uint16(se), Mant: mant}, ok
}

// store80 writes 10 bytes.
func (o *Op) store80(c *regs.Core, m Memory, v softfloat.Ext) bool {
	at := o.offset(c)
	return m.Store(o.seg, at, 8, v.Mant) && m.Store(o.seg, (at+8)&o.addr, 2, uint64(v.SE))
}

// storeST writes ST(0) as a memory operand of a kind, and reports whether it did: not after an unmasked exception,
// but for PE. The operand must be writable in any case (silicon). Rounding to an integer is by r.
func (x *fpu) storeST(c *regs.Core, m Memory, o *Op, kind x87Kind, r softfloat.Rounding) (stored bool, out Outcome) {
	e := x.environment()
	word, v, size := uint64(0), softfloat.Indefinite(), x87Sizes[kind]
	if x.has(0) {
		v = x.st(0)
	}
	switch kind {
	case real80:
	case real32:
		word = uint64(e.Narrow32(v))
	case real64:
		word = e.Narrow64(v)
	default:
		word = uint64(e.ToInt(v.Unpack(), uint(8*size), r)) & maskOf(size)
	}
	keep := *x
	if x.has(0) {
		stored = x.settleStore(&e)
	} else {
		stored = x.stackFault(false)
	}
	var ok bool
	switch {
	case kind == real80 && stored:
		ok = o.store80(c, m, v)
	case stored:
		ok = m.Store(o.seg, o.offset(c), size, word)
	default:
		ok = o.writable(c, m, kind)
	}
	if !ok {
		*x = keep
		return false, Refused
	}
	return stored, Done
}

// settleStore is settle for a store: a denormal value is no exception, and an unmasked overflow or underflow
// leaves no result (SDM vol. 1, 8.5.4 and 8.5.5), nor PE.
func (x *fpu) settleStore(e *softfloat.Env) bool {
	const late = softfloat.Overflow | softfloat.Underflow
	e.Flags &^= softfloat.Denormal
	lost := e.Flags&e.Unmasked&late != 0
	if lost {
		e.Flags, e.Away = e.Flags&late, false
	}
	return x.settle(e) && !lost
}

// writable reports whether the operand could be stored.
func (o *Op) writable(c *regs.Core, m Memory, kind x87Kind) bool {
	at := o.offset(c)
	return m.Probe(o.seg, at, x87Sizes[kind], true) && (kind != real80 || m.Probe(o.seg, (at+8)&o.addr, 2, true))
}

// fstore is FST and FIST of memory.
func fstore(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	_, out := x.storeST(c, m, o, x87Kind(o.code), x.environment().Rounding)
	return out
}

// fstorePop is FSTP and FISTP of memory.
func fstorePop(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	return x.storeAndPop(c, m, o, x.environment().Rounding)
}

// fisttp is FISTTP: it truncates.
func fisttp(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	return x.storeAndPop(c, m, o, softfloat.Zero)
}

func (x *fpu) storeAndPop(c *regs.Core, m Memory, o *Op, r softfloat.Rounding) Outcome {
	stored, out := x.storeST(c, m, o, x87Kind(o.code), r)
	if stored {
		x.pop()
	}
	return out
}
