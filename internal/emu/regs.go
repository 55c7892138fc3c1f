package emu

import (
	"fmt"
	"strings"

	"trapline/internal/emu/regs"
)

// Reg numbers a general register as instructions encode it.
type Reg uint8

// General registers; the i386 ones are the low halves of the first eight.
const (
	RAX Reg = regs.RAX
	RCX Reg = regs.RCX
	RDX Reg = regs.RDX
	RBX Reg = regs.RBX
	RSP Reg = regs.RSP
	RBP Reg = regs.RBP
	RSI Reg = regs.RSI
	RDI Reg = regs.RDI
	R8  Reg = regs.R8
	R9  Reg = regs.R9
	R10 Reg = regs.R10
	R11 Reg = regs.R11
	R12 Reg = regs.R12
	R13 Reg = regs.R13
	R14 Reg = regs.R14
	R15 Reg = regs.R15
)

// Segment register numbers.
const (
	ES = regs.ES
	CS = regs.CS
	SS = regs.SS
	DS = regs.DS
	FS = regs.FS
	GS = regs.GS
)

var (
	regNames64 = [16]string{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"}
	regNames32 = [8]string{"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"}
	segNames   = [6]string{"es", "cs", "ss", "ds", "fs", "gs"}
)

// Name is the register's full-width name on a: "eax" or "rax".
func (r Reg) Name(a Arch) string {
	if a == I386 && r < 8 {
		return regNames32[r]
	}
	return regNames64[r&15]
}

// GPRCount is how many general registers a has.
func GPRCount(a Arch) int {
	if a == I386 {
		return 8
	}
	return 16
}

// SegName names segment register i (ES = 0).
func SegName(i int) string { return segNames[i] }

// ParseReg finds a full-width general register by name, with or without '%'.
func ParseReg(a Arch, name string) (Reg, error) {
	n := strings.TrimPrefix(strings.ToLower(name), "%")
	for i := 0; i < GPRCount(a); i++ {
		if Reg(i).Name(a) == n {
			return Reg(i), nil
		}
	}
	return 0, fmt.Errorf("%q is not a general register of %s; expected one of %s", name, a, regList(a))
}

func regList(a Arch) string {
	names := make([]string, GPRCount(a))
	for i := range names {
		names[i] = Reg(i).Name(a)
	}
	return strings.Join(names, " ")
}

// Core is the register state every instruction sees: general registers,
// RIP, RFLAGS (the guest's, TF included), segments with cached descriptors,
// CPL and the MOV SS/STI shadow.
type Core = regs.Core

// Seg is a segment register with its cached descriptor.
type Seg = regs.Seg

// FXSize is the size of FXSAVE's area, in bytes.
const FXSize = regs.FXSize

// TableReg is GDTR or IDTR: linear base, limit in bytes minus one.
type TableReg struct {
	Base  uint64
	Limit uint16
}

// SystemSeg is LDTR or TR with the cached descriptor.
type SystemSeg struct {
	Sel   uint16
	Base  uint64
	Limit uint32
	Type  uint8 // descriptor type: 2 LDT, 9/11 available/busy TSS
}

// System is the privileged register state of a vCPU.
type System struct {
	GDTR, IDTR TableReg
	LDTR, TR   SystemSeg
	CR0        uint64
	CR2        uint64 // linear address of the last page fault
	CR3        uint64
	CR4        uint64
	CR8        uint64    // task priority, 0-15: interrupts of this class and below wait
	DR         [8]uint64 // DR4 and DR5 are names of DR6 and DR7, or do not exist
	EFER       uint64
	XCR0       uint64 // state that XSAVE and AVX may use; 0: there is no XSAVE
	MSR        MSRs
	TSC        uint64 // advances by one per retired instruction
}

// MSRs are the model-specific registers that the machine keeps.
type MSRs struct {
	Star, LStar, CStar, FMask            uint64
	SysenterCS, SysenterESP, SysenterEIP uint64
	KernelGSBase, TSCAux                 uint64
}

// Bits of CR0, CR4, EFER, DR6 and DR7 that the machine uses.
const (
	CR0PE uint64 = 1 << 0
	CR0MP uint64 = 1 << 1
	CR0EM uint64 = 1 << 2
	CR0TS uint64 = 1 << 3
	CR0NE uint64 = 1 << 5
	CR0WP uint64 = 1 << 16
	CR0AM uint64 = 1 << 18 // with EFLAGS.AC, ring 3 takes #AC
	CR0PG uint64 = 1 << 31

	CR4UMIP   uint64 = 1 << 11 // no SGDT, SIDT, SLDT, SMSW, STR outside ring 0
	CR4OSFXSR uint64 = 1 << 9

	CR4OSXMMEXCPT uint64 = 1 << 10 // unmasked exceptions of SSE are #XM, not #UD
	CR4OSXSAVE    uint64 = 1 << 18 // XSAVE, XCR0 and AVX may be used
	CR4PCE        uint64 = 1 << 8  // RDPMC outside ring 0
	CR4PAE        uint64 = 1 << 5
	CR4DE         uint64 = 1 << 3 // DR4 and DR5 do not exist
	CR4TSD        uint64 = 1 << 2 // no RDTSC outside ring 0

	EFERSCE uint64 = 1 << 0
	EFERLME uint64 = 1 << 8
	EFERLMA uint64 = 1 << 10
	EFERNXE uint64 = 1 << 11

	DR6Fixed uint64 = 0xffff0ff0 // bits that read as one (no RTM)
	DR6B     uint64 = 0xf        // B0-B3: the breakpoints that were met
	DR6BD    uint64 = 1 << 13
	DR6BS    uint64 = 1 << 14
	DR7Fixed uint64 = 1 << 10
	DR7GD    uint64 = 1 << 13
)
