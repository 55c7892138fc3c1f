package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// Arch is the width of a machine.
type Arch = x86.Arch

// Architectures of a machine.
const (
	I386  = x86.I386
	AMD64 = x86.AMD64
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
func (v Vendor) mode(a Arch) insn.Mode {
	if a == AMD64 && v == AMD {
		return insn.Mode64AMD
	}
	return insn.ModeOf(a)
}
