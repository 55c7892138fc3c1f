package softfloat

import "math"

// Go's float32 and float64 arithmetic is that of IEEE 754, to nearest. Where operands and result are normal
// numbers away from the edges of the format, only PE can be raised, and whether it is can be found with the same
// arithmetic: the error of a sum, product, quotient or root is a number itself. Explicit conversions keep the
// compiler from fusing a product into a sum (Go specification, "Floating-point operators").

// native reports whether Go rounds as e does.
func (e *Env) native() bool { return e.Rounding == Nearest }

// note raises PE for an operation with an error. It is not looked at if PE has been raised before.
func (e *Env) note(inexact bool) {
	if inexact {
		e.Flags |= Inexact
	}
}

// Biased exponents between which the errors of operations are normal numbers too.
const (
	least32, most32 = 2, 254
	least64, most64 = 128, 2046
)

func usual32(v uint32) bool { return v>>23&0xff-least32 < most32-least32 }

func usual64(v uint64) bool { return v>>52&0x7ff-least64 < most64-least64 }

// sum64 is x + y, and whether it is all right.
func (e *Env) sum64(a, b uint64, x, y float64) (uint64, bool) {
	s := x + y
	v := math.Float64bits(s)
	if !usual64(a) || !usual64(b) || !usual64(v) || !e.native() {
		return 0, false
	}
	if e.Flags&Inexact == 0 { // Knuth, TAOCP vol. 2, 4.2.2, theorem B
		t := s - x
		e.note(x-(s-t)+(y-t) != 0)
	}
	return v, true
}

func (e *Env) product64(a, b uint64) (uint64, bool) {
	x, y := math.Float64frombits(a), math.Float64frombits(b)
	p := float64(x * y)
	v := math.Float64bits(p)
	if !usual64(a) || !usual64(b) || !usual64(v) || !e.native() {
		return 0, false
	}
	if e.Flags&Inexact == 0 {
		e.note(math.FMA(x, y, -p) != 0)
	}
	return v, true
}

func (e *Env) quotient64(a, b uint64) (uint64, bool) {
	x, y := math.Float64frombits(a), math.Float64frombits(b)
	q := x / y
	v := math.Float64bits(q)
	if !usual64(a) || !usual64(b) || !usual64(v) || !e.native() {
		return 0, false
	}
	if e.Flags&Inexact == 0 {
		e.note(math.FMA(q, y, -x) != 0)
	}
	return v, true
}

func (e *Env) root64(a uint64) (uint64, bool) {
	if !usual64(a) || a>>63 != 0 || !e.native() {
		return 0, false
	}
	x := math.Float64frombits(a)
	s := math.Sqrt(x)
	if e.Flags&Inexact == 0 {
		e.note(math.FMA(s, s, -x) != 0)
	}
	return math.Float64bits(s), true
}

// fused64 is x y + z once PE has been raised: that of a fused operation cannot be found in this way.
func (e *Env) fused64(a, b, c uint64, s FMASign) (uint64, bool) {
	if e.Flags&Inexact == 0 || !usual64(a) || !usual64(b) || !usual64(c) || !e.native() {
		return 0, false
	}
	x, z := math.Float64frombits(a), math.Float64frombits(c)
	if s&NegateProduct != 0 {
		x = -x
	}
	if s&NegateAddend != 0 {
		z = -z
	}
	v := math.Float64bits(math.FMA(x, math.Float64frombits(b), z))
	return v, usual64(v)
}

func (e *Env) sum32(a, b uint32, x, y float32) (uint32, bool) {
	s := x + y
	v := math.Float32bits(s)
	if !usual32(a) || !usual32(b) || !usual32(v) || !e.native() {
		return 0, false
	}
	if e.Flags&Inexact == 0 {
		t := s - x
		e.note(x-(s-t)+(y-t) != 0)
	}
	return v, true
}

// product32 has an exact product of 48 bits in binary64.
func (e *Env) product32(a, b uint32) (uint32, bool) {
	exact := float64(math.Float32frombits(a)) * float64(math.Float32frombits(b))
	p := float32(exact)
	v := math.Float32bits(p)
	if !usual32(a) || !usual32(b) || !usual32(v) || !e.native() {
		return 0, false
	}
	e.note(float64(p) != exact)
	return v, true
}

func (e *Env) quotient32(a, b uint32) (uint32, bool) {
	x, y := math.Float32frombits(a), math.Float32frombits(b)
	q := x / y
	v := math.Float32bits(q)
	if !usual32(a) || !usual32(b) || !usual32(v) || !e.native() {
		return 0, false
	}
	e.note(float64(float64(q)*float64(y)) != float64(x))
	return v, true
}

// root32 rounds a root of 53 bits again, which is the same: 53 > 2 × 24 + 1.
func (e *Env) root32(a uint32) (uint32, bool) {
	if !usual32(a) || a>>31 != 0 || !e.native() {
		return 0, false
	}
	x := float64(math.Float32frombits(a))
	s := float32(math.Sqrt(x))
	e.note(float64(float64(s)*float64(s)) != x)
	return math.Float32bits(s), true
}
