package softfloat

import "math/bits"

// Ext is a value of x87's extended format: a sign and an exponent of 15 bits, biased by 16383, and a significand
// of 64 bits with its integer bit.
type Ext struct {
	SE   uint16
	Mant uint64
}

// class tells what a bit pattern stands for.
type class uint8

const (
	zero class = iota
	finite
	infinite
	nan
	unsupported // an extended pattern that processors since the 387 refuse (SDM vol. 1, 8.2.2)
)

const (
	integerBit = 1 << 63 // of a significand
	quietBit   = 1 << 62 // of a NaN's
)

// Number is a value unpacked, as operations take operands that may be of several formats. A finite one is (mant / 2^63) 2^exp. A NaN's significand is kept as an
// extended one would have it.
type Number struct {
	class    class
	sign     bool
	denormal bool // was one in its format
	exp      int32
	mant     uint64
}

func (n *Number) signalling() bool { return n.class == nan && n.mant&quietBit == 0 }

// format is a binary interchange format, or the extended one.
type format struct {
	prec       uint  // bits of the significand, the integer bit among them
	emin, emax int32 // of normal numbers
	extended   bool
}

var (
	binary16 = format{prec: 11, emin: -14, emax: 15}
	binary32 = format{prec: 24, emin: -126, emax: 127}
	binary64 = format{prec: 53, emin: -1022, emax: 1023}
	extended = format{prec: 64, emin: -16382, emax: 16383, extended: true}
)

// unpack takes a pattern of an interchange format apart.
func (f *format) unpack(v uint64) Number {
	fraction := v << (64 - f.prec) &^ integerBit
	biased := int32(v>>(f.prec-1)) & (2*f.emax + 1)
	n := Number{sign: v>>(f.prec-1)&uint64(2*f.emax+2) != 0}
	switch {
	case biased == 2*f.emax+1 && fraction == 0:
		n.class = infinite
	case biased == 2*f.emax+1:
		n.class, n.mant = nan, fraction|integerBit
	case biased != 0:
		n.class, n.mant, n.exp = finite, fraction|integerBit, biased-f.emax
	case fraction != 0:
		n.small(f, fraction)
	}
	return n
}

// small makes n a denormal number of f with a significand that has no integer bit.
func (n *Number) small(f *format, fraction uint64) {
	shift := bits.LeadingZeros64(fraction)
	n.class, n.denormal, n.mant, n.exp = finite, true, fraction<<shift, f.emin-int32(shift)
}

// pack is the reverse, of a value that the format has.
func (f *format) pack(n Number) uint64 {
	v := uint64(0)
	top := uint64(2*f.emax+1) << (f.prec - 1) // the exponent's field
	switch n.class {
	case finite:
		if n.exp < f.emin {
			v = n.mant >> (64 - f.prec) >> uint(f.emin-n.exp)
		} else {
			v = n.mant&^integerBit>>(64-f.prec) | uint64(n.exp+f.emax)<<(f.prec-1)
		}
	case infinite:
		v = top
	case nan:
		v = n.mant&^integerBit>>(64-f.prec) | top
	}
	if n.sign {
		v |= (top + 1<<(f.prec-1))
	}
	return v
}

const (
	extSign = 0x8000
	extMax  = 0x7fff // the exponent of infinities and NaNs
	extBias = 16383
)

// Unpack takes an extended pattern apart. A pseudo-denormal is a finite number that counts as a denormal one; unnormal
// numbers, pseudo-infinities and pseudo-NaNs are unsupported.
func (x Ext) Unpack() Number {
	n := Number{sign: x.SE&extSign != 0}
	biased := x.SE & extMax
	switch {
	case biased == 0 && x.Mant == 0:
	case biased == 0 && x.Mant&integerBit != 0:
		n.class, n.denormal, n.mant, n.exp = finite, true, x.Mant, extended.emin
	case biased == 0:
		n.small(&extended, x.Mant)
	case x.Mant&integerBit == 0:
		n.class = unsupported
	case biased == extMax && x.Mant == integerBit:
		n.class = infinite
	case biased == extMax:
		n.class, n.mant = nan, x.Mant
	default:
		n.class, n.mant, n.exp = finite, x.Mant, int32(biased)-extBias
	}
	return n
}

func packExt(n Number) (x Ext) {
	switch n.class {
	case finite:
		if n.exp < extended.emin {
			x.Mant = n.mant >> uint(extended.emin-n.exp)
			break
		}
		x = Ext{uint16(n.exp + extBias), n.mant}
	case infinite:
		x = Ext{extMax, integerBit}
	case nan:
		x = Ext{extMax, n.mant}
	}
	if n.sign {
		x.SE |= extSign
	}
	return x
}

// Unpack32 is an operand in binary32. With DAZ a denormal one is zero.
func (e *Env) Unpack32(v uint32) Number { return e.daz(binary32.unpack(uint64(v))) }

// Unpack64 is an operand in binary64. With DAZ a denormal one is zero.
func (e *Env) Unpack64(v uint64) Number { return e.daz(binary64.unpack(v)) }

func (e *Env) daz(n Number) Number {
	if e.DAZ && n.denormal {
		return Number{sign: n.sign}
	}
	return n
}

func to32(n Number) uint32 { return uint32(binary32.pack(n)) }
func to64(n Number) uint64 { return binary64.pack(n) }
