package trace

import (
	"maps"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/events/tracearray"
	"trapline/internal/events/tracefs"
)

// saved is a Tracing's part of a snapshot.
type saved struct {
	registry tracefs.State
	planted  []planted
	byProbe  map[*tracefs.Probe]*planted
	at       []*planted
	entries  []entry
	written  int
	array    tracearray.State
	modules  []Module
	log      []string
	work     [emu.MaxCPUs][]work
}

// Save implements emu.Part.
func (t *Tracing) Save() any {
	b := &t.buffer
	s := saved{
		registry: t.registry.Save(), byProbe: maps.Clone(t.byProbe), at: slices.Clone(t.planted),
		entries: b.entries[:len(b.entries):len(b.entries)], written: b.written, array: t.array.Save(),
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
func (t *Tracing) Restore(v any) {
	s := v.(saved)
	t.registry.Restore(s.registry)
	t.byProbe, t.planted = maps.Clone(s.byProbe), slices.Clone(s.at)
	for i, p := range t.planted {
		*p = s.planted[i]
	}
	t.buffer.entries, t.buffer.written = s.entries, s.written
	t.array.Restore(s.array)
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
func (t *Tracing) LeaveOutCounts(out bool) { t.countsOut = out }

// Hash implements emu.Part: what decides how the run goes on.
func (t *Tracing) Hash(h *emu.Hasher) {
	h.Bool(t.array.Off())
	h.Uint64(uint64(len(t.planted)))
	for _, p := range t.planted {
		h.Bool(p.armed)
		if !t.countsOut {
			h.Uint64(p.counts.Hits)
		}
	}
	for _, m := range t.modules {
		h.Bool(m.Loaded)
	}
	for _, e := range t.registry.Events() {
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
}
