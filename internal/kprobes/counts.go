package kprobes

import "trapline/internal/emu"

// Count names one of a probe's counts.
type Count int

// The counts of Stats, in its order.
const (
	Registered Count = iota // 0 or 1
	Hits
	Posts
	Faults
	Executions
	Missed
	Reentrant
	Nmissed
	Skipped
	Unposted
	Lost // 0 or 1
	counts
)

// of is where s keeps the counts that only go up.
func (c Count) of(s *Stats) *uint64 {
	switch c {
	case Hits:
		return &s.Hits
	case Posts:
		return &s.Posts
	case Faults:
		return &s.Faults
	case Executions:
		return &s.Executions
	case Missed:
		return &s.Missed
	case Reentrant:
		return &s.Reentrant
	case Skipped:
		return &s.Skipped
	case Unposted:
		return &s.Unposted
	}
	return &s.Nmissed
}

func (g *Manager) loc(i int, c Count) emu.Loc { return g.cells.Loc(i*int(counts) + int(c)) }

// Read reads a count of probe i (V2). Counting again commutes with counting,
// not with this.
func (g *Manager) Read(d emu.Door, i int, c Count) uint64 {
	d.Touch(g.loc(i, c), emu.Reads)
	s := &g.stats[i]
	switch c {
	case Registered:
		return emu.B2U(s.Registered)
	case Lost:
		return emu.B2U(s.Lost)
	}
	return *c.of(s)
}

// add counts one more for probe i (-1: one that the guest made itself, which
// is not counted).
func (g *Manager) add(i int, c Count) {
	if i >= 0 {
		g.K.M.Door().Touch(g.loc(i, c), emu.Adds)
		*c.of(&g.stats[i])++
	}
}

// registered reports whether probe i counts as registered.
func (g *Manager) registered(i int) bool { return g.Read(g.K.M.Door(), i, Registered) != 0 }

// setRegistered notes that probe i (-1: one that the guest made itself) was
// registered or unregistered. Saying again what is known is only a read.
func (g *Manager) setRegistered(i int, on bool) {
	if i >= 0 {
		g.change(i, Registered, &g.stats[i].Registered, on)
	}
}

// setLost notes that nobody will put probe i's breakpoint back (K7), or that
// it is in place.
func (g *Manager) setLost(i int, on bool) {
	if i >= 0 {
		g.change(i, Lost, &g.stats[i].Lost, on)
	}
}

func (g *Manager) change(i int, c Count, v *bool, to bool) {
	use := emu.Reads
	if *v != to {
		use = emu.Writes
	}
	g.K.M.Door().Touch(g.loc(i, c), use)
	*v = to
}
