package emu

// Followed is text of which some instructions mean something to the machine's
// kernel, beside what they do.
type Followed struct {
	Base uint64 // linear address of the first byte
	// At tells the instruction at an offset of Base from others: 0, or what it
	// is known by, with FollowedCounts if Run must leave the instruction to Step.
	At []uint16
	// Passed is called when such an instruction has retired, before a step ends.
	Passed func(c *CPU, known uint16)
}

// FollowedCounts marks an instruction for which Passed does more than to say what
// it means.
const FollowedCounts = 1 << 15

// Follow makes supervisor code call back. One text at a time is followed.
func (m *Machine) Follow(f Followed) { *m.followed = f }

// at is what the instruction at a linear address is known by, or 0.
func (f *Followed) at(pc uint64) uint16 {
	if off := pc - f.Base; off < uint64(len(f.At)) {
		return f.At[off]
	}
	return 0
}

// counts reports whether Run must leave an instruction of supervisor code to Step.
func (f *Followed) counts(pc uint64) bool { return f.at(pc)&FollowedCounts != 0 }

// TakeBack undoes the step under way, which an instruction made that wrote
// nothing new: one that looked for a lock and did not get it. It may be called
// by Followed.Passed.
func (m *Machine) TakeBack(c *CPU) {
	m.SetCore(c, m.ev.Before)
	m.ev.Writes = m.ev.Writes[:0]
	m.ev.Kind = StepSpin
}

// SetCore takes c's registers back to what they were before its last
// instructions, between which nothing else has changed.
func (m *Machine) SetCore(c *CPU, to Core) {
	c.Core = to
	c.on = nil
}

// Mean gives the event's record of what its instruction means, to fill in.
func (e *Event) Mean() *Micro {
	e.Micro = &e.micro
	return e.Micro
}
