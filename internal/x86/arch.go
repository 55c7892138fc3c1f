package x86

import "fmt"

// Arch is the width of a machine, of a program's code, or of a kernel: it fixes
// the registers, the frames and the formats of gates.
type Arch uint8

// The two architectures.
const (
	I386  Arch = iota // 32-bit protected mode; EM_386
	AMD64             // 64-bit mode; EM_X86_64
)

// String is the name in scenarios, listings and options: "i386" or "x86_64".
func (a Arch) String() string {
	switch a {
	case I386:
		return "i386"
	case AMD64:
		return "x86_64"
	}
	return fmt.Sprintf("Arch(%d)", uint8(a))
}

// ParseArch is the inverse of Arch.String.
func ParseArch(name string) (Arch, error) {
	for _, a := range []Arch{I386, AMD64} {
		if name == a.String() {
			return a, nil
		}
	}
	return 0, fmt.Errorf("architecture %q: expected %s or %s", name, I386, AMD64)
}

// Word is the size of a register and of a stack slot, in bytes: 4 or 8.
func (a Arch) Word() int {
	if a == AMD64 {
		return 8
	}
	return 4
}

// AddrDigits is the number of hexadecimal digits of a full address: 8 or 16.
func (a Arch) AddrDigits() int { return 2 * a.Word() }

// Mask cuts a value to the width of a register.
func (a Arch) Mask(v uint64) uint64 {
	if a == AMD64 {
		return v
	}
	return v & 0xffffffff
}
