package interp

import (
	"math/bits"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
)

// aesBox is the S-box of FIPS 197, 5.1.1, and its inverse.
var aesBox, aesInverseBox = func() (box, inverse [256]uint8) {
	p, q := uint8(1), uint8(1)
	for {
		p ^= p<<1 ^ -(p>>7)&0x1b // times 3
		q ^= q << 1              // divided by 3
		q ^= q << 2
		q ^= q << 4
		q ^= -(q >> 7) & 0x09
		s := q ^ bits.RotateLeft8(q, 1) ^ bits.RotateLeft8(q, 2) ^ bits.RotateLeft8(q, 3) ^ bits.RotateLeft8(q, 4) ^ 0x63
		box[p] = s
		if p == 1 {
			break
		}
	}
	box[0] = 0x63
	for i, s := range box {
		inverse[s] = uint8(i)
	}
	return box, inverse
}()

// aesTimes multiplies in AES's field.
func aesTimes(a, b uint8) (r uint8) {
	for ; b != 0; b >>= 1 {
		r ^= a & -(b & 1)
		a = a<<1 ^ -(a>>7)&0x1b
	}
	return r
}

// aesShiftRows substitutes the bytes and shifts the rows of a state, whose columns are 32 bits each.
func aesShiftRows(v lane, box *[256]uint8, step int) (r lane) {
	for column := range 4 {
		for row := range 4 {
			from := (column + step*row) & 3
			setElement(&r, 4*column+row, 8, uint64(box[element(v, 4*from+row, 8)]))
		}
	}
	return r
}

// aesMixColumns multiplies each column by a polynomial.
func aesMixColumns(v lane, by [4]uint8) (r lane) {
	for column := range 4 {
		for row := range 4 {
			var e uint8
			for k := range 4 {
				e ^= aesTimes(uint8(element(v, 4*column+k, 8)), by[(k-row)&3])
			}
			setElement(&r, 4*column+row, 8, uint64(e))
		}
	}
	return r
}

var (
	aesForward = [4]uint8{2, 3, 1, 1}
	aesInverse = [4]uint8{14, 11, 13, 9}
)

func xorLanes(a, b lane) lane { return lane{a[0] ^ b[0], a[1] ^ b[1]} }

func aesenc(a, b lane, _ uint8) lane {
	return xorLanes(aesMixColumns(aesShiftRows(a, &aesBox, 1), aesForward), b)
}
func aesenclast(a, b lane, _ uint8) lane { return xorLanes(aesShiftRows(a, &aesBox, 1), b) }
func aesdec(a, b lane, _ uint8) lane {
	return xorLanes(aesMixColumns(aesShiftRows(a, &aesInverseBox, 3), aesInverse), b)
}
func aesdeclast(a, b lane, _ uint8) lane { return xorLanes(aesShiftRows(a, &aesInverseBox, 3), b) }
func aesimc(_, b lane, _ uint8) lane     { return aesMixColumns(b, aesInverse) }

func aeskeygenassist(_, b lane, imm uint8) (r lane) {
	for i := range 2 {
		word := uint32(b[i] >> 32)
		var s uint32
		for k := 0; k < 32; k += 8 {
			s |= uint32(aesBox[uint8(word>>k)]) << k
		}
		r[i] = uint64(s) | uint64(bits.RotateLeft32(s, -8)^uint32(imm))<<32
	}
	return r
}

// pclmulqdq multiplies without carries one half of a by one of b.
func pclmulqdq(a, b lane, imm uint8) (r lane) {
	x, y := a[imm&1], b[imm>>4&1]
	for i := range 64 {
		if y>>i&1 != 0 {
			r[0] ^= x << i
			r[1] ^= x >> (64 - i)
		}
	}
	return r
}

// words32 are the elements of a lane, lowest first.
func words32(v lane) [4]uint32 {
	return [4]uint32{uint32(v[0]), uint32(v[0] >> 32), uint32(v[1]), uint32(v[1] >> 32)}
}

