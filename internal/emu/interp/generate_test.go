package interp_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// source makes random instructions and states.
type source struct {
	*rand.Rand
	mode  insn.Mode
	forms map[string]*form // of the instructions made
	few   []*form          // that came less than least times
	made  int
	data  []byte
}

// form is a kind of instruction, with one of it.
type form struct {
	n     int
	code  []byte
	modRM int // its offset in code, or the instruction's end
}

func newSource(seed uint64, mode insn.Mode) *source {
	s := &source{Rand: rand.New(rand.NewPCG(seed, uint64(mode))), mode: mode, forms: map[string]*form{}, data: make([]byte, memSize)}
	for i := range s.data {
		s.data[i] = byte(s.Uint32())
	}
	return s
}

// trial is one instruction with what it runs on.
type trial struct {
	in     insn.Inst
	op     interp.Op
	code   []byte
	before regs.Core
	data   []byte
}

// least is how often a form comes before others have more than their share.
const least = 20

// trial makes an instruction of this package's families, of a form that has not had more than its share.
func (s *source) trial() trial {
	for {
		code := s.code()
		if len(s.few) > 0 && s.oneIn(2) {
			code = s.like(s.few[s.IntN(len(s.few))])
		}
		in, err := insn.Decode(code, s.mode)
		if err != nil {
			continue
		}
		op, ok := interp.Prepare(&in)
		if !ok || op.UsesExtended() || !s.count(&in, code) {
			continue
		}
		s.made++
		binary.LittleEndian.PutUint64(s.data[s.IntN(memSize-8):], s.value())
		return trial{in, op, code[:in.Len], s.state(), s.data}
	}
}

// count counts an instruction's form, and reports false if it has had more than its share.
func (s *source) count(in *insn.Inst, code []byte) bool {
	name := formOf(in)
	f := s.forms[name]
	if f == nil {
		f = &form{code: code, modRM: in.Len}
		if in.HasModRM {
			f.modRM = in.ModRMOff
		}
		s.forms[name] = f
		s.few = append(s.few, f)
	}
	if f.n >= least && f.n > 2*s.made/len(s.forms) {
		return false
	}
	if f.n++; f.n == least {
		s.few = slices.DeleteFunc(s.few, func(x *form) bool { return x == f })
	}
	return true
}

// like makes another instruction of a form.
func (s *source) like(f *form) []byte {
	code := append(slices.Clone(f.code[:f.modRM]), s.operands()...)
	if f.modRM < len(f.code) {
		code[f.modRM] = f.code[f.modRM]&0xf8 | code[f.modRM]&7
	}
	return code
}

// formOf names an instruction's operation, operand kinds and sizes.
func formOf(in *insn.Inst) string {
	name := fmt.Sprintf("%v %02x", in.Map, in.Opcode)
	if _, group := groups[in.Opcode]; group && in.HasModRM && in.Map != insn.Map0F38 {
		name += fmt.Sprintf(" /%d", in.Digit())
	}
	if in.HasModRM && in.HasMemory() {
		name += " memory"
	}
	switch {
	case in.Vex.Kind != insn.VexNone:
		name += fmt.Sprintf(" VEX.%d", in.Vex.PP)
	case in.Attr().Has(insn.String), in.Map == insn.Map0F38, in.Map == insn.Map0F && in.Opcode&^1 == 0xbc:
		name += fmt.Sprintf(" F3 %v F2 %v", in.Rep, in.Repne)
	}
	return fmt.Sprintf("%s, %d bits, address %d, LOCK %v", name, in.OperandBits, in.AddressBits, in.Lock)
}

// groups are the opcodes whose operation ModRM.reg selects.
var groups = map[byte]struct{}{0x80: {}, 0x81: {}, 0x82: {}, 0x83: {}, 0x8f: {}, 0xba: {}, 0xc0: {}, 0xc1: {}, 0xc6: {}, 0xc7: {},
	0xd0: {}, 0xd1: {}, 0xd2: {}, 0xd3: {}, 0xae: {}, 0xf3: {}, 0xf6: {}, 0xf7: {}, 0xfe: {}, 0xff: {}}

func (s *source) oneIn(n int) bool { return s.IntN(n) == 0 }

// code is an opcode of the maps of this package with random prefixes and operands behind it.
func (s *source) code() []byte {
	var b []byte
	for _, p := range []struct {
		chance int
		prefix byte
	}{{6, 0x66}, {12, 0x67}, {12, 0xf3}, {16, 0xf2}, {14, 0xf0}, {24, 0x64}, {24, 0x36}, {24, 0x2e}} {
		if s.oneIn(p.chance) {
			b = append(b, p.prefix)
		}
	}
	if s.mode.Is64() && s.oneIn(2) {
		b = append(b, 0x40|byte(s.IntN(16)))
	}
	switch n := s.IntN(20); {
	case n < 10:
		b = append(b, byte(s.IntN(256)))
	case n < 17:
		b = append(b, 0x0f, byte(s.IntN(256)))
	case n < 18:
		b = append(b, 0x0f, 0x38, 0xf0|byte(s.IntN(16)))
	default:
		b = s.vex()
	}
	return append(b, s.operands()...)
}

