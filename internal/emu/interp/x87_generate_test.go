package interp_test

import (
	"encoding/binary"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// x87Source makes x87 and MMX instructions, and states of the unit.
type x87Source struct{ *source }

type x87Trial struct {
	trial
	unit regs.X87
}

func (s *x87Source) next() x87Trial {
	for {
		code := []byte{0xd8 | byte(s.IntN(8))}
		if s.oneIn(8) {
			code = []byte{0x66, code[0]}
		}
		code = append(code, s.operands()...)
		at := len(code) - 14
		if s.oneIn(2) {
			code[at] |= 0xc0
		}
		if s.oneIn(6) { // transcendental, and the like
			code = append(code[:at-1], 0xd9, 0xf0|byte(s.IntN(16)))
		}
		mmx := s.oneIn(6)
		if mmx {
			code = append([]byte{0x0f, byte(s.Uint32())}, s.operands()...)
		}
		in, err := insn.Decode(code, s.mode)
		if err != nil || mmx && (!in.Attr().Has(insn.MMX) || in.Attr().Has(insn.SSE) || in.Opcode == 0xf7) {
			continue
		}
		op, ok := interp.Prepare(&in)
		if !ok {
			continue
		}
		x := x87Trial{trial: trial{in, op, code[:in.Len], s.state(), s.data}, unit: s.unit()}
		s.plant(s.data[s.IntN(memSize-16):])
		if in.HasMemory() && !s.oneIn(8) {
			s.aim(&x)
		}
		return x
	}
}

// aim makes the operand's address one with a value of a kind that the instruction can take.
func (s *x87Source) aim(x *x87Trial) {
	at := s.IntN(memSize - 128)
	s.plant(s.data[at:])
	for i := range x.before.GPR {
		if i >= 8 && !x.in.Mode.Is64() {
			break
		}
		if x86.Reg(i) != x86.RSP || x.in.AddressBits != 16 {
			x.before.GPR[i] = memBase + uint64(at) - uint64(x.in.Disp)
			if !x.in.Mode.Is64() {
				x.before.GPR[i] &= 0xffffffff
			}
		}
	}
	if x.in.HasSIB && x.in.SIB>>3&7 != 4 {
		x.before.GPR[x.in.SIB>>3&7|x.in.REX&2<<2] = 0
	}
}

// unit is a random state: registers with values that matter together, or numbers of moderate size.
func (s *x87Source) unit() (u regs.X87) {
	u.Control = 0x37f
	switch s.IntN(4) {
	case 0:
		u.Control = uint16(s.Uint32())&0x1f3f | 0x40
	case 1:
		u.Control = uint16(s.IntN(4))<<10 | uint16(s.IntN(4))<<8 | 0x7f
	}
	u.Status = uint16(s.IntN(8)) << 11
	if s.oneIn(3) {
		u.Status |= uint16(s.Uint32()) & 0x477f & uint16(s.Uint32())
	}
	if s.oneIn(8) {
		u.Status |= uint16(s.Uint32()) & 0x7f
	} else { // nothing is pending
		u.Status &^= ^u.Control & 0x3f
	}
	if u.Status&^u.Control&0x3f != 0 {
		u.Status |= 0x8080
	}
	u.Tags = 0xff
	switch s.IntN(6) {
	case 0:
		u.Tags = byte(s.Uint32())
	case 1, 2: // room for one
		u.Tags &^= 1 << ((u.Top() + 7) & 7)
	case 3:
		for i := s.IntN(8); i < 8; i++ {
			u.Tags &^= 1 << ((u.Top() + i) & 7)
		}
	}
	near := uint16(s.Uint32()) & 0x7fff
	if s.oneIn(2) {
		near = 16383 + uint16(s.IntN(16))
	}
	for i := range u.R {
		u.R[i] = s.extended(near)
	}
	return u
}

// significand is one that rounding treats in a special way, at 24, 53 or 64 bits.
func (s *x87Source) significand() uint64 {
	m := s.Uint64()
	switch s.IntN(6) {
	case 0:
		m = 0
	case 1:
		m = ^uint64(0) << s.IntN(64)
	case 2:
		m = 1 << s.IntN(64)
	case 3:
		m &= ^uint64(0) << []int{11, 40, 10, 39}[s.IntN(4)]
	}
	return m
}

func (s *x87Source) extended(near uint16) regs.Float80 {
	f := regs.Float80{Mantissa: s.significand() | 1<<63}
	switch s.IntN(10) {
	case 0:
		f.SignExp = 0x7fff
	case 1:
		f.SignExp = uint16(s.IntN(3))
		f.Mantissa ^= uint64(s.IntN(2)) << 63
	case 2:
		f.SignExp = uint16(s.Uint32()) & 0x7fff
		f.Mantissa ^= uint64(s.IntN(8)/7) << 63
	case 3:
		f.SignExp = []uint16{16383 - 127, 16383 - 149, 16383 + 128, 16383 - 1023, 16383 - 1074, 16383 + 1024, 16383 + 31, 16383 + 63, 16383 + 15}[s.IntN(9)] +
			uint16(s.IntN(5)) - 2
	case 4:
		f = regs.Float80{}
	default:
		f.SignExp = (near + uint16(s.IntN(12)) - 6) & 0x7fff
	}
	f.SignExp |= uint16(s.IntN(2)) << 15
	return f
}

// plant writes a value of one of the formats.
func (s *x87Source) plant(b []byte) {
	le := binary.LittleEndian
	switch s.IntN(5) {
	case 0:
		e := []uint32{0, 1, 127, 254, 255, 128, 120, uint32(s.IntN(256))}[s.IntN(8)]
		le.PutUint32(b, uint32(s.significand()>>41)&0x7fffff|e<<23|uint32(s.IntN(2))<<31)
	case 1:
		e := []uint64{0, 1, 1023, 2046, 2047, 1024, 1000, uint64(s.IntN(2048))}[s.IntN(8)]
		le.PutUint64(b, s.significand()>>12&(1<<52-1)|e<<52|uint64(s.IntN(2))<<63)
	case 2:
		f := s.extended(16383)
		le.PutUint64(b, f.Mantissa)
		le.PutUint16(b[8:], f.SignExp)
	case 3: // an environment
		le.PutUint32(b, s.Uint32())
		le.PutUint32(b[4:], s.Uint32()&0x3800|s.Uint32()&s.Uint32()&0xffff)
	default:
		le.PutUint64(b, s.value())
	}
	if s.oneIn(4) { // decimal digits
		for i := range 9 {
			b[i] = byte(s.IntN(10)<<4 | s.IntN(10))
		}
		b[9] = byte(s.IntN(2)) << 7
	}
}
