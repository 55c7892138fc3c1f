package events

// Arch is the architecture of the kernel that is asked, which is not always
// the probed program's: a 32-bit program under a 64-bit kernel is fetched
// with 64-bit words.
type Arch uint8

const (
	X8664 Arch = iota // x86-64
	I386              // i386
)

// String is the name the command line uses: "x86_64" or "i386".
func (a Arch) String() string {
	if a == I386 {
		return "i386"
	}
	return "x86_64"
}

// WordSize is the width of an unsigned long in bytes: 8 or 4.
func (a Arch) WordSize() int {
	if a == I386 {
		return 4
	}
	return 8
}

// WordBits is WordSize in bits.
func (a Arch) WordBits() int { return a.WordSize() * 8 }

// Word cuts a value to the width of an unsigned long.
func (a Arch) Word(v uint64) uint64 {
	if a == I386 {
		return v & 0xffffffff
	}
	return v
}

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

var regNames = [NumRegs]string{
	"ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip", "flags", "cs", "ss", "orig_ax",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
	"ds", "es", "fs", "gs",
}

// String is the name that %NAME uses (regs_query_register_offset()).
func (r Reg) String() string {
	if r < NumRegs {
		return regNames[r]
	}
	return "?"
}

// Register finds the register that %NAME means; names are lower case and
// those of struct pt_regs, so "eax", "rax" and "AX" are none.
func (a Arch) Register(name string) (Reg, bool) {
	for r := Reg(0); r < NumRegs; r++ {
		if regNames[r] == name {
			return r, a.has(r)
		}
	}
	return 0, false
}

func (a Arch) has(r Reg) bool {
	switch {
	case r >= RegDS:
		return a == I386
	case r >= RegR8:
		return a == X8664
	}
	return true
}

// ArgRegs are the registers of a kernel function's first arguments, in
// order: the System V order on x86-64, the kernel's -mregparm=3 on i386.
// Further arguments lie on the stack above the return address.
func (a Arch) ArgRegs() []Reg {
	if a == I386 {
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
func (a Arch) HashPointer(addr uint64) uint64 {
	const maxErrno = 4095
	addr = a.Word(addr)
	if addr == 0 || addr >= a.Word(^uint64(0))-maxErrno+1 {
		return addr
	}
	return a.Hash(addr, 32)
}

// Hash is the kernel's multiplicative hash of a word to the given number of
// bits, at most 32 (hash_long()).
func (a Arch) Hash(v uint64, bits int) uint64 {
	if a == I386 {
		return uint64(uint32(v) * 0x61c88647 >> (32 - bits))
	}
	return v * 0x61c8864680b583eb >> (64 - bits)
}
