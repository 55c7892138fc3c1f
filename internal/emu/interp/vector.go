package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
)

// vector is the value of a vector register, lowest 64 bits first. XMM has two of its words, MMX one.
type vector = [4]uint64

// lane is 128 bits of a vector: what most shuffles stay within.
type lane = [2]uint64

// vectorHandler runs one kind of SSE or AVX instruction.
type vectorHandler func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome

// vectorFamily completes an Op and gives its handler, or nil if the instruction is not of this package.
type vectorFamily func(o *Op, in *insn.Inst) vectorHandler

// vectorOp is what an Op of an SSE or AVX instruction has beside the operands of every other.
type vectorOp struct {
	run   vectorHandler
	vex   bool  // the destination's upper words are cleared; legacy ones leave those above XMM
	words uint8 // of the operands: 2, or 4 with VEX.L
	first uint8 // the register of the first source: VEX.vvvv, or the destination
	elem  uint8 // bytes of an element, where a handler serves several sizes

	word  func(a, b uint64) uint64
	lane  func(a, b lane, imm uint8) lane
	float *floatOp
}

// The maps and mandatory prefixes of the tables, as indexes. Legacy and VEX-encoded forms of an instruction share
// an entry; the decoder knows which of them exist.
type vectorTable [4][4][256]vectorFamily

const (
	np  = 1 << 0
	p66 = 1 << 1
	pF3 = 1 << 2
	pF2 = 1 << 3
)

// vectorRow names the family of some opcodes of a map under a set of mandatory prefixes.
type vectorRow struct {
	prefixes    uint8
	first, last byte
	family      vectorFamily
}

func (t *vectorTable) add(m insn.Map, rows []vectorRow) {
	for _, r := range rows {
		for pp := range 4 {
			if r.prefixes>>pp&1 == 0 {
				continue
			}
			for op := int(r.first); op <= int(r.last); op++ {
				if t[m][pp][op] != nil {
					panic("interp: vector opcode listed twice")
				}
				t[m][pp][op] = r.family
			}
		}
	}
}

// prefixOf is the mandatory prefix as VEX.pp has it.
func prefixOf(in *insn.Inst) byte {
	switch {
	case in.Vex.Kind != insn.VexNone:
		return in.Vex.PP
	case in.Rep:
		return 2
	case in.Repne:
		return 3
	case in.OpSize:
		return 1
	}
	return 0
}

// vectorFamilyOf finds the family of an SSE or AVX instruction, or nil.
func vectorFamilyOf(in *insn.Inst) vectorFamily {
	const others = insn.X87 | insn.AVX512 | insn.Undefined
	if in.Attr().Has(insn.MMX) {
		return mmxFamilyOf(in)
	}
	if in.Attr().Has(others) || !in.Attr().Has(insn.SSE|insn.AVX) || in.Map > insn.Map0F3A {
		return nil
	}
	return vectorOps[in.Map][prefixOf(in)][in.Opcode]
}

// prepareVector makes o an SSE or AVX instruction; nil says that it is none of this package's.
func (o *Op) prepareVector(in *insn.Inst) *vectorOp {
	f := vectorFamilyOf(in)
	if f == nil {
		return nil
	}
	v := &vectorOp{words: 2, first: o.reg.n}
	if in.Vex.Kind != insn.VexNone {
		v.vex, v.first = true, in.Vex.VVVV
		if in.Vex.L == 1 {
			v.words = 4
		}
	}
	o.vec = v
	if v.run = f(o, in); v.run == nil {
		return nil
	}
	return v
}

// operand reads the operand in ModRM.rm. Of a register all words come, above those of the operand too.
func (o *Op) operand(x *regs.Extended, c *regs.Core, m Memory) (v vector, ok bool) {
	if !o.mem {
		return x.YMM[o.rm.n], true
	}
	return o.loadWords(c, m, o.vec.words)
}

