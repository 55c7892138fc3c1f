package interp

// Operations within lanes of 128 bits. MMX has the same ones of 64 bits: see the functions on its own widths.

// element reads element i, of so many bits, of a lane.
func element(v lane, i, width int) uint64 {
	at := i * width
	return v[at>>6&1] >> (at & 63) & (^uint64(0) >> (64 - width))
}

// setElement adds element i to a lane that has zeros there.
func setElement(v *lane, i, width int, e uint64) {
	at := i * width
	v[at>>6&1] |= e << (at & 63)
}

// interleave takes elements of a and b in turns, from element first on.
func interleave(width int, high bool) func(a, b lane, _ uint8) lane {
	return func(a, b lane, _ uint8) (r lane) {
		half := 64 / width
		first := 0
		if high {
			first = half
		}
		for i := range half {
			setElement(&r, 2*i, width, element(a, first+i, width))
			setElement(&r, 2*i+1, width, element(b, first+i, width))
		}
		return r
	}
}

func punpcklqdq(a, b lane, _ uint8) lane { return lane{a[0], b[0]} }
func punpckhqdq(a, b lane, _ uint8) lane { return lane{a[1], b[1]} }

// packs narrows the signed elements of a, then of b, and saturates them: to signed ones or to unsigned ones.
func packs(width int, low, high int64) func(a, b lane, _ uint8) lane {
	return func(a, b lane, _ uint8) (r lane) {
		n := 128 / width
		mask := ^uint64(0) >> (64 - width/2)
		for i := range n {
			setElement(&r, i, width/2, uint64(max(low, min(high, signed(element(a, i, width), uint8(width)))))&mask)
			setElement(&r, n+i, width/2, uint64(max(low, min(high, signed(element(b, i, width), uint8(width)))))&mask)
		}
		return r
	}
}

var (
	packsswb = packs(16, -128, 127)
	packuswb = packs(16, 0, 255)
	packssdw = packs(32, -32768, 32767)
	packusdw = packs(32, 0, 65535)
)

// horizontal makes elements of neighbours: those of a, then those of b.
func horizontal(width int, f func(low, high int32) uint32) func(a, b lane, _ uint8) lane {
	return func(a, b lane, _ uint8) (r lane) {
		n := 64 / width
		mask := ^uint64(0) >> (64 - width)
		for i := range n {
			for j, v := range [2]lane{a, b} {
				low, high := signed(element(v, 2*i, width), uint8(width)), signed(element(v, 2*i+1, width), uint8(width))
				setElement(&r, j*n+i, width, uint64(f(int32(low), int32(high)))&mask)
			}
		}
		return r
	}
}

var (
	phaddw  = horizontal(16, func(low, high int32) uint32 { return uint32(low + high) })
	phaddd  = horizontal(32, func(low, high int32) uint32 { return uint32(low + high) })
	phaddsw = horizontal(16, func(low, high int32) uint32 { return uint32(saturate16(low + high)) })
	phsubw  = horizontal(16, func(low, high int32) uint32 { return uint32(low - high) })
	phsubd  = horizontal(32, func(low, high int32) uint32 { return uint32(low - high) })
	phsubsw = horizontal(16, func(low, high int32) uint32 { return uint32(saturate16(low - high)) })
)

// pshufb takes the byte of a that each byte of b names, or 0 for one with its top bit set.
func pshufb(a, b lane, _ uint8) (r lane) {
	for i := range 16 {
		if n := int(element(b, i, 8)); n < 0x80 {
			setElement(&r, i, 8, element(a, n&15, 8))
		}
	}
	return r
}

// palignr is the lane that begins at byte imm of b and a behind it.
func palignr(a, b lane, imm uint8) lane {
	all := [5]uint64{b[0], b[1], a[0], a[1]}
	if imm >= 32 {
		return lane{}
	}
	return lane{funnel(all[:], imm), funnel(all[:], imm+8)}
}

// funnel reads 64 bits at a byte of the words; zeros lie behind them.
func funnel(words []uint64, at uint8) uint64 {
	i, s := int(at/8), 8*uint(at%8)
	var r uint64
	if i < len(words) {
		r = words[i] >> s
	}
	if i+1 < len(words) {
		r |= words[i+1] << (64 - s)
	}
	return r
}

// pslldq and psrldq shift a lane by whole bytes.
func pslldq(_, b lane, imm uint8) lane {
	if imm > 15 {
		return lane{}
	}
	all := [5]uint64{0, 0, b[0], b[1]}
	return lane{funnel(all[:], 16-imm), funnel(all[:], 24-imm)}
}

func psrldq(_, b lane, imm uint8) lane { return palignr(lane{}, b, imm) }

func pshufd(_, b lane, imm uint8) (r lane) {
	for i := range 4 {
		setElement(&r, i, 32, element(b, int(imm>>(2*i)&3), 32))
	}
	return r
}

// shuffleWords is PSHUFW's operation on 64 bits.
func shuffleWords(v uint64, imm uint8) (r uint64) {
	for i := range 4 {
		r |= v >> (16 * (imm >> (2 * i) & 3)) & 0xffff << (16 * i)
	}
	return r
}

func pshuflw(_, b lane, imm uint8) lane { return lane{shuffleWords(b[0], imm), b[1]} }
func pshufhw(_, b lane, imm uint8) lane { return lane{b[0], shuffleWords(b[1], imm)} }

// shufps takes two elements of a, then two of b.
func shufps(a, b lane, imm uint8) (r lane) {
	for i := range 4 {
		from := a
		if i >= 2 {
			from = b
		}
		setElement(&r, i, 32, element(from, int(imm>>(2*i)&3), 32))
	}
	return r
}

func movsldup(_, b lane, _ uint8) lane {
	return lane{b[0]&0xffffffff | b[0]<<32, b[1]&0xffffffff | b[1]<<32}
}

func movshdup(_, b lane, _ uint8) lane {
	return lane{b[0]>>32 | b[0]&^0xffffffff, b[1]>>32 | b[1]&^0xffffffff}
}

// mpsadbw adds the absolute differences of four bytes of b to those of a at eight places.
func mpsadbw(a, b lane, imm uint8) (r lane) {
	from, with := int(imm>>2&1)*4, int(imm&3)*4
	for i := range 8 {
		sum := uint64(0)
		for k := range 4 {
			x, y := element(a, from+i+k, 8), element(b, with+k, 8)
			sum += max(x, y) - min(x, y)
		}
		setElement(&r, i, 16, sum)
	}
	return r
}

// phminposuw finds the smallest word and its index.
func phminposuw(_, b lane, _ uint8) lane {
	best, at := uint64(0x10000), 0
	for i := range 8 {
		if w := element(b, i, 16); w < best {
			best, at = w, i
		}
	}
	return lane{best | uint64(at)<<16}
}

// vpermilps and vpermilpd permute by a register: the element of a that each element of b names. PD
// has the number in bit 1.
func vpermilps(a, b lane, _ uint8) (r lane) {
	for i := range 4 {
		setElement(&r, i, 32, element(a, int(element(b, i, 32)&3), 32))
	}
	return r
}

func vpermilpd(a, b lane, _ uint8) lane { return lane{a[b[0]>>1&1], a[b[1]>>1&1]} }
