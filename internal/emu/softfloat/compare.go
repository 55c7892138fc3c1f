package softfloat

// Relation is how two values compare.
type Relation uint8

// Relations. The order of zero and its negative is Equal.
const (
	Less Relation = iota
	Equal
	Greater
	Unordered
)

// Compare relates a to b. A signalling NaN raises IE; a quiet one too, unless the comparison is quiet.
func (e *Env) Compare(a, b Number, quiet bool) Relation {
	if special(&a, &b) {
		if !quiet || a.signalling() || b.signalling() || a.class == unsupported || b.class == unsupported {
			e.raise(Invalid)
		}
		return Unordered
	}
	e.denormals(&a, &b)
	return relate(a, b)
}

func relate(a, b Number) Relation {
	switch {
	case a.class == zero && b.class == zero:
		return Equal
	case a.class == zero:
		return order(b.sign, false)
	case b.class == zero || a.sign != b.sign:
		return order(!a.sign, false)
	case a.class != b.class:
		return order(a.class == infinite, a.sign)
	case a.class == infinite || a.exp == b.exp && a.mant == b.mant:
		return Equal
	case a.exp != b.exp:
		return order(a.exp > b.exp, a.sign)
	}
	return order(a.mant > b.mant, a.sign)
}

// order is Greater, or Less; turned over for negative values.
func order(greater, negative bool) Relation {
	if greater != negative {
		return Greater
	}
	return Less
}

// selects reports whether MIN or MAX takes the first operand: not if one is a NaN, and not of equals (SDM vol. 2,
// MINSD).
func (e *Env) selects(want Relation, a, b Number) bool {
	if special(&a, &b) {
		e.raise(Invalid)
		return false
	}
	e.denormals(&a, &b)
	return relate(a, b) == want
}

func (e *Env) choose32(want Relation, a, b uint32) uint32 {
	x, y := e.Unpack32(a), e.Unpack32(b)
	if e.selects(want, x, y) {
		return to32(x)
	}
	return to32(y)
}

func (e *Env) choose64(want Relation, a, b uint64) uint64 {
	x, y := e.Unpack64(a), e.Unpack64(b)
	if e.selects(want, x, y) {
		return to64(x)
	}
	return to64(y)
}

// Min32 is MINSS: a if it is less than b, else b.
func (e *Env) Min32(a, b uint32) uint32 { return e.choose32(Less, a, b) }

// Max32 is MAXSS: a if it is greater than b, else b.
func (e *Env) Max32(a, b uint32) uint32 { return e.choose32(Greater, a, b) }

// Min64 is MINSD: a if it is less than b, else b.
func (e *Env) Min64(a, b uint64) uint64 { return e.choose64(Less, a, b) }

// Max64 is MAXSD: a if it is greater than b, else b.
func (e *Env) Max64(a, b uint64) uint64 { return e.choose64(Greater, a, b) }
