package interp

// Operations on the elements of 64 bits: what MMX, SSE2 to SSE4.2, AVX and AVX2 do to packed integers.

// bytewise, wordwise and dwordwise do the same with each element of 8, 16 or 32 bits.
func bytewise(f func(a, b uint8) uint8) func(a, b uint64) uint64 {
	return func(a, b uint64) (r uint64) {
		for s := 0; s < 64; s += 8 {
			r |= uint64(f(uint8(a>>s), uint8(b>>s))) << s
		}
		return r
	}
}

func wordwise(f func(a, b uint16) uint16) func(a, b uint64) uint64 {
	return func(a, b uint64) (r uint64) {
		for s := 0; s < 64; s += 16 {
			r |= uint64(f(uint16(a>>s), uint16(b>>s))) << s
		}
		return r
	}
}

func dwordwise(f func(a, b uint32) uint32) func(a, b uint64) uint64 {
	return func(a, b uint64) uint64 {
		return uint64(f(uint32(a), uint32(b))) | uint64(f(uint32(a>>32), uint32(b>>32)))<<32
	}
}

// The top bits of the elements of 8 and 16 bits.
const (
	topBits8  = 0x8080808080808080
	topBits16 = 0x8000800080008000
)

// addElements and subElements keep carries and borrows from crossing the top bits of elements.
func addElements(a, b, top uint64) uint64 { return (a&^top + b&^top) ^ (a^b)&top }
func subElements(a, b, top uint64) uint64 { return (a | top - b&^top) ^ (a^^b)&top }

func paddb(a, b uint64) uint64 { return addElements(a, b, topBits8) }
func paddw(a, b uint64) uint64 { return addElements(a, b, topBits16) }
func paddq(a, b uint64) uint64 { return a + b }
func psubb(a, b uint64) uint64 { return subElements(a, b, topBits8) }
func psubw(a, b uint64) uint64 { return subElements(a, b, topBits16) }
func psubq(a, b uint64) uint64 { return a - b }
func pand(a, b uint64) uint64  { return a & b }
func pandn(a, b uint64) uint64 { return b &^ a }
func por(a, b uint64) uint64   { return a | b }
func pxor(a, b uint64) uint64  { return a ^ b }

// ones is all bits of an element if a comparison holds.
func ones[T uint8 | uint16 | uint32 | uint64](holds bool) T {
	if holds {
		return ^T(0)
	}
	return 0
}

// clamp cuts a number to a range.
func clamp(v, low, high int32) int32 { return max(low, min(high, v)) }

var (
	paddd = dwordwise(func(a, b uint32) uint32 { return a + b })
	psubd = dwordwise(func(a, b uint32) uint32 { return a - b })

	paddsb  = bytewise(func(a, b uint8) uint8 { return uint8(clamp(int32(int8(a))+int32(int8(b)), -128, 127)) })
	psubsb  = bytewise(func(a, b uint8) uint8 { return uint8(clamp(int32(int8(a))-int32(int8(b)), -128, 127)) })
	paddusb = bytewise(func(a, b uint8) uint8 { return uint8(clamp(int32(a)+int32(b), 0, 255)) })
	psubusb = bytewise(func(a, b uint8) uint8 { return uint8(clamp(int32(a)-int32(b), 0, 255)) })
	paddsw  = wordwise(func(a, b uint16) uint16 { return saturate16(int32(int16(a)) + int32(int16(b))) })
	psubsw  = wordwise(func(a, b uint16) uint16 { return saturate16(int32(int16(a)) - int32(int16(b))) })
	paddusw = wordwise(func(a, b uint16) uint16 { return uint16(clamp(int32(a)+int32(b), 0, 65535)) })
	psubusw = wordwise(func(a, b uint16) uint16 { return uint16(clamp(int32(a)-int32(b), 0, 65535)) })

	pcmpeqb = bytewise(func(a, b uint8) uint8 { return ones[uint8](a == b) })
	pcmpeqw = wordwise(func(a, b uint16) uint16 { return ones[uint16](a == b) })
	pcmpeqd = dwordwise(func(a, b uint32) uint32 { return ones[uint32](a == b) })
	pcmpgtb = bytewise(func(a, b uint8) uint8 { return ones[uint8](int8(a) > int8(b)) })
	pcmpgtw = wordwise(func(a, b uint16) uint16 { return ones[uint16](int16(a) > int16(b)) })
	pcmpgtd = dwordwise(func(a, b uint32) uint32 { return ones[uint32](int32(a) > int32(b)) })

	pminub = bytewise(func(a, b uint8) uint8 { return min(a, b) })
	pmaxub = bytewise(func(a, b uint8) uint8 { return max(a, b) })
	pminsb = bytewise(func(a, b uint8) uint8 { return uint8(min(int8(a), int8(b))) })
	pmaxsb = bytewise(func(a, b uint8) uint8 { return uint8(max(int8(a), int8(b))) })
	pminuw = wordwise(func(a, b uint16) uint16 { return min(a, b) })
	pmaxuw = wordwise(func(a, b uint16) uint16 { return max(a, b) })
	pminsw = wordwise(func(a, b uint16) uint16 { return uint16(min(int16(a), int16(b))) })
	pmaxsw = wordwise(func(a, b uint16) uint16 { return uint16(max(int16(a), int16(b))) })
	pminud = dwordwise(func(a, b uint32) uint32 { return min(a, b) })
	pmaxud = dwordwise(func(a, b uint32) uint32 { return max(a, b) })
	pminsd = dwordwise(func(a, b uint32) uint32 { return uint32(min(int32(a), int32(b))) })
	pmaxsd = dwordwise(func(a, b uint32) uint32 { return uint32(max(int32(a), int32(b))) })

	pavgb = bytewise(func(a, b uint8) uint8 { return uint8((uint16(a) + uint16(b) + 1) >> 1) })
	pavgw = wordwise(func(a, b uint16) uint16 { return uint16((uint32(a) + uint32(b) + 1) >> 1) })

	pmullw  = wordwise(func(a, b uint16) uint16 { return a * b })
	pmulhw  = wordwise(func(a, b uint16) uint16 { return uint16(int32(int16(a)) * int32(int16(b)) >> 16) })
	pmulhuw = wordwise(func(a, b uint16) uint16 { return uint16(uint32(a) * uint32(b) >> 16) })
	pmulld  = dwordwise(func(a, b uint32) uint32 { return a * b })
	// pmulhrsw rounds the product's bits 30 to 15.
	pmulhrsw = wordwise(func(a, b uint16) uint16 { return uint16((int32(int16(a))*int32(int16(b))>>14 + 1) >> 1) })

	psignb = bytewise(func(a, b uint8) uint8 { return uint8(int8(a) * sign(int8(b))) })
	psignw = wordwise(func(a, b uint16) uint16 { return uint16(int16(a) * sign(int16(b))) })
	psignd = dwordwise(func(a, b uint32) uint32 { return uint32(int32(a) * sign(int32(b))) })
	pabsb  = bytewise(func(_, b uint8) uint8 { return uint8(int8(b) * (sign(int8(b)) | 1)) })
	pabsw  = wordwise(func(_, b uint16) uint16 { return uint16(int16(b) * (sign(int16(b)) | 1)) })
	pabsd  = dwordwise(func(_, b uint32) uint32 { return uint32(int32(b) * (sign(int32(b)) | 1)) })

	psllvd = dwordwise(func(a, n uint32) uint32 { return a << n })
	psrlvd = dwordwise(func(a, n uint32) uint32 { return a >> n })
	psravd = dwordwise(func(a, n uint32) uint32 { return uint32(int32(a) >> n) })
)

