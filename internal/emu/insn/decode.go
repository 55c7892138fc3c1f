package insn

// Decode reads the instruction that code starts with. What follows it in code is not looked at beyond what
// the instruction's own length requires. The error is nil, ErrTruncated, ErrTooLong, or wraps ErrInvalid;
// the last is judged only when the whole encoding has been read, so a valid or invalid instruction that is
// cut short is ErrTruncated.
func Decode(code []byte, m Mode) (Inst, error) {
	d := decoder{code: code[:min(len(code), MaxLen)], more: len(code) > MaxLen}
	d.Mode = m
	d.prefixes()
	d.opcode()
	d.sizes()
	if d.form&modrm != 0 {
		d.modRM()
	}
	if d.form&immKind != 0 {
		d.immediates()
	}
	d.Len = d.pos
	if d.err == nil {
		d.err = d.check()
		d.finish()
	}
	return d.Inst, d.err
}

// decoder is an Inst in the making.
type decoder struct {
	Inst
	code []byte
	more bool // code was cut to MaxLen
	pos  int
	pp   byte // mandatory prefix, as in VEX.pp
	err  error
}

// need reports whether n more bytes are there, and sets err if not.
func (d *decoder) need(n int) bool {
	switch {
	case d.err != nil:
		return false
	case d.pos+n <= len(d.code):
		return true
	case len(d.code) == MaxLen:
		d.err = ErrTooLong
	default:
		d.err = ErrTruncated
	}
	return false
}

// next takes one byte; 0 after an error.
func (d *decoder) next() byte {
	if !d.need(1) {
		return 0
	}
	d.pos++
	return d.code[d.pos-1]
}

// peek returns the next byte without taking it; 0 after an error.
func (d *decoder) peek() byte {
	if !d.need(1) {
		return 0
	}
	return d.code[d.pos]
}

// signed takes n bytes (0, 1, 2, 4 or 8), little-endian, sign-extended.
func (d *decoder) signed(n int) int64 {
	if !d.need(n) {
		return 0
	}
	var v uint64
	for k := range n {
		v |= uint64(d.code[d.pos+k]) << (8 * k)
	}
	d.pos += n
	shift := 64 - 8*n
	return int64(v<<shift) >> shift
}

// prefixes takes the legacy prefixes and REX. A REX byte counts only when it comes last.
func (d *decoder) prefixes() {
	for {
		b := d.peek()
		switch b {
		case 0xF0:
			d.Lock = true
		case 0xF2:
			d.VoidRep = d.VoidRep || d.Rep
			d.Repne, d.Rep = true, false
		case 0xF3:
			d.VoidRep = d.VoidRep || d.Repne
			d.Rep, d.Repne = true, false
		case 0x66:
			d.OpSize = true
		case 0x67:
			d.AddrSize = true
		case 0x26, 0x2E, 0x36, 0x3E:
			if d.Mode.Is64() && d.Seg >= SegFS {
				d.VoidSeg = true
			} else {
				d.Seg = SegES + SegPrefix(b>>3&3)
			}
		case 0x64, 0x65:
			d.Seg = SegFS + SegPrefix(b&1)
		default:
			if !d.Mode.Is64() || b&0xF0 != 0x40 {
				d.endPrefixes()
				return
			}
			d.REX = b
			d.pos++
			continue
		}
		d.VoidREX = d.VoidREX || d.REX != 0
		d.REX = 0
		d.pos++
	}
}

func (d *decoder) endPrefixes() {
	d.PrefixLen = d.pos
	if d.REX != 0 {
		d.PrefixLen--
	}
	switch {
	case d.Rep:
		d.pp = 2
	case d.Repne:
		d.pp = 3
	case d.OpSize:
		d.pp = 1
	}
}

