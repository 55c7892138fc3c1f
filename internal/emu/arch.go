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

// CodeMode is the decoder's mode at a core's CS (SDM vol. 3, 3.4.5), of 64-bit mode insn.Mode64; of a vCPU whose
// CS was never loaded, that of machine.
func CodeMode(c *Core, machine x86.Arch) insn.Mode {
	switch {
	case c.Code64 != 0:
		return insn.Mode64
	case c.Seg[x86.CS].Flags == 0:
		return insn.ModeOf(machine)
	case c.Seg[x86.CS].Flags&segBig == 0:
		return insn.Mode16
	}
	return insn.Mode32
}

// CodeArch is which registers the code at a core's CS has: those of 16-bit code are of 32 bits.
func CodeArch(c *Core, machine x86.Arch) x86.Arch { return CodeMode(c, machine).Arch() }

// mode is the decoder's mode for code that the vendor's processor runs.
func (v Vendor) mode(a x86.Arch) insn.Mode {
	if a == x86.AMD64 && v == AMD {
		return insn.Mode64AMD
	}
	return insn.ModeOf(a)
}
