package emu

import (
	"math/bits"

	"trapline/internal/x86"
)

// RaiseInterrupt asserts external interrupt vec. VecNMI is the non-maskable
// one; the others are taken when IF allows.
func (c *CPU) RaiseInterrupt(vec x86.Vector) { c.irqs[vec/64] |= 1 << (vec % 64) }

// Interrupts lists the external vectors that are asserted.
func (c *CPU) Interrupts() []x86.Vector {
	var l []x86.Vector
	for v := range 256 {
		if c.irqs[v/64]>>(v%64)&1 != 0 {
			l = append(l, x86.Vector(v))
		}
	}
	return l
}

const lineNMI = 1 << x86.VecNMI // in irqs[0]

// interrupted reports whether an external interrupt is taken before the next
// instruction.
func (c *CPU) interrupted() bool {
	return c.irqs != [4]uint64{} && (c.nmiReady() || c.interruptReady())
}

// interruptReady: IF set, no STI or MOV SS shadow, and a class above the task
// priority in CR8 (SDM vol. 3, 6.8.1, 6.8.3, 10.8.6).
func (c *CPU) interruptReady() bool {
	return c.RFLAGS&x86.IF != 0 && c.Shadow == 0 && uint64(c.highestInterrupt()/16) > c.Sys.CR8
}

// TakesNMI reports whether an NMI that is raised now is taken before the next
// instruction: the last one has ended by IRET, and MOV SS or POP SS does not
// hold it off (P7; SDM vol. 3, 6.7.1, 6.8.3).
func (c *CPU) TakesNMI() bool { return !c.inNMI && c.Shadow != shadowMovSS }

func (c *CPU) nmiReady() bool { return c.irqs[0]&lineNMI != 0 && c.TakesNMI() }

// takeInterrupt removes the line that goes first: the NMI (SDM vol. 3, table
// 6-2), then the highest vector, as the local APIC orders them.
func (c *CPU) takeInterrupt() Trap {
	if c.nmiReady() {
		c.irqs[0] &^= lineNMI
		c.inNMI = true
		return Trap{Vector: x86.VecNMI, Kind: NMI}
	}
	v := c.highestInterrupt()
	c.irqs[v/64] &^= 1 << (v % 64)
	return Trap{Vector: v, Kind: External}
}

// highestInterrupt is the highest maskable vector that is asserted, or 0.
func (c *CPU) highestInterrupt() x86.Vector {
	lines := c.irqs
	lines[0] &^= lineNMI
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i] != 0 {
			return x86.Vector(64*i + 63 - bits.LeadingZeros64(lines[i]))
		}
	}
	return 0
}