// opcode takes the opcode and what VEX or EVEX holds of it, and looks it up.
func (d *decoder) opcode() {
	b := d.next()
	m := oneByteMap
	switch {
	case b == 0x0F:
		b = d.next()
		switch b {
		case 0x38:
			m, d.Map, b = map0F38, Map0F38, d.next()
		case 0x3A:
			m, d.Map, b = map0F3A, Map0F3A, d.next()
		default:
			m, d.Map = map0F, Map0F
		}
	case (b == 0xC4 || b == 0xC5 || b == 0x62) && (d.Mode.Is64() || d.peek() >= 0xC0):
		m, b = d.vex(b), d.next()
	}
	d.Opcode, d.OpcodeOff = b, max(d.pos-1, 0)
	e := m.lookup(d.pp, b)
	d.attr, d.form, d.regs = e.attr, e.form, e.regs
	if e.group != nil {
		d.group(e.group)
	}
}

// group adds what ModRM selects.
func (d *decoder) group(g *opmap) {
	e := g.lookup(d.pp, d.peek())
	d.attr |= e.attr
	d.form |= e.form
	d.regs |= e.regs
}

// sizes works out the operand and address size (SDM vol. 1, tables 3-3 and 3-4).
func (d *decoder) sizes() {
	d.OperandBits, d.AddressBits = 32, 32
	if d.Mode.Is64() {
		d.AddressBits = 64
	}
	small := d.Mode == Mode16
	switch {
	case small:
		if !d.AddrSize {
			d.AddressBits = 16
		}
	case d.AddrSize:
		d.AddressBits /= 2
	}
	if d.Vex.Kind != VexNone {
		if d.Vex.W && d.Mode.Is64() {
			d.OperandBits = 64
		}
		return
	}
	forced := d.form&force64 != 0 || d.form&near64 != 0 && d.Mode == Mode64
	switch {
	case d.REX&RexW != 0 || forced && d.Mode.Is64():
		d.OperandBits = 64
	case d.OpSize != small && !forced:
		d.OperandBits = 16
	case d.Mode.Is64() && d.form&(def64|near64) != 0:
		d.OperandBits = 64
	}
}

// immediates takes the immediate operands.
func (d *decoder) immediates() {
	d.ImmOff = d.pos
	z := 4
	if d.OperandBits == 16 {
		z = 2
	}
	switch d.form & immKind {
	case immU8, immU8x2:
		d.ImmLen = 1
	case immS8, rel8:
		d.ImmLen = 1
	case imm16, immEnter:
		d.ImmLen = 2
	case immZ, relZ, relX, farPtr:
		d.ImmLen = z
	case immV:
		d.ImmLen = d.OperandBits / 8
	case moffs:
		d.moffs()
		return
	}
	d.Imm = d.signed(d.ImmLen)
	switch d.form & immKind {
	case immU8:
		d.Imm &= 0xFF
	case imm16:
		d.Imm &= 0xFFFF
	case immU8x2:
		d.Imm &= 0xFF
		d.Imm2Len, d.Imm2 = 1, uint16(d.next())
	case immEnter:
		d.Imm &= 0xFFFF
		d.Imm2Len, d.Imm2 = 1, uint16(d.next())
	case farPtr:
		d.Imm &= 1<<(8*z) - 1
		d.Imm2Len, d.Imm2 = 2, uint16(d.signed(2))
	}
}

func (d *decoder) moffs() {
	d.ImmOff = 0
	d.DispOff, d.DispLen = d.pos, d.AddressBits/8
	d.Disp = d.signed(d.DispLen)
	if d.DispLen < 8 {
		d.Disp &= 1<<(8*d.DispLen) - 1
	}
}

// finish settles what depends on more than the opcode, after check.
func (d *decoder) finish() {
	if !d.Mode.Is64() {
		d.Vex.VVVV &= 7
	}
	if d.HasMemory() && d.form&noAccess == 0 || d.form&immKind == moffs {
		d.attr |= Memory
	}
	if d.attr.Has(Nop90|Pause) && d.REX&RexB != 0 { // xchg r8,rax
		d.attr &^= Nop90 | Pause
		d.form |= opReg
		d.regs |= rAX
	}
}
