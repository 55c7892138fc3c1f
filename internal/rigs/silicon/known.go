package silicon

import "strings"

// KnownDifferences lists where the simulator is known to differ from the processor, and why. Each
// list counts for itself. docs/silicon.md has the reasons at length.
//
// General registers, RFLAGS and traps have none.
func KnownDifferences() []*Exception {
	return []*Exception{
		{
			Reason: "FXSAVE's MXCSR_MASK has AMD's bit 17, misaligned SSE operands",
			Match:  func(d *Difference) bool { return d.is("fxsave") && strings.HasPrefix(d.Field, "memory") },
			Parts:  true,
		},
	}
}

// is reports whether the instruction's mnemonic begins with one of these.
func (d *Difference) is(mnemonics ...string) bool {
	for _, m := range mnemonics {
		if strings.HasPrefix(d.Text, m) {
			return true
		}
	}
	return false
}