// loadWords reads so many words of memory.
func (o *Op) loadWords(c *regs.Core, m Memory, n uint8) (v vector, ok bool) {
	at := o.offset(c)
	if o.wraps(m, at, n, false) {
		return v, false
	}
	for i := range n {
		if v[i], ok = m.Load(o.seg, (at+8*uint64(i))&o.addr, 8); !ok {
			return v, false
		}
	}
	return v, true
}

// wraps refuses an operand that reaches over the end of the address space of 32 bits: that is judged before the pages
// of its first words.
func (o *Op) wraps(m Memory, at uint64, n uint8, write bool) bool {
	const last = 0xffffffff
	return o.addr == last && at+8*uint64(n)-1 > last && !m.Probe(o.seg, last, 8, write)
}

// storeWords writes so many words to memory.
func (o *Op) storeWords(c *regs.Core, m Memory, v *vector, n uint8) bool {
	at := o.offset(c)
	if o.wraps(m, at, n, true) {
		return false
	}
	for i := range n {
		if !m.Store(o.seg, (at+8*uint64(i))&o.addr, 8, v[i]) {
			return false
		}
	}
	return true
}

// low reads so many bytes (1, 2, 4 or 8) of the operand in ModRM.rm: of memory, or the lowest of a register.
func (o *Op) low(x *regs.Extended, c *regs.Core, m Memory, size uint8) (uint64, bool) {
	if !o.mem {
		return x.YMM[o.rm.n][0] & maskOf(size), true
	}
	return m.Load(o.seg, o.offset(c), size)
}

// put writes the words of an operand to register n.
func (o *Op) put(x *regs.Extended, n uint8, v *vector) {
	d := &x.YMM[n&15]
	switch {
	case o.vec.words == 4:
		*d = *v
	case o.vec.vex:
		*d = vector{v[0], v[1]}
	default:
		d[0], d[1] = v[0], v[1]
	}
}

// putLane writes 128 bits to register n.
func (o *Op) putLane(x *regs.Extended, n uint8, v lane) {
	d := &x.YMM[n&15]
	d[0], d[1] = v[0], v[1]
	if o.vec.vex {
		d[2], d[3] = 0, 0
	}
}

// first is the value of the first source register.
func (o *Op) first(x *regs.Extended) *vector { return &x.YMM[o.vec.first&15] }

func laneOf(v *vector, i uint8) lane { return lane{v[2*i&3], v[2*i&3+1]} }

// byWord is for instructions that work on each 64 bits of two sources alike.
func byWord(f func(a, b uint64) uint64) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		o.vec.word = f
		return runWords
	}
}

func runWords(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
	b, ok := o.operand(x, c, m)
	if !ok {
		return Refused
	}
	a := o.first(x)
	var r vector
	for i := range o.vec.words {
		r[i&3] = o.vec.word(a[i&3], b[i&3])
	}
	o.put(x, o.reg.n, &r)
	return o.done(c)
}

// byLane is for instructions that work on each 128 bits of two sources alike, with an immediate or without.
func byLane(f func(a, b lane, imm uint8) lane) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		o.vec.lane = f
		return runLanes
	}
}

func runLanes(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
	b, ok := o.operand(x, c, m)
	if !ok {
		return Refused
	}
	a := o.first(x)
	var r vector
	for i := uint8(0); i < o.vec.words/2; i++ {
		l := o.vec.lane(laneOf(a, i), laneOf(&b, i), uint8(o.imm))
		r[2*i&3], r[2*i&3+1] = l[0], l[1]
	}
	o.put(x, o.reg.n, &r)
	return o.done(c)
}

// madeOf is for instructions that make the destination of the first source and the operand.
func madeOf(f func(o *Op, a, b vector) vector) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		b, ok := o.operand(x, c, m)
		if !ok {
			return Refused
		}
		r := f(o, *o.first(x), b)
		o.put(x, o.reg.n, &r)
		return o.done(c)
	}
}

// narrow is for instructions whose forms of 256 bits are an extension of their own, which the machine lacks.
func narrow(f vectorFamily) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		if o.vec.words == 4 {
			return nil
		}
		return f(o, in)
	}
}
