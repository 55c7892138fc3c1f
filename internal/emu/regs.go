package emu

import "trapline/internal/emu/regs"

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
