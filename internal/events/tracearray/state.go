package tracearray

import (
	"maps"
	"slices"

	"trapline/internal/events/tracefs"
)

// State is a copy of all that an Array holds, for snapshots. The registry is saved by itself.
type State struct {
	array Array
	files map[*tracefs.Event]eventFile
}

// Save copies the array's state.
func (a *Array) Save() State {
	s := State{array: *a, files: map[*tracefs.Event]eventFile{}}
	s.array.rings, s.array.spare = cloneRings(a.rings), cloneRings(a.spare)
	s.array.options, s.array.pids = slices.Clone(a.options), slices.Clone(a.pids)
	for e, f := range a.files {
		s.files[e] = f.clone()
	}
	return s
}

// Restore takes a saved state back.
func (a *Array) Restore(s State) {
	*a = s.array
	a.rings, a.spare = cloneRings(s.array.rings), cloneRings(s.array.spare)
	a.files = map[*tracefs.Event]*eventFile{}
	for e, f := range s.files {
		f := f.clone()
		a.files[e] = &f
	}
}

func cloneRings(l []*ring) []*ring {
	var c []*ring
	for _, r := range l {
		c = append(c, r.clone())
	}
	return c
}

func (f *eventFile) clone() eventFile {
	c := *f
	c.triggers = nil
	for _, t := range f.triggers {
		d := *t
		if t.hist != nil {
			d.hist = t.hist.clone()
		}
		c.triggers = append(c.triggers, &d)
	}
	return c
}

func (h *hist) clone() *hist {
	c := *h
	c.rows = maps.Clone(h.rows)
	for k, r := range c.rows {
		row := *r
		row.values = slices.Clone(r.values)
		c.rows[k] = &row
	}
	return &c
}
