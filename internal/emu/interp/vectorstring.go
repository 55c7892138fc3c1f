package interp

import (
	"math/bits"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// Bits of the immediate of PCMPxSTRx (SDM vol. 1, 14.5; vol. 2, 4.1).
const (
	stringWords    = 1 << 0 // words, not bytes
	stringSigned   = 1 << 1
	stringNegative = 1 << 4
	stringMasked   = 1 << 5 // negative polarity only where the second string is valid
	stringLast     = 1 << 6 // the index of the last set bit; a mask of elements, not of bits
)

// strings128 is PCMPESTRM, PCMPESTRI (explicit lengths in rAX and rDX), PCMPISTRM and PCMPISTRI (strings end at a
// zero); the M forms give a mask in XMM0, the I forms an index in ECX.
func strings128(explicit, mask bool) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		if explicit {
			o.general(in)
		}
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			b, ok := o.operand(x, c, m)
			if !ok {
				return Refused
			}
			s := stringPair{a: laneOf(&x.YMM[o.reg.n], 0), b: laneOf(&b, 0), imm: uint8(o.imm), n: 16}
			if s.imm&stringWords != 0 {
				s.n = 8
			}
			if explicit {
				s.lenA, s.lenB = s.length(c.GPR[x86.RAX], o.size), s.length(c.GPR[x86.RDX], o.size)
			} else {
				s.lenA, s.lenB = s.terminated(s.a), s.terminated(s.b)
			}
			result := s.result()
			if mask {
				o.putLane(x, 0, s.maskOf(result))
			} else {
				c.GPR[x86.RCX] = uint64(s.index(result))
			}
			setStatus(c, s.flags(result))
			return o.done(c)
		}
	}
}

// stringPair is what PCMPxSTRx compares: the register's string a, the operand's b.
type stringPair struct {
	a, b       lane
	lenA, lenB int // elements that are valid
	n          int // elements: 16 bytes or 8 words
	imm        uint8
}

// length is the absolute value of an explicit length, cut to the number of elements.
func (s *stringPair) length(v uint64, size uint8) int {
	n := signed(v&maskOf(size), 8*size)
	if n < 0 {
		n = -n
	}
	if n < 0 || n > int64(s.n) {
		return s.n
	}
	return int(n)
}

func (s *stringPair) terminated(v lane) int {
	for i := range s.n {
		if element(v, i, 128/s.n) == 0 {
			return i
		}
	}
	return s.n
}

func (s *stringPair) at(v lane, i int) int64 {
	e := element(v, i, 128/s.n)
	if s.imm&stringSigned != 0 {
		return signed(e, uint8(128/s.n))
	}
	return int64(e)
}

// result is the aggregated comparison, a bit for each element of b, after its polarity.
func (s *stringPair) result() uint32 {
	var r uint32
	for j := range s.n {
		if s.holds(j) {
			r |= 1 << j
		}
	}
	all := uint32(1)<<s.n - 1
	if s.imm&stringNegative != 0 {
		if s.imm&stringMasked != 0 {
			all = 1<<s.lenB - 1
		}
		r ^= all
	}
	return r
}

// holds is the aggregation of one element of b (SDM vol. 2, 4.1.2 and table 4-7, which says what comparisons with
// invalid elements give).
func (s *stringPair) holds(j int) bool {
	switch s.imm >> 2 & 3 {
	case 0: // equal any
		if j >= s.lenB {
			return false
		}
		for i := range s.lenA {
			if s.at(s.a, i) == s.at(s.b, j) {
				return true
			}
		}
		return false
	case 1: // ranges
		if j >= s.lenB {
			return false
		}
		for i := 0; i+1 < s.lenA; i += 2 {
			if v := s.at(s.b, j); v >= s.at(s.a, i) && v <= s.at(s.a, i+1) {
				return true
			}
		}
		return false
	case 2: // equal each
		if j >= s.lenA || j >= s.lenB {
			return j >= s.lenA && j >= s.lenB
		}
		return s.at(s.a, j) == s.at(s.b, j)
	}
	for i := range s.n - j { // equal ordered: a begins at j
		switch {
		case i >= s.lenA:
			return true
		case i+j >= s.lenB || s.at(s.a, i) != s.at(s.b, i+j):
			return false
		}
	}
	return true
}

func (s *stringPair) index(r uint32) int {
	switch {
	case r == 0:
		return s.n
	case s.imm&stringLast != 0:
		return 31 - bits.LeadingZeros32(r)
	}
	return bits.TrailingZeros32(r)
}

func (s *stringPair) maskOf(r uint32) (v lane) {
	if s.imm&stringLast == 0 {
		return lane{uint64(r)}
	}
	width := 128 / s.n
	for i := range s.n {
		if r>>i&1 != 0 {
			setElement(&v, i, width, ^uint64(0)>>(64-width))
		}
	}
	return v
}

func (s *stringPair) flags(r uint32) (f uint64) {
	if r != 0 {
		f |= x86.CF
	}
	if s.lenB < s.n {
		f |= x86.ZF
	}
	if s.lenA < s.n {
		f |= x86.SF
	}
	if r&1 != 0 {
		f |= x86.OF
	}
	return f
}
