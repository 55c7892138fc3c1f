package silicon

import (
	"strings"

	"trapline/internal/x86"
)

// OtherVendors lists what Intel's processors do otherwise than AMD's, and so than the machine, with general
// registers, RFLAGS, memory and signals. docs/silicon.md has it at length ("Other processors").
func OtherVendors() []*Exception {
	return []*Exception{{
		Reason: "between iterations of a repeated string instruction Intel's processors set RF, and CMPS and SCAS leave the flags as they were",
		Match: func(d *Difference) bool {
			const compared = x86.CF | x86.PF | x86.AF | x86.ZF | x86.SF | x86.OF
			return d.Field == "rflags" && d.stays() && d.is("rep") && d.Bits&^(x86.RF|compared) == 0 &&
				(d.Bits == x86.RF || strings.Contains(d.Text, "cmps") || strings.Contains(d.Text, "scas"))
		},
	}, {
		Reason: "CALL to an address that is not canonical stores its return address before it faults",
		Match:  func(d *Difference) bool { return d.is("call") && d.faultsWith("memory") },
	}, {
		Reason: "an operand over the end of 4 GiB is a page fault, not #SS",
		Match:  func(d *Difference) bool { return d.is("leave") && d.faultsWith("signal") },
	}, {
		Reason: "a store of MMX that faults has not made TOP 0",
		Match: func(d *Difference) bool {
			return strings.Contains(d.Text, "%mm") && (d.faultsWith("x87") || d.faultsWith("st("))
		},
	}, {
		Reason: "a store of 80 bits that faults in its second page has stored the rest",
		Match:  func(d *Difference) bool { return d.is("fstpt") && d.faultsWith("memory") },
	}}
}

// stays reports whether the processor's RIP is still the instruction's.
func (d *Difference) stays() bool { return d.After.RIP == d.PC }

// faultsWith reports whether the instruction faulted, and the two sides differ in a field so named.
func (d *Difference) faultsWith(field string) bool {
	return d.stays() && strings.HasPrefix(d.Field, field)
}
