package tracekprobe

import (
	"maps"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/events/tracedir"
	"trapline/internal/events/tracefs"
)

// saved is a Session's part of a snapshot.
type saved struct {
	dir     tracedir.State
	planted []planted
	byProbe map[*tracefs.Probe]*planted
	at      []*planted
	modules []Module
	log     []string
	work    [emu.MaxCPUs][]work
}

// Save implements emu.Part.
func (s *Session) Save() any {
	all := saved{
		dir: s.Dir.Save(), byProbe: maps.Clone(s.byProbe), at: slices.Clone(s.planted),
		log: s.log[:len(s.log):len(s.log)], work: s.work,
	}
	for _, p := range s.planted {
		all.planted = append(all.planted, *p)
	}
	for _, m := range s.modules {
		all.modules = append(all.modules, *m)
	}
	return all
}

// Restore implements emu.Part. Modules are added before the first snapshot.
func (s *Session) Restore(v any) {
	all := v.(saved)
	s.Dir.Restore(all.dir)
	s.byProbe, s.planted = maps.Clone(all.byProbe), slices.Clone(all.at)
	for i, p := range s.planted {
		*p = all.planted[i]
	}
	s.log, s.work = all.log, all.work
	changed := false
	for i, m := range s.modules {
		changed = changed || m.Loaded != all.modules[i].Loaded
		*m = all.modules[i]
	}
	if changed {
		s.renewSymbols()
	}
}

// LeaveOutCounts makes Hash leave out what events have counted, for a run in
// which nothing asks for it.
func (s *Session) LeaveOutCounts(out bool) { s.countsOut = out }

// Hash implements emu.Part: what decides how the run goes on.
func (s *Session) Hash(h *emu.Hasher) {
	h.Bool(s.Array().Off())
	h.Uint64(uint64(len(s.planted)))
	for _, p := range s.planted {
		h.Bool(p.life == armed)
		if !s.countsOut {
			h.Uint64(p.counts.Hits)
		}
	}
	for _, m := range s.modules {
		h.Bool(m.Loaded)
	}
	for _, e := range s.Registry().Events() {
		h.String(e.Group)
		h.String(e.Name)
		h.Bool(e.Enabled)
	}
	for _, list := range s.work {
		h.Uint64(uint64(len(list)))
		for _, w := range list {
			h.String(w.function)
			h.Uint64(uint64(w.probe))
		}
	}
	if !s.countsOut {
		for _, text := range s.Array().Conditions() {
			h.String(text)
		}
	}
}
