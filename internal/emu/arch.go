package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// Vendor is whose processor a machine is where the two differ: in 64-bit mode a
// 66 prefix makes a near branch's operand 16 bits wide on AMD's and means
// nothing on Intel's (U10).
type Vendor int

// Vendors; the library's processor is AMD's.
const (
	AMD Vendor = iota
	Intel
)

func (v Vendor) String() string {
	if v == Intel {
		return "intel"
	}
	return "amd"
}

// mode is the decoder's mode for code that the vendor's processor runs.
func (v Vendor) mode(a x86.Arch) insn.Mode {
	if a == x86.AMD64 && v == AMD {
		return insn.Mode64AMD
	}
	return insn.ModeOf(a)
}
