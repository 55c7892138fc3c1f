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
func (t *Session) Save() any {
	s := saved{
		dir: t.Dir.Save(), byProbe: maps.Clone(t.byProbe), at: slices.Clone(t.planted),
		log: t.log[:len(t.log):len(t.log)], work: t.work,
	}
	for _, p := range t.planted {
		s.planted = append(s.planted, *p)
	}
	for _, m := range t.modules {
		s.modules = append(s.modules, *m)
	}
	return s
}

// Restore implements emu.Part. Modules are added before the first snapshot.
func (t *Session) Restore(v any) {
	s := v.(saved)
	t.Dir.Restore(s.dir)
	t.byProbe, t.planted = maps.Clone(s.byProbe), slices.Clone(s.at)
	for i, p := range t.planted {
		*p = s.planted[i]
	}
	t.log, t.work = s.log, s.work
	changed := false
	for i, m := range t.modules {
		changed = changed || m.Loaded != s.modules[i].Loaded
		*m = s.modules[i]
	}
	if changed {
		t.renewSymbols()
	}
}

// LeaveOutCounts makes Hash leave out what events have counted, for a run in
// which nothing asks for it.
func (t *Session) LeaveOutCounts(out bool) { t.countsOut = out }

// Hash implements emu.Part: what decides how the run goes on.
func (t *Session) Hash(h *emu.Hasher) {
	h.Bool(t.Array().Off())
	h.Uint64(uint64(len(t.planted)))
	for _, p := range t.planted {
		h.Bool(p.life == armed)
		if !t.countsOut {
			h.Uint64(p.counts.Hits)
		}
	}
	for _, m := range t.modules {
		h.Bool(m.Loaded)
	}
	for _, e := range t.Registry().Events() {
		h.String(e.Group)
		h.String(e.Name)
		h.Bool(e.Enabled)
	}
	for _, list := range t.work {
		h.Uint64(uint64(len(list)))
		for _, w := range list {
			h.String(w.function)
			h.Uint64(uint64(w.probe))
		}
	}
	if !t.countsOut {
		for _, text := range t.Array().Conditions() {
			h.String(text)
		}
	}
}
