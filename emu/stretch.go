package emu

import "trapline/emu/insn"

// stretchPatience is how many instructions in a row a stretch runs that the
// library may run too.
const stretchPatience = 12

// stretch runs instructions of package interp, without events: those that the
// library does not run and what lies between them, since entering the library
// costs as much as a dozen of them. It ends before what needs a step.
func (m *Machine) stretch(c *CPU, limit uint64) (n uint64) {
	m.ev.reset(m.Seq, c.ID)
	for common := 0; n < limit && common < stretchPatience && c.runsFreely(); n++ {
		d, t := m.fetchCode(c, c.LinearPC())
		if t != nil || d.own != ownInterp || d.in.Attr().Has(insn.Popf|insn.Sti) { // as runs
			break
		}
		ev := &m.ev
		ev.Reads, ev.Writes = ev.Reads[:0], ev.Writes[:0]
		ev.PC = c.LinearPC()
		if m.interpret(c, d) != nil {
			break
		}
		c.RIP = c.cutCode(c.RIP)
		if common++; beyondLibrary(&d.in) {
			common = 0
		}
	}
	return n
}
