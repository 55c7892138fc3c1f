package emu

import "trapline/emu/insn"

// Arch is the processor's mode of operation: it fixes register width, frame
// and gate formats.
type Arch int

// Architectures of a machine.
const (
	I386  Arch = iota // 32-bit protected mode
	AMD64             // 64-bit mode
)

func (a Arch) String() string {
	if a == AMD64 {
		return "x86_64"
	}
	return "i386"
}

// Word is the size of a register and of a stack slot, in bytes.
func (a Arch) Word() int {
	if a == AMD64 {
		return 8
	}
	return 4
}

// Mask cuts a value to the register width.
func (a Arch) Mask(v uint64) uint64 {
	if a == AMD64 {
		return v
	}
	return v & 0xffffffff
}

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
	return a.Mode()
}

// Mode is the decoder's mode for code of this width, of 64-bit mode Intel's:
// how Linux decodes it.
func (a Arch) Mode() insn.Mode {
	if a == AMD64 {
		return insn.Mode64
	}
	return insn.Mode32
}