func sign[T int8 | int16 | int32](v T) T {
	switch {
	case v < 0:
		return -1
	case v > 0:
		return 1
	}
	return 0
}

func saturate16(v int32) uint16 { return uint16(clamp(v, -32768, 32767)) }

func pcmpeqq(a, b uint64) uint64 { return ones[uint64](a == b) }
func pcmpgtq(a, b uint64) uint64 { return ones[uint64](int64(a) > int64(b)) }
func psllvq(a, n uint64) uint64  { return a << n }
func psrlvq(a, n uint64) uint64  { return a >> n }

// pmuludq and pmuldq multiply the low halves.
func pmuludq(a, b uint64) uint64 { return uint64(uint32(a)) * uint64(uint32(b)) }
func pmuldq(a, b uint64) uint64  { return uint64(int64(int32(a)) * int64(int32(b))) }

// pmaddwd adds the products of neighbours.
func pmaddwd(a, b uint64) (r uint64) {
	for s := 0; s < 64; s += 32 {
		low, high := int32(int16(a>>s))*int32(int16(b>>s)), int32(int16(a>>(s+16)))*int32(int16(b>>(s+16)))
		r |= uint64(uint32(low+high)) << s
	}
	return r
}

// pmaddubsw adds the products of unsigned and signed neighbours, saturated.
func pmaddubsw(a, b uint64) (r uint64) {
	for s := 0; s < 64; s += 16 {
		low, high := int32(uint8(a>>s))*int32(int8(b>>s)), int32(uint8(a>>(s+8)))*int32(int8(b>>(s+8)))
		r |= uint64(saturate16(low+high)) << s
	}
	return r
}

// psadbw adds the absolute differences of the bytes.
func psadbw(a, b uint64) (sum uint64) {
	for s := 0; s < 64; s += 8 {
		x, y := uint8(a>>s), uint8(b>>s)
		sum += uint64(max(x, y) - min(x, y))
	}
	return sum
}

// signBits gathers the top bits of the elements of so many bytes.
func signBits(v uint64, size uint8) (mask uint64) {
	step := 8 * int(size)
	for i := 0; i < 64; i += step {
		mask |= v >> (i + step - 1) & 1 << (i / step)
	}
	return mask
}

// shiftWord shifts each element of so many bytes by n; counts beyond an element clear it, or fill it with its
// sign.
func shiftWord(kind shiftKind, size uint8, v, n uint64) uint64 {
	width := 8 * uint64(size)
	if n >= width {
		if kind != shiftArithmetic {
			return 0
		}
		n = width - 1
	}
	if size == 8 {
		switch kind {
		case shiftLeft:
			return v << n
		case shiftRight:
			return v >> n
		}
		return uint64(int64(v) >> n)
	}
	mask := ^uint64(0) >> (64 - width)
	var r uint64
	for s := uint64(0); s < 64; s += width {
		e := v >> s & mask
		switch kind {
		case shiftLeft:
			e <<= n
		case shiftRight:
			e >>= n
		default:
			e = uint64(signed(e, uint8(width)) >> n)
		}
		r |= e & mask << s
	}
	return r
}

type shiftKind uint8

const (
	shiftLeft shiftKind = iota
	shiftRight
	shiftArithmetic
)
