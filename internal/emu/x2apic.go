package emu

import "trapline/internal/x86"

// MSRs whose WRMSR neither serialises nor drains the store buffer (SDM vol. 3,
// 9.3, 11.12.3).
const (
	msrTSCDeadline = 0x6e0
	msrX2APICFirst = 0x800
	msrX2APICLast  = 0x8ff
	msrX2APICICR   = 0x830
)

func writesWeakly(msr uint32) bool {
	return msr == msrTSCDeadline || msr >= msrX2APICFirst && msr <= msrX2APICLast
}

// Fields of the interrupt command register (SDM vol. 3, 11.12.9).
const (
	icrVector       = 0xff
	icrDelivery     = 7 << 8 // 0: fixed, 4: NMI
	icrNMI          = 4 << 8
	icrAssert       = 1 << 14
	icrShorthand    = 3 << 18
	icrSelf         = 1 << 18
	icrAll          = 2 << 18
	icrOthers       = 3 << 18
	icrBroadcast    = 0xffffffff
	lowestInterrupt = 16
)

// writeAPIC is WRMSR to a register of the x2APIC, of which there is the interrupt
// command register: it sends an interrupt to other vCPUs, by their numbers. It
// sends fixed interrupts and NMIs; the others, and logical destinations, are
// #GP(0), as reserved bits are.
func (m *Machine) writeAPIC(c *CPU, msr uint32) *Trap {
	low, to := uint32(c.GPR[x86.RAX]), uint32(c.GPR[x86.RDX])
	if msr != msrX2APICICR || low&^(icrVector|icrDelivery|icrAssert|icrShorthand) != 0 {
		return FaultErr(x86.VecGP, 0)
	}
	vec := x86.Vector(low)
	switch low & icrDelivery {
	case icrNMI:
		vec = x86.VecNMI
	case 0:
		if vec < lowestInterrupt { // an APIC error, which nobody asks for
			return nil
		}
	default:
		return FaultErr(x86.VecGP, 0)
	}
	for _, x := range m.CPUs {
		if icrReaches(low, to, c.ID, x.ID) && x.Shutdown == "" {
			m.Door().RaiseInterrupt(x.ID, vec)
		}
	}
	return nil
}

// icrReaches reports whether a command of vCPU from goes to vCPU cpu.
func icrReaches(low, to uint32, from, cpu int) bool {
	switch low & icrShorthand {
	case icrSelf:
		return cpu == from
	case icrAll:
		return true
	case icrOthers:
		return cpu != from
	}
	return to == icrBroadcast || to == uint32(cpu)
}
