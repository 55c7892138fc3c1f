package softfloat

// Flags is a set of floating-point exceptions, with the bits that they have in MXCSR and in the x87 status word.
type Flags uint8

// Exceptions (SDM vol. 1, 8.5 and 11.5).
const (
	Invalid   Flags = 1 << iota // IE
	Denormal                    // DE: an operand is one
	ZeroDiv                     // ZE
	Overflow                    // OE
	Underflow                   // UE
	Inexact                     // PE
)

// Rounding is a direction, with the values of the RC fields.
type Rounding uint8

// Directions.
const (
	Nearest Rounding = iota // ties to even
	Down
	Up
	Zero
)

// Env is what an operation needs beside its operands, and where it says what happened. The zero value rounds to
// nearest with every exception masked, extended results to 64 bits.
type Env struct {
	Rounding Rounding
	// Precision is how many bits of an extended result's significand arithmetic keeps: 24, 53 or 64. 0 is 64.
	Precision uint8
	// DAZ takes denormal operands in binary32 and binary64 for zeros.
	DAZ bool
	// FTZ gives zero for a tiny result in binary32 and binary64 while underflow is masked.
	FTZ bool
	// Unmasked exceptions change results and flags of overflow and underflow: a tiny result raises Underflow
	// even if it is exact, and an extended one is scaled into range (SDM vol. 1, 8.5.4 and 8.5.5).
	Unmasked Flags
	// Flags collects what was raised; operations only add to it.
	Flags Flags
	// Away says that the last operation in the extended format, or conversion, made the magnitude larger (C1).
	Away bool
}

func (e *Env) raise(f Flags) { e.Flags |= f }
