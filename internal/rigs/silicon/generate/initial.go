package generate

import (
	"encoding/binary"
	"math"

	"trapline/internal/rigs/silicon"
)

// initialRegisters draws the registers before the first instruction: some addresses, some
// small numbers, the rest anything.
func (b *builder) initialRegisters() {
	s := &b.program.Init
	for r := range b.mode.Registers() {
		s.GPR[r] = b.number()
		switch p := b.below(10); {
		case r == silicon.RBP && p < 6:
			s.GPR[r] = b.mode.StackBase() + uint64(silicon.StackSize/4+b.below(silicon.StackSize/2))&^7
			b.pointers |= 1 << r
		case p < 3:
			s.GPR[r] = silicon.DataBase + uint64(b.below(silicon.DataSize))
			b.pointers |= 1 << r
		case p < 5:
			s.GPR[r] = uint64(b.below(32))
			b.indices |= 1 << r
		}
		if !b.long {
			s.GPR[r] &= math.MaxUint32
		}
	}
	s.GPR[silicon.RSP] = b.mode.StackBase() + silicon.StackSize/2 + uint64(b.below(64))*16
	if b.chance(10) {
		s.GPR[silicon.RSP] -= uint64(b.below(16))
	}
	b.clobber(silicon.RSP) // it moves with every push
	s.RFLAGS |= b.rng.Uint64() & silicon.StatusFlags
	if b.long {
		s.FSBase = uint64(b.below(256))
		s.GSBase = silicon.DataBase - uint64(b.below(256))
	}
	for i := range b.mode.Registers() {
		b.fillFloats(s.XMM[i][:], i%2 == 0)
	}
	if b.config.Groups&X87 != 0 {
		b.initialX87()
	}
}

// initialX87 loads some x87 registers with finite values.
func (b *builder) initialX87() {
	x := &b.program.Init.X87
	depth := b.below(7)
	x.Status = uint16(8-depth) & 7 << 11
	for i := range depth {
		x.Tag |= 1 << (7 - i)
		x.ST[i] = extended(b.float())
	}
}

// extended returns the 80-bit form of a finite or zero v (SDM vol. 1, 4.2.2).
func extended(v float64) [10]byte {
	var out [10]byte
	if v == 0 {
		return out
	}
	const bias = 16383
	fraction, exponent := math.Frexp(math.Abs(v)) // 0.5 <= fraction < 1
	binary.LittleEndian.PutUint64(out[:], uint64(math.Ldexp(fraction, 53))<<11)
	word := uint16(exponent - 1 + bias)
	if v < 0 {
		word |= 0x8000
	}
	binary.LittleEndian.PutUint16(out[8:], word)
	return out
}

// float returns a finite value of moderate size; often a whole number.
func (b *builder) float() float64 {
	switch b.below(4) {
	case 0:
		return float64(b.below(200) - 100)
	case 1:
		return (b.rng.Float64() - 0.5) * 8
	}
	return math.Ldexp(b.rng.Float64()-0.5, b.below(80)-40)
}

// special returns a value that arithmetic treats specially.
func (b *builder) special() float64 {
	values := [...]float64{math.Inf(1), math.Inf(-1), math.NaN(), math.Copysign(0, -1), 0,
		math.MaxFloat32, math.MaxFloat64, math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat64}
	return values[b.below(len(values))]
}

// fillFloats fills p with float32 or float64 values.
func (b *builder) fillFloats(p []byte, single bool) {
	le := binary.LittleEndian
	for len(p) > 0 {
		v := b.float()
		if b.config.Groups&FloatSpecials != 0 && b.chance(8) {
			v = b.special()
		}
		if single {
			le.PutUint32(p, math.Float32bits(float32(v)))
			p = p[4:]
		} else {
			le.PutUint64(p, math.Float64bits(v))
			p = p[8:]
		}
	}
}

// initialMemory fills the data region, and the stack region with numbers and addresses.
func (b *builder) initialMemory() {
	le := binary.LittleEndian
	data := make([]byte, silicon.DataSize)
	for i := 0; i < singlesOffset; i += 8 {
		le.PutUint64(data[i:], b.number())
	}
	b.fillFloats(data[singlesOffset:doublesOffset], true)
	b.fillFloats(data[doublesOffset:], false)
	stack := make([]byte, silicon.StackSize)
	for i := 0; i < len(stack); i += 8 {
		le.PutUint64(stack[i:], b.number())
	}
	b.program.Data, b.program.Stack = data, stack
}
