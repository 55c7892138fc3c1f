package emu

import "trapline/internal/x86"

// cr0Reserved are the bits of CR0 whose setting is #GP; the other undefined
// ones keep their value of zero (SDM vol. 3, 2.5).
const (
	cr0Reserved = 0xffffffff << 32
	cr0Defined  = CR0PE | CR0MP | CR0EM | CR0TS | cr0ET | CR0NE | CR0WP | CR0AM | cr0NW | cr0CD | CR0PG

	cr0ET = 1 << 4
	cr0NW = 1 << 29
	cr0CD = 1 << 30
)

// cr4Bits are the bits of CR4 that exist on a machine: those whose feature CPUID
// shows. Setting another one is #GP (SDM vol. 3, 2.5).
func (l Level) cr4Bits() (bits uint64) {
	for _, f := range []struct {
		bit   uint64
		there bool
	}{
		{1<<0 | 1<<1, CPUIDFeatures>>1&1 != 0}, // VME, PVI
		{CR4TSD, CPUIDFeatures>>4&1 != 0},
		{CR4DE, CPUIDFeatures>>2&1 != 0},
		{1 << 4, CPUIDFeatures>>3&1 != 0}, // PSE
		{CR4PAE, CPUIDFeatures>>6&1 != 0},
		{1 << 6, CPUIDFeatures>>7&1 != 0},  // MCE
		{1 << 7, CPUIDFeatures>>13&1 != 0}, // PGE
		{CR4PCE, true},
		{CR4OSFXSR, CPUIDFeatures>>24&1 != 0},
		{CR4OSXMMEXCPT, CPUIDFeatures>>25&1 != 0},
		{CR4UMIP, cpuidUMIP != 0},
		{1 << 16, cpuidLeaf7&1 != 0},         // FSGSBASE
		{1 << 17, cpuidFeatures2>>17&1 != 0}, // PCIDE
		{CR4OSXSAVE, l.has(extXSAVE)},
		{1 << 20, cpuidLeaf7>>7&1 != 0},  // SMEP
		{1 << 21, cpuidLeaf7>>20&1 != 0}, // SMAP
	} {
		if f.there {
			bits |= f.bit
		}
	}
	return bits
}

// readCR reads a control register. CR0.ET is always set, and CR4.PAE in 64-bit
// mode, which does without only on paper (SDM vol. 3, 2.5, 4.1.1).
func (c *CPU) readCR(n int) (uint64, bool) {
	switch n {
	case 0:
		return c.Sys.CR0 | cr0ET, true
	case 2:
		return c.Sys.CR2, true
	case 3:
		return c.Sys.CR3, true
	case 4:
		if c.Space.arch == x86.AMD64 {
			return c.Sys.CR4 | CR4PAE, true
		}
		return c.Sys.CR4, true
	case 8:
		return c.Sys.CR8, true
	}
	return 0, false
}

// writeCR keeps paging and protection on: the machine's spaces are its page
// tables, so clearing CR0.PE or CR0.PG is #GP rather than a mode it lacks.
func (c *CPU) writeCR(n int, v uint64) *Trap {
	switch n {
	case 0:
		if v&cr0Reserved != 0 || v&(CR0PE|CR0PG) != CR0PE|CR0PG || v&(cr0NW|cr0CD) == cr0NW {
			return FaultErr(x86.VecGP, 0)
		}
		c.Sys.CR0 = v & cr0Defined
	case 2:
		c.Sys.CR2 = v
	case 3:
		c.Sys.CR3 = v
	case 4:
		if v&^c.Space.level.cr4Bits() != 0 || c.Space.arch == x86.AMD64 && v&CR4PAE == 0 {
			return FaultErr(x86.VecGP, 0)
		}
		c.Sys.CR4 = v
	case 8:
		if v > 15 {
			return FaultErr(x86.VecGP, 0)
		}
		c.Sys.CR8 = v
	default:
		return Fault(x86.VecUD)
	}
	return nil
}
