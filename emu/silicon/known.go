package silicon

import "strings"

// KnownDifferences lists where the simulator is known to differ from the processor, and why. Each
// list counts for itself. docs/silicon.md has the reasons at length.
//
// All of them are in floating point: general registers, RFLAGS, memory written by other
// instructions, signals and traps have none.
func KnownDifferences() []*Exception {
	return []*Exception{
		{
			Reason: "MXCSR exception flags are not kept",
			Match:  func(d *Difference) bool { return d.Field == "mxcsr" && d.Bits&^mxcsrFlags == 0 },
		},
		{
			Reason: "STMXCSR, FXSAVE and FNSTSW store a word without exception flags",
			Match:  func(d *Difference) bool { return d.is("stmxcsr", "fxsave", "fnstsw", "fnstenv", "fnsave") },
			Parts:  true,
		},
		{
			Reason: "MXCSR.FZ does not flush denormal results to zero",
			Match:  func(d *Difference) bool { return d.inXMM() && d.Before.MXCSR&mxcsrFZ != 0 },
			Parts:  true,
		},
		{
			Reason: "HADDPx, HSUBPx and ADDSUBPx of two NaNs take the other one",
			Match:  func(d *Difference) bool { return d.inXMM() && d.is("haddp", "hsubp", "addsubp") },
			Parts:  true,
		},
		{
			Reason: "x87 stack overflow and underflow are not detected",
			Match:  func(d *Difference) bool { return d.After.X87.Status&^d.Before.X87.Status&x87StackFault != 0 },
			Parts:  true,
		},
		{
			Reason: "x87 exception flags and C1 are not kept",
			Match:  func(d *Difference) bool { return d.Field == "x87 status" && d.Bits&^(x87Flags|x87C1) == 0 },
		},
		{
			Reason: "x87 values of unsupported encodings are not invalid operands",
			Match:  func(d *Difference) bool { return d.Before.X87.holdsUnsupported() },
			Parts:  true,
		},
		{
			Reason: "FST of a signaling NaN does not make it quiet",
			Match:  func(d *Difference) bool { return d.inMemory() && d.is("fst") && d.Before.X87.signals() },
			Parts:  true,
		},
		{
			Reason: "x87 constants ignore the rounding control",
			Match:  func(d *Difference) bool { return d.isX87Constant() && d.Before.X87.Control&x87RC != 0 },
			Parts:  true,
		},
		{
			Reason: "PUNPCKLxx of an MMX register reads 8 bytes of memory instead of 4",
			Match:  func(d *Difference) bool { return d.Field == "signal" && d.is("punpckl") },
			Parts:  true,
		},
	}
}

const (
	mxcsrFlags = 0x3f    // IE, DE, ZE, OE, UE, PE (SDM vol. 1, 10.2.3)
	mxcsrFZ    = 1 << 15 // flush to zero

	x87Flags      = 0xbf // IE, DE, ZE, OE, UE, PE and ES (SDM vol. 1, 8.1.3)
	x87StackFault = 1 << 6
	x87RC         = 3 << 10 // of the control word
	x87C1         = 1 << 9
)

// is reports whether the instruction's mnemonic begins with one of these.
func (d *Difference) is(mnemonics ...string) bool {
	for _, m := range mnemonics {
		if strings.HasPrefix(d.Text, m) {
			return true
		}
	}
	return false
}

// isX87Constant reports whether the instruction is FLD1, FLDPI and so on.
func (d *Difference) isX87Constant() bool {
	n := len(d.Code)
	return n >= 2 && d.Code[n-2] == 0xd9 && d.Code[n-1] >= 0xe8 && d.Code[n-1] <= 0xee
}

func (d *Difference) inMemory() bool { return strings.HasPrefix(d.Field, "memory") }
func (d *Difference) inXMM() bool    { return strings.HasPrefix(d.Field, "xmm") }

// signals reports whether ST(0) is a signaling NaN (SDM vol. 1, 4.8.3.4).
func (x *X87) signals() bool {
	v := &x.ST[0]
	return v[8] == 0xff && v[9]&0x7f == 0x7f && v[7]&0x40 == 0
}

// holdsUnsupported reports whether a register in use holds an encoding that no
// instruction of the 387 and later makes: an exponent but no integer bit
// (SDM vol. 1, 8.2.2).
func (x *X87) holdsUnsupported() bool {
	for i := range x.ST {
		v := &x.ST[i]
		if x.inUse(i) && (v[8] != 0 || v[9]&0x7f != 0) && v[7]&0x80 == 0 {
			return true
		}
	}
	return false
}
