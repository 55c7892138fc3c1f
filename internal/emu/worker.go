package emu

// Worker is kernel-side work between the instructions of a vCPU that is not
// guest text: package internal/linux, whose kernel is Go.
type Worker interface {
	// Work does the next piece of work that is due before c's next
	// instruction, as a micro-step of the event just begun (see BeginMicro);
	// false: none is due, and nothing was done.
	Work(m *Machine, c *CPU) bool
	// Stepped follows every step of a vCPU that was not halted.
	Stepped(m *Machine, c *CPU)
}

// idle reports whether a step of c does nothing.
func (m *Machine) idle(c *CPU) bool {
	return m.err != nil || c.Shutdown != "" || c.Halted && c.nPending == 0 && !c.interrupted()
}
