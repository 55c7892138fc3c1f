package events

import "trapline/internal/x86"

// The architecture of a definition is that of the kernel that is asked, which
// is not always the probed program's: a 32-bit program under a 64-bit kernel is
// fetched with 64-bit words.

// wordBits is the width of an unsigned long in bits: 64 or 32.
func wordBits(a x86.Arch) int { return 8 * a.Word() }

// Reg is a field of struct pt_regs.
type Reg uint8

const (
	RegAX Reg = iota
	RegBX
	RegCX
	RegDX
	RegSI
	RegDI
	RegBP
	RegSP
	RegIP
	RegFlags
	RegCS
	RegSS
	RegOrigAX
	RegR8 // x86-64 only, to RegR15
	RegR9
	RegR10
	RegR11
	RegR12
	RegR13
	RegR14
	RegR15
	RegDS // i386 only, to RegGS
	RegES
	RegFS
	RegGS
	// NumRegs bounds the register numbers of both architectures.
	NumRegs
)

// firstGeneral are the general registers that both architectures have, by field.
var firstGeneral = [...]x86.Reg{RegAX: x86.RAX, RegBX: x86.RBX, RegCX: x86.RCX, RegDX: x86.RDX,
	RegSI: x86.RSI, RegDI: x86.RDI, RegBP: x86.RBP, RegSP: x86.RSP}

// General is the general register that the field holds, if it is one's.
func (r Reg) General() (x86.Reg, bool) {
	switch {
	case int(r) < len(firstGeneral):
		return firstGeneral[r], true
	case r >= RegR8 && r <= RegR15:
		return x86.R8 + x86.Reg(r-RegR8), true
	}
	return 0, false
}

// Segment is the segment register that the field holds, if it is one's.
func (r Reg) Segment() (int, bool) {
	switch r {
	case RegCS:
		return x86.CS, true
	case RegSS:
		return x86.SS, true
	case RegDS:
		return x86.DS, true
	case RegES:
		return x86.ES, true
	case RegFS:
		return x86.FS, true
	case RegGS:
		return x86.GS, true
	}
	return 0, false
}

// String is the name that %NAME uses (regs_query_register_offset()).
func (r Reg) String() string {
	if g, ok := r.General(); ok {
		if g < x86.R8 {
			return g.NameOf(2)
		}
		return g.NameOf(8)
	}
	if s, ok := r.Segment(); ok {
		return x86.SegmentName(s)
	}
	switch r {
	case RegIP:
		return "ip"
	case RegFlags:
		return "flags"
	case RegOrigAX:
		return "orig_ax"
	}
	return "?"
}

// RegisterNamed finds the register that %NAME means; names are lower case and
// those of struct pt_regs, so "eax", "rax" and "AX" are none.
func RegisterNamed(a x86.Arch, name string) (Reg, bool) {
	for r := Reg(0); r < NumRegs; r++ {
		if r.String() == name {
			return r, has(a, r)
		}
	}
	return 0, false
}

func has(a x86.Arch, r Reg) bool {
	switch {
	case r >= RegDS:
		return a == x86.I386
	case r >= RegR8:
		return a == x86.AMD64
	}
	return true
}

// ArgRegs are the registers of a kernel function's first arguments, in
// order: the System V order on x86-64, the kernel's -mregparm=3 on i386.
// Further arguments lie on the stack above the return address.
func ArgRegs(a x86.Arch) []Reg {
	if a == x86.I386 {
		return i386ArgRegs
	}
	return x8664ArgRegs
}

var (
	i386ArgRegs  = []Reg{RegAX, RegDX, RegCX}
	x8664ArgRegs = []Reg{RegDI, RegSI, RegDX, RegCX, RegR8, RegR9}
)

// HashPointer is what "%p" prints instead of an address: NULL and error
// numbers as they are, the rest scrambled to 32 bits. A running kernel keys
// the hash at random; this is the fixed hash that it uses when booted with
// debug_boot_weak_hash, so that runs repeat.
func HashPointer(a x86.Arch, addr uint64) uint64 {
	const maxErrno = 4095
	addr = a.Mask(addr)
	if addr == 0 || addr >= a.Mask(^uint64(0))-maxErrno+1 {
		return addr
	}
	return Hash(a, addr, 32)
}

// Hash is the kernel's multiplicative hash of a word to the given number of
// bits, at most 32 (hash_long()).
func Hash(a x86.Arch, v uint64, bits int) uint64 {
	if a == x86.I386 {
		return uint64(uint32(v) * 0x61c88647 >> (32 - bits))
	}
	return v * 0x61c8864680b583eb >> (64 - bits)
}