// vex is an instruction of BMI up to its opcode.
func (s *source) vex() []byte {
	p0, p1 := 0xe2&^byte(s.IntN(8)<<5), byte(s.IntN(32)<<3|s.IntN(4))&^4
	if !s.mode.Is64() {
		p0 |= 0xc0
	}
	if s.oneIn(6) {
		return []byte{0xc4, p0&0xe0 | 3, p1 | 0x78 | 3, 0xf0}
	}
	return []byte{0xc4, p0, p1, 0xf2 + byte(s.IntN(6))}
}

// operands are ModRM, SIB, displacement and immediate: enough bytes for all.
func (s *source) operands() []byte {
	b := make([]byte, 14)
	for i := range b {
		b[i] = byte(s.Uint32())
	}
	switch mod := b[0] >> 6; {
	case mod == 2 || mod == 0 && b[0]&7 == 5: // a displacement of 32 bits: a small one
		at := 1
		if b[0]&7 == 4 {
			at = 2
		}
		for i := 1; i < 4; i++ {
			b[at+i] = 0
		}
		if mod == 0 && s.mode == insn.Mode16 { // read with a prefix only: an offset
			b[at+1] = byte(s.IntN(memSize >> 8))
			break
		}
		if mod == 0 { // absolute, or relative to RIP
			b[at+1], b[at+2] = byte(s.IntN(memSize>>8)), memBase>>16
			if s.mode.Is64() {
				b[at+2] -= codeBase >> 16
			}
		}
	}
	return b
}

// value is a number of a kind that instructions treat in a special way.
func (s *source) value() uint64 {
	switch s.IntN(8) {
	case 0:
		return uint64(s.IntN(70))
	case 1:
		return -uint64(s.IntN(70))
	case 2:
		return 1 << s.IntN(64)
	case 3:
		return 1<<s.IntN(64) - 1
	case 4, 5:
		return memBase + uint64(s.IntN(memSize))
	}
	return s.Uint64()
}

// state is a random one, ring 0 or 3.
func (s *source) state() regs.Core {
	c := regs.Core{RIP: codeBase, RFLAGS: 2 | s.Uint64()&(x86.FlagsStatus|x86.DF|x86.IF|x86.AC|x86.NT)}
	for i := range c.GPR {
		c.GPR[i] = s.value()
	}
	if !s.oneIn(8) {
		c.GPR[x86.RSP] = memBase + 0x400 + uint64(s.IntN(memSize-0x800))
	}
	for _, r := range []x86.Reg{x86.RSI, x86.RDI, x86.RBX, x86.RBP} {
		if !s.oneIn(3) {
			c.GPR[r] = memBase + uint64(s.IntN(memSize))
		}
	}
	if s.oneIn(2) {
		c.CPL = 3
	}
	c.RFLAGS |= uint64(s.IntN(4)) << 12
	for i := range c.Seg {
		c.Seg[i] = regs.Seg{Sel: 0x18 | c.CPL, Limit: 0xffffffff, Flags: 0x00cf9300 | c.CPL<<13}
	}
	c.Seg[x86.FS].Base = uint64(s.IntN(64))
	c.Seg[x86.CS] = regs.Seg{Sel: 0x10 | c.CPL, Limit: 0xffffffff, Flags: 0x00cf9b00 | c.CPL<<13}
	if s.mode.Is64() {
		c.Seg[x86.CS].Flags = 0x00af9b00 | c.CPL<<13
		c.Code64 = 1
		return c
	}
	for i := range c.GPR {
		c.GPR[i] &= 0xffffffff
		if i >= 8 {
			c.GPR[i] = 0
		}
	}
	if s.mode == insn.Mode16 {
		s.small(&c)
	}
	return c
}

// Segments of 16-bit code: offsets reach all of the memory.
const smallLimit = 0xffff

// small gives a state 16-bit code at offset 0 of its segment, data segments from memBase on, and a stack of 16 or 32 bits.
func (s *source) small(c *regs.Core) {
	c.RIP = 0
	c.Seg[x86.CS] = regs.Seg{Sel: c.Seg[x86.CS].Sel, Base: codeBase, Limit: smallLimit, Flags: 0x00009b00 | c.CPL<<13}
	for _, r := range []int{x86.ES, x86.SS, x86.DS} {
		c.Seg[r] = regs.Seg{Sel: c.Seg[r].Sel, Base: memBase, Limit: smallLimit, Flags: 0x00009300 | c.CPL<<13}
	}
	if s.oneIn(2) {
		c.Seg[x86.SS].Flags |= 1 << 22
	}
	for i := range 8 {
		switch {
		case c.GPR[i] >= memBase && c.GPR[i] < memBase+memSize && s.oneIn(2):
			c.GPR[i] -= memBase
		case s.oneIn(2):
			c.GPR[i] &= 0xffff
		}
	}
}
