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
			Reason: "STMXCSR and FXSAVE store a word without exception flags",
			Match:  func(d *Difference) bool { return d.is("stmxcsr", "fxsave") },
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
			Reason: "PUNPCKLxx of an MMX register reads 8 bytes of memory instead of 4",
			Match:  func(d *Difference) bool { return d.Field == "signal" && d.is("punpckl") },
			Parts:  true,
		},
	}
}

const (
	mxcsrFlags = 0x3f    // IE, DE, ZE, OE, UE, PE (SDM vol. 1, 10.2.3)
	mxcsrFZ    = 1 << 15 // flush to zero
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

func (d *Difference) inXMM() bool { return strings.HasPrefix(d.Field, "xmm") }
