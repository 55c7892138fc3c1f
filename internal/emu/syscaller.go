package emu

import "trapline/internal/x86"

// Syscaller is a Kernel that answers SYSCALL and SYSENTER itself, without
// guest text at the entry point (package internal/linux).
type Syscaller interface {
	Kernel
	// Syscall runs the system call of a SYSCALL (sysenter false) or SYSENTER
	// that c executed in ring 3. RIP is behind the instruction, TF is the
	// guest's; nothing else has changed. It reports whether the instruction
	// is one of its entries: if not, it raises #UD.
	Syscall(m *Machine, c *CPU, sysenter bool) bool
}

// systemCall hands SYSCALL and SYSENTER from ring 3 to a Syscaller. The
// single-step trap of an instruction that enters the kernel is lost: FMASK
// clears TF on entry (P9).
func (m *Machine) systemCall(c *CPU, d *decoded) bool {
	if d.own != ownSyscall && d.own != ownSysenter || !c.User() {
		return false
	}
	k, ok := m.Kernel.(Syscaller)
	if !ok {
		return false
	}
	start := c.Core
	c.Shadow = 0
	c.RIP = c.nextRIP(&d.in)
	c.RFLAGS &^= x86.RF
	c.heldDR6 = 0
	if !k.Syscall(m, c, d.own == ownSysenter) {
		c.Core = start
		m.Deliver(c, *Fault(x86.VecUD))
		return true
	}
	c.Retired++
	return true
}
