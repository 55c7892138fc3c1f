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

// Mode is the decoder's mode for code of this width.
func (a Arch) Mode() insn.Mode {
	if a == AMD64 {
		return insn.Mode64
	}
	return insn.Mode32
}
