package tracefs

import "slices"

// State is a copy of all that a Registry holds, for snapshots.
type State struct {
	probes []savedProbe
	groups []savedEvent
	log    []LogEntry
	nextID int
}

type savedProbe struct {
	at    *Probe
	value Probe
}

type savedEvent struct {
	at    *Event
	value Event
}

// Save copies the registry's state.
func (r *Registry) Save() State {
	s := State{log: slices.Clone(r.log), nextID: r.nextID}
	for _, p := range r.probes {
		s.probes = append(s.probes, savedProbe{p, *p})
	}
	for _, e := range r.groupOrder {
		v := *e
		v.Probes = slices.Clone(e.Probes)
		s.groups = append(s.groups, savedEvent{e, v})
	}
	return s
}

// Restore takes a saved state back. Probes and events keep their identity.
func (r *Registry) Restore(s State) {
	r.probes, r.groupOrder = nil, nil
	for _, p := range s.probes {
		*p.at = p.value
		r.probes = append(r.probes, p.at)
	}
	for _, e := range s.groups {
		*e.at = e.value
		e.at.Probes = slices.Clone(e.value.Probes)
		r.groupOrder = append(r.groupOrder, e.at)
	}
	r.log, r.nextID = slices.Clone(s.log), s.nextID
}
