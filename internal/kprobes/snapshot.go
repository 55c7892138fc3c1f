package kprobes

import (
	"slices"

	"trapline/internal/emu"
)

// managerState is a Manager's part of a snapshot. It is not written again, so
// snapshots share it.
type managerState struct {
	probes []*Probe
	stats  []Stats
	step   []stepOf
}

// Save copies the counts (emu.Part).
func (g *Manager) Save() any {
	last := g.saved
	if last == nil || !slices.Equal(last.probes, g.probes) || !slices.Equal(last.stats, g.stats) || !slices.Equal(last.step, g.step) {
		g.saved = &managerState{g.probes[:len(g.probes):len(g.probes)], slices.Clone(g.stats), slices.Clone(g.step)}
	}
	return g.saved
}

// Restore takes them back, and the probes that were defined then.
func (g *Manager) Restore(v any) {
	s := v.(*managerState)
	g.saved = s
	if !slices.EqualFunc(g.probes, s.probes, alike) {
		g.probes = s.probes
		clear(g.byAddr)
		for i, p := range g.probes {
			g.byAddr[p.Addr] = append(g.byAddr[p.Addr], i)
		}
	}
	g.stats = append(g.stats[:0], s.stats...)
	copy(g.step, s.step)
}

// alike reports whether two machines' probes are the same one.
func alike(a, b *Probe) bool { return a == b || a.Name == b.Name && a.Addr == b.Addr }

// Hashed is what of the counts Hash feeds.
type Hashed uint8

// What Hash can feed, of the counts that only go up.
const (
	AllCounts Hashed = iota
	Balances         // whether hits and posts, executions and hits are as many, and by how much not
	NoCounts
)

// HashCounts says what Hash feeds from now on. Where nothing asks for counts, a
// loop with a probe in it comes back to a state only without them.
func (g *Manager) HashCounts(h Hashed) { g.hashed = h }

// Hash feeds the counts that decide properties to a state hash.
func (g *Manager) Hash(h *emu.Hasher) {
	g.hashCounts(h)
	for i := range g.step {
		g.step[i].hash(h)
	}
}

func (g *Manager) hashCounts(h *emu.Hasher) {
	for i := range g.stats {
		s := &g.stats[i]
		switch g.hashed {
		case Balances:
			h.Uint64(s.Hits - s.Posts)
			h.Uint64(s.Hits + s.Missed + s.Skipped - s.Executions)
		case AllCounts:
			h.Uint64(s.Hits)
			h.Uint64(s.Posts)
			h.Uint64(s.Faults)
			h.Uint64(s.Executions)
			h.Uint64(s.Missed)
			h.Uint64(s.Reentrant)
			h.Uint64(s.Nmissed)
			h.Uint64(s.Skipped)
		}
		if s.Unposted != 0 && g.hashed != NoCounts {
			h.Uint64(s.Unposted)
		}
		h.Bool(s.Registered)
		h.Bool(s.Lost)
	}
}
