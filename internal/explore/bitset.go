package explore

// Bits is a set of small numbers.
type Bits []uint64

// newBits makes room for n numbers.
func newBits(n int) Bits { return make(Bits, (n+63)/64) }

// Has reports whether i is in the set.
func (b Bits) Has(i int) bool { return b[i/64]>>(i%64)&1 != 0 }

// Add puts i in.
func (b Bits) Add(i int) { b[i/64] |= 1 << (i % 64) }

// without is b without what is in o.
func (b Bits) without(o Bits) Bits {
	d := newBits(len(b) * 64)
	for i := range d {
		d[i] = b[i] &^ o[i]
	}
	return d
}

// and is what is in both.
func (b Bits) and(o Bits) Bits {
	d := newBits(len(b) * 64)
	for i := range min(len(b), len(o)) {
		d[i] = b[i] & o[i]
	}
	return d
}

// not is what is not in b.
func (b Bits) not() Bits {
	d := newBits(len(b) * 64)
	for i := range d {
		d[i] = ^b[i]
	}
	return d
}
