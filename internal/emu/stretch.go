package emu

import "trapline/internal/emu/insn"

// stretchPatience is how many instructions in a row a stretch runs that the
// library may run too: about as many as the way into the library costs. What
// lies between two system calls, micro-steps or hits of a probe is often less.
const stretchPatience = 16

// longStretch is how many instructions Run takes at most where there is no
// library: some hundredths of a second, so that whoever wants the run to end is
// heard.
const longStretch = 1 << 20

// stretch runs instructions of package interp, without events; that of the last
// step has no meaning afterwards. It ends where so many in a row were the
// library's too, and says whether it ends before what needs a step.
func (m *Machine) stretch(c *CPU, limit uint64, patience int) (n uint64, step bool) {
	if !c.runsFreely() {
		return 0, true
	}
	const leave = insn.Popf | insn.Sti | insn.MovSS // may let a trap or an interrupt in, or hold it off
	code, mode := c.Space.code(c.User()), c.codeMode()
	ev := &m.ev
	ev.reset(m.Seq, c.ID)
	for common := 0; n < limit && common < patience; n++ {
		if !c.InCode(c.RIP) {
			return n, true
		}
		pc := c.LinearPC()
		if m.followed.counts(pc) && !c.User() {
			return n, true
		}
		d, t := code.fetch(pc, mode)
		if t != nil || d.own != ownInterp || d.in.Attr().Has(leave) {
			return n, t != nil || d.own != ownNone
		}
		if leavesStores(&d.in) { // a step makes it again if it faults
			return n, true
		}
		ev.Reads, ev.Writes = ev.Reads[:0], ev.Writes[:0]
		if m.interpret(c, d) != nil {
			return n, true
		}
		if common++; d.beyond {
			common = 0
		}
	}
	return n, false
}
