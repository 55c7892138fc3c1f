package emu

// Features that CPUID shows in leaf 1 (SDM vol. 2, CPUID): what the machine
// runs, without AVX; the instructions of others are #UD (lacks).
const (
	CPUIDFeatures  = 0x078bfbfd             // EDX: FPU, TSC, MSR, PAE, CX8, SEP, CMOV, MMX, FXSR, SSE, SSE2 and what goes with them
	cpuidFeatures2 = 0x42d82201             // ECX: SSE3, SSSE3, CX16, SSE4.1, SSE4.2, MOVBE, POPCNT, AES, RDRAND
	cpuidLeaf7     = 0x000c0109             // EBX: FSGSBASE, BMI1, BMI2, RDSEED, ADX
	cpuidUMIP      = 0x00000004             // ECX of leaf 7
	cpuidLeaf7C    = cpuidUMIP | 0x00400000 // with RDPID
	cpuidExtended  = 0x08100000             // EDX of leaf 8000_0001h: NX, RDTSCP; a 64-bit machine has SYSCALL and long mode too
	cpuidShared    = 0x0183f3ff             // what that leaf repeats of leaf 1, on AMD processors
	cpuidLong      = 1<<29 | 1<<11
	cpuidExtended2 = 0x00000031 // ECX of it: LAHF, MOV CR8, LZCNT
)

// cpuidBasic is the highest leaf as recorded; 8 to 0Dh are empty without XSAVE.
const cpuidBasic, cpuidStructured, cpuidExtendedBase, cpuidLast = 0xd, 7, 0x80000000, 0x80000008

// cpuid is CPUID: EAX, EBX, ECX and EDX of a leaf. It shows one AMD processor of
// family 6 whatever the host is: programs choose by it what they run.
func (a Arch) cpuid(leaf, subleaf uint32) [4]uint32 {
	const vendorB, vendorC, vendorD = 0x68747541, 0x444d4163, 0x69746e65 // AuthenticAMD
	const signature = 0x663
	switch leaf {
	case 0:
		return [4]uint32{cpuidBasic, vendorB, vendorC, vendorD}
	case 1:
		return [4]uint32{signature, 8 << 8, cpuidFeatures2, CPUIDFeatures} // CLFLUSH works on 64 bytes
	case cpuidStructured:
		if subleaf == 0 {
			return [4]uint32{1: cpuidLeaf7, 2: cpuidLeaf7C}
		}
	case cpuidExtendedBase:
		return [4]uint32{cpuidLast, vendorB, vendorC, vendorD}
	case cpuidExtendedBase + 1:
		d := uint32(cpuidExtended | CPUIDFeatures&cpuidShared)
		if a == AMD64 {
			d |= cpuidLong
		}
		return [4]uint32{signature, 0, cpuidExtended2, d}
	case cpuidExtendedBase + 5: // TLBs; 64 KiB of first-level data and instruction cache
		return [4]uint32{0x01ff01ff, 0x01ff01ff, 0x40020140, 0x40020140}
	case cpuidExtendedBase + 6: // TLBs; 512 KiB of second-level cache
		return [4]uint32{0, 0x42004200, 0x02008140, 0}
	case cpuidLast: // bits of physical and linear addresses
		if a == AMD64 {
			return [4]uint32{48<<8 | 40}
		}
		return [4]uint32{32<<8 | 36}
	}
	return [4]uint32{}
}

func (c *CPU) cpuidInsn() {
	r := c.Space.arch.cpuid(uint32(c.GPR[RAX]), uint32(c.GPR[RCX]))
	for i, reg := range [4]Reg{RAX, RBX, RCX, RDX} {
		c.GPR[reg] = uint64(r[i])
	}
}
