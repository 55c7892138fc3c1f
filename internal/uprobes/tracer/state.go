package tracer

import (
	"maps"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/events/tracefs"
	"trapline/internal/memento"
)

// snapshot is a Tracer's part of a machine's snapshot.
type snapshot struct {
	entries []Entry
	sum     uint64
	lost    int
	probes  map[*tracefs.Probe]*probe
	files   map[uint64]file
	counts  memento.Set[probe]
}

// Save is emu.Part's: the trace so far and the counts.
func (t *Tracer) Save() any {
	return &snapshot{
		slices.Clip(t.entries), t.sum, t.lost, maps.Clone(t.probes), maps.Clone(t.files),
		memento.Of(slices.Collect(maps.Values(t.probes)), nil),
	}
}

// Restore is emu.Part's.
func (t *Tracer) Restore(v any) {
	s := v.(*snapshot)
	t.entries, t.sum, t.lost = s.entries, s.sum, s.lost
	t.probes, t.files = maps.Clone(s.probes), maps.Clone(s.files)
	s.counts.Restore()
}

// LeaveOutTrace makes Hash leave out the trace and the counts, for a run in which
// nothing asks for them.
func (t *Tracer) LeaveOutTrace(out bool) { t.traceOut = out }

// Hash is emu.Part's: the trace without its times.
func (t *Tracer) Hash(h *emu.Hasher) {
	if t.traceOut {
		return
	}
	h.Uint64(t.sum)
	h.Uint64(uint64(len(t.entries)))
	h.Uint64(uint64(t.lost))
	hits := uint64(0) // in any order
	for def, p := range t.probes {
		var one emu.Hasher
		one.String(def.On.Name)
		one.Uint64(def.Addr)
		one.Uint64(def.FileOffset)
		one.Uint64(p.hits)
		hits += one.Sum()
	}
	h.Uint64(hits)
}

// add appends an entry.
func (t *Tracer) add(e Entry) {
	t.entries = append(t.entries, e)
	var h emu.Hasher
	for _, v := range []uint64{t.sum, uint64(e.PID), uint64(e.CPU), e.Probe.FileOffset} {
		h.Uint64(v)
	}
	h.Bytes(e.Record.Data)
	t.sum = h.Sum()
}