func laneOf32(w [4]uint32) lane {
	return lane{uint64(w[0]) | uint64(w[1])<<32, uint64(w[2]) | uint64(w[3])<<32}
}

// SHA has the first word of a block in the highest element (SDM vol. 2, SHA1RNDS4 and those that follow it).

func sha1nexte(a, b lane, _ uint8) lane {
	w := words32(b)
	w[3] += bits.RotateLeft32(words32(a)[3], 30)
	return laneOf32(w)
}

func sha1msg1(a, b lane, _ uint8) lane { return lane{b[1] ^ a[0], a[0] ^ a[1]} }

func sha1msg2(a, b lane, _ uint8) lane {
	x, y := words32(a), words32(b)
	w16 := bits.RotateLeft32(x[3]^y[2], 1)
	return laneOf32([4]uint32{
		bits.RotateLeft32(x[0]^w16, 1), bits.RotateLeft32(x[1]^y[0], 1), bits.RotateLeft32(x[2]^y[1], 1), w16,
	})
}

func sha1rnds4(state, block lane, imm uint8) lane {
	k := [4]uint32{0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6}[imm&3]
	s, w := words32(state), words32(block)
	a, b, c, d, e := s[3], s[2], s[1], s[0], uint32(0)
	for i := 3; i >= 0; i-- {
		var f uint32
		switch imm & 3 {
		case 0:
			f = b&c ^ ^b&d
		case 2:
			f = b&c ^ b&d ^ c&d
		default:
			f = b ^ c ^ d
		}
		a, b, c, d, e = f+bits.RotateLeft32(a, 5)+w[i]+e+k, a, bits.RotateLeft32(b, 30), c, d
	}
	return laneOf32([4]uint32{d, c, b, a})
}

// sha256rnds2 has the words of the schedule in XMM0.
func sha256rnds2(state, other, block lane) lane {
	s, t, w := words32(other), words32(state), words32(block)
	a, b, e, f := s[3], s[2], s[1], s[0]
	c, d, g, h := t[3], t[2], t[1], t[0]
	for i := range 2 {
		sum := h + (e&f ^ ^e&g) + (bits.RotateLeft32(e, -6) ^ bits.RotateLeft32(e, -11) ^ bits.RotateLeft32(e, -25)) + w[i]
		majority := (a&b ^ a&c ^ b&c) + (bits.RotateLeft32(a, -2) ^ bits.RotateLeft32(a, -13) ^ bits.RotateLeft32(a, -22))
		a, b, c, d, e, f, g, h = sum+majority, a, b, c, d+sum, e, f, g
	}
	return laneOf32([4]uint32{f, e, b, a})
}

func sha256msg1(a, b lane, _ uint8) lane {
	w := words32(a)
	next := [4]uint32{w[1], w[2], w[3], uint32(b[0])}
	for i, v := range next {
		w[i] += bits.RotateLeft32(v, -7) ^ bits.RotateLeft32(v, -18) ^ v>>3
	}
	return laneOf32(w)
}

func sha256msg2(a, b lane, _ uint8) lane {
	x, y := words32(a), words32(b)
	mixed := func(v uint32) uint32 { return bits.RotateLeft32(v, -17) ^ bits.RotateLeft32(v, -19) ^ v>>10 }
	x[0] += mixed(y[2])
	x[1] += mixed(y[3])
	x[2] += mixed(x[0])
	x[3] += mixed(x[1])
	return laneOf32(x)
}

// sha256rounds prepares SHA256RNDS2, which reads XMM0.
func sha256rounds(o *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		b, ok := o.operand(x, c, m)
		if !ok {
			return Refused
		}
		o.putLane(x, o.reg.n, sha256rnds2(laneOf(o.first(x), 0), laneOf(&b, 0), laneOf(&x.YMM[0], 0)))
		return o.done(c)
	}
}
