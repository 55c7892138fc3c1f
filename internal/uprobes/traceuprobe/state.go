package traceuprobe

import (
	"maps"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/events/tracearray"
	"trapline/internal/events/tracedir"
	"trapline/internal/events/tracefs"
	"trapline/internal/memento"
)

// snapshot is a Session's part of a machine's snapshot.
type snapshot struct {
	dir    tracedir.State
	sum    uint64
	probes map[*tracefs.Probe]*probe
	files  map[uint64]file
	counts memento.Set[probe]
}

// Save is emu.Part's: the events, the trace so far and the counts.
func (s *Session) Save() any {
	return &snapshot{
		s.Dir.Save(), s.sum, maps.Clone(s.probes), maps.Clone(s.files),
		memento.Of(slices.Collect(maps.Values(s.probes)), nil),
	}
}

// Restore is emu.Part's.
func (s *Session) Restore(v any) {
	was := v.(*snapshot)
	s.Dir.Restore(was.dir)
	s.sum = was.sum
	s.probes, s.files = maps.Clone(was.probes), maps.Clone(was.files)
	was.counts.Restore()
}

// LeaveOutTrace makes Hash leave out the trace and the counts, for a run in which
// nothing asks for them.
func (s *Session) LeaveOutTrace(out bool) { s.traceOut = out }

// Hash is emu.Part's: the trace without its times, and what decides how it goes on.
func (s *Session) Hash(h *emu.Hasher) {
	if s.traceOut {
		return
	}
	h.Uint64(s.sum)
	h.Uint64(uint64(len(s.Array().Entries())))
	h.Uint64(uint64(s.Array().Lost()))
	hits := uint64(0) // in any order
	for def, p := range s.probes {
		var one emu.Hasher
		one.String(def.On.Name)
		one.Uint64(def.Addr)
		one.Uint64(def.FileOffset)
		one.Uint64(p.hits)
		hits += one.Sum()
	}
	h.Uint64(hits)
	if s.Array().Off() {
		h.String("off")
	}
	for _, text := range s.Array().Conditions() {
		h.String(text)
	}
}

// added takes a record into the sum.
func (s *Session) added(e *tracearray.Entry) {
	var h emu.Hasher
	h.Uint64(s.sum)
	h.Uint64(uint64(e.PID))
	h.Uint64(uint64(e.CPU))
	if e.Event == nil { // a stack trace
		s.sum = h.Sum()
		return
	}
	h.Uint64(e.Record.Program.Definition().FileOffset)
	h.Bytes(e.Record.Data)
	s.sum = h.Sum()
}
