package tracearray

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

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
	s.array.buffers, s.array.spare = cloned(a.buffers), cloned(a.spare)
	s.array.options, s.array.pids = slices.Clone(a.options), slices.Clone(a.pids)
	for e, f := range a.files {
		s.files[e] = f.clone()
	}
	return s
}

// Restore takes a saved state back.
func (a *Array) Restore(s State) {
	*a = s.array
	a.buffers, a.spare = cloned(s.array.buffers), cloned(s.array.spare)
	a.files = map[*tracefs.Event]*eventFile{}
	for e, f := range s.files {
		f := f.clone()
		a.files[e] = &f
	}
}

// Conditions are what decides, beside the events themselves and tracing_on, what becomes of those that fire, as texts for
// state hashes; nil while nothing was set.
func (a *Array) Conditions() []string {
	var l []string
	if len(a.pids) > 0 {
		l = append(l, fmt.Sprint("set_event_pid", a.pids))
	}
	if a.clock != defaultClock {
		l = append(l, a.clock, strconv.FormatUint(a.counter, 10))
	}
	if a.overwrite == a.cfg.KeepFirst {
		l = append(l, fmt.Sprint(optionOverwrite, a.overwrite))
	}
	for _, e := range a.cfg.Registry.Events() {
		f := a.files[e]
		if f == nil || f.filter == nil && len(f.triggers) == 0 && !e.SoftDisabled {
			continue
		}
		l = append(l, e.Group, e.Name, fmt.Sprint(e.SoftDisabled), f.text, a.triggerText(e), a.histText(e))
	}
	return l
}

func cloned(l []buffer) []buffer {
	var c []buffer
	for _, b := range l {
		c = append(c, b.clone())
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
