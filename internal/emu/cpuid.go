package emu

import "trapline/internal/x86"

// Features that CPUID shows beside the extensions of the machine's level (SDM
// vol. 2, CPUID).
const (
	CPUIDFeatures  = 0x078bfbfd             // EDX of leaf 1: FPU, TSC, MSR, PAE, CX8, SEP, CMOV, MMX, FXSR, SSE, SSE2 and what goes with them
	cpuidFeatures2 = 0x40000000             // ECX: RDRAND
	cpuidLeaf7     = 0x00040001             // EBX: FSGSBASE, RDSEED
	cpuidUMIP      = 0x00000004             // ECX of leaf 7
	cpuidLeaf7C    = cpuidUMIP | 0x00400000 // with RDPID
	cpuidExtended  = 0x08100000             // EDX of leaf 8000_0001h: NX, RDTSCP; a 64-bit machine has SYSCALL and long mode too
	cpuidShared    = 0x0183f3ff             // what that leaf repeats of leaf 1, on AMD processors
	cpuidLong      = 1<<29 | 1<<11
	cpuidExtended2 = 0x00000010 // ECX of it: MOV CR8
	cpuidAPICID    = 24         // EBX of leaf 1: where the initial APIC ID begins, the vCPU's number
	cpuidOSXSAVE   = 1 << 27    // ECX of leaf 1: CR4.OSXSAVE
	cpuidErrPtrs   = 1 << 2     // EBX of leaf 8000_0008h: XRSTOR always loads where the last x87 instruction was
)

// cpuidBasic is the highest leaf as recorded; 8 to 0Dh are empty without XSAVE.
const (
	cpuidBasic        = 0xd
	cpuidStructured   = 7
	cpuidXSAVE        = 0xd
	cpuidExtendedBase = 0x80000000
	cpuidLast         = 0x80000008
)

// cpuid is CPUID: EAX, EBX, ECX and EDX of a leaf. It shows one AMD processor of
// family 6 whatever the host is: programs choose by it what they run.
func cpuid(a x86.Arch, l Level, leaf, subleaf uint32) [4]uint32 {
	const vendorB, vendorC, vendorD = 0x68747541, 0x444d4163, 0x69746e65 // AuthenticAMD
	const signature = 0x663
	switch leaf {
	case 0:
		return [4]uint32{cpuidBasic, vendorB, vendorC, vendorD}
	case 1:
		return [4]uint32{signature, 8 << 8, cpuidFeatures2 | l.features(1, x86.RCX), CPUIDFeatures} // CLFLUSH works on 64 bytes
	case cpuidStructured:
		if subleaf == 0 {
			return [4]uint32{1: cpuidLeaf7 | l.features(cpuidStructured, x86.RBX), 2: cpuidLeaf7C}
		}
	case cpuidExtendedBase:
		return [4]uint32{cpuidLast, vendorB, vendorC, vendorD}
	case cpuidExtendedBase + 1:
		d := uint32(cpuidExtended | CPUIDFeatures&cpuidShared)
		if a == x86.AMD64 {
			d |= cpuidLong
		}
		return [4]uint32{signature, 0, cpuidExtended2 | l.features(leaf, x86.RCX), d}
	case cpuidExtendedBase + 5: // TLBs; 64 KiB of first-level data and instruction cache
		return [4]uint32{0x01ff01ff, 0x01ff01ff, 0x40020140, 0x40020140}
	case cpuidExtendedBase + 6: // TLBs; 512 KiB of second-level cache
		return [4]uint32{0, 0x42004200, 0x02008140, 0}
	case cpuidLast: // bits of physical and linear addresses; RstrFpErrPtrs
		r := [4]uint32{32<<8 | 36}
		if a == x86.AMD64 {
			r[0] = 48<<8 | 40
		}
		if l.has(extXSAVE) {
			r[1] = cpuidErrPtrs
		}
		return r
	}
	return [4]uint32{}
}

// CPUID is what the instruction CPUID answers on this vCPU: EAX, EBX, ECX and EDX.
func (c *CPU) CPUID(leaf, subleaf uint32) [4]uint32 {
	r := cpuid(c.Space.arch, c.Space.level, leaf, subleaf)
	switch {
	case leaf == 1:
		r[1] |= uint32(c.ID) << cpuidAPICID
		if c.Sys.CR4&CR4OSXSAVE != 0 {
			r[2] |= cpuidOSXSAVE
		}
	case leaf == cpuidXSAVE && c.Space.level.has(extXSAVE):
		r = cpuidXSAVELeaf(subleaf, c.Sys.XCR0)
	}
	return r
}

func (c *CPU) cpuidInsn() {
	r := c.CPUID(uint32(c.GPR[x86.RAX]), uint32(c.GPR[x86.RCX]))
	for i, reg := range [4]x86.Reg{x86.RAX, x86.RBX, x86.RCX, x86.RDX} {
		c.GPR[reg] = uint64(r[i])
	}
}
