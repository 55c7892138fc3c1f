package kprobes

// touched is which probes' registration the present step read and changed: of
// the simulator's own values the one that several vCPUs share and that decides
// how a run goes on (whether an execution is a miss). Counts only go up, which
// commutes, and the rest is each vCPU's own or lies in guest memory.
//
// Bit i%64 stands for probe i: probes 64 apart are taken for one.
type touched struct{ read, changed uint64 }

// TakeTouched gives the sets of probes (bit i%64 for probe i) whose
// registration was read and changed since the last call.
func (g *Manager) TakeTouched() (read, changed uint64) {
	t := g.touched
	g.touched = touched{}
	return t.read, t.changed
}

func probeBit(i int) uint64 { return 1 << (i % 64) }

// registered reports whether probe i counts as registered.
func (g *Manager) registered(i int) bool {
	g.touched.read |= probeBit(i)
	return g.stats[i].Registered
}

// setRegistered notes that probe i (-1: one that the guest made itself) was
// registered or unregistered. Saying again what is known is only a read.
func (g *Manager) setRegistered(i int, on bool) {
	if i >= 0 {
		g.change(i, &g.stats[i].Registered, on)
	}
}

// setLost notes that nobody will put probe i's breakpoint back (K7), or that
// it is in place.
func (g *Manager) setLost(i int, on bool) {
	if i >= 0 {
		g.change(i, &g.stats[i].Lost, on)
	}
}

func (g *Manager) change(i int, v *bool, to bool) {
	g.touched.read |= probeBit(i)
	if *v != to {
		*v = to
		g.touched.changed |= probeBit(i)
	}
}
