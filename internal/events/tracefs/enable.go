package tracefs

import (
	"strings"

	"trapline/internal/events"
)

// ParseSwitch reads what is written to an enable file: the decimal number 0
// or 1, perhaps with a '+' and zeros before it, up to a newline or NUL
// (event_enable_write()).
func ParseSwitch(text string) (on bool, errno events.Errno) {
	n, errno := ParseNumber(text)
	if errno == 0 && n > 1 {
		errno = events.EINVAL
	}
	return n == 1, errno
}

// ParseNumber reads a decimal number that is written to a file of tracefs,
// up to a newline or NUL (kstrtoul_from_user()).
func ParseNumber(text string) (uint64, events.Errno) {
	text, _, _ = strings.Cut(text, "\x00")
	return events.ParseUint(strings.TrimSuffix(text, "\n"), 10, 64)
}

// SetEvent is a write of 1 or 0 to events/GROUP/NAME/enable. ENOENT means
// that there is no such file, otherwise the number is the engine's.
func (r *Registry) SetEvent(group, name string, on bool) error {
	e := r.Event(group, name)
	if e == nil {
		return events.ENOENT
	}
	if errno := r.set(e, on); errno != 0 {
		return errno
	}
	return nil
}

// SetGroup is a write to events/GROUP/enable: every event of the group,
// newest first. The first number is the result, but all are tried.
func (r *Registry) SetGroup(group string, on bool) error {
	found := false
	var first events.Errno
	for _, e := range r.Events() {
		if e.Group != group {
			continue
		}
		found = true
		if errno := r.set(e, on); first == 0 {
			first = errno
		}
	}
	switch {
	case !found:
		return events.ENOENT
	case first != 0:
		return first
	}
	return nil
}

// SetMatching is a word written to set_event: GROUP:EVENT, where "*" and
// nothing stand for all, or the name of a group or of events
// (ftrace_set_clr_event()). The first number is the result, but all are tried.
func (r *Registry) SetMatching(word string, on bool) error {
	all := func(s string) bool { return s == "" || s == "*" }
	group, name, both := strings.Cut(word, ":")
	var first events.Errno = events.EINVAL
	found := false
	for _, e := range r.Events() {
		if both && (!all(group) && e.Group != group || !all(name) && e.Name != name) || !both && word != e.Group && word != e.Name {
			continue
		}
		if errno := r.set(e, on); !found || first == 0 {
			first = errno
		}
		found = true
	}
	if first != 0 {
		return first
	}
	return nil
}

// EventState is what reading an event's enable file gives: "0" or "1", a "*"
// when triggers need the event, and a newline.
func (r *Registry) EventState(group, name string) (string, error) {
	e := r.Event(group, name)
	switch {
	case e == nil:
		return "", events.ENOENT
	}
	state := "0"
	if e.Enabled && !e.SoftDisabled {
		state = "1"
	}
	if e.SoftDisabled || e.softRefs > 0 {
		state += "*"
	}
	return state + "\n", nil
}

// GroupState is what reading a group's enable file gives: "0", "1", or "X"
// when some of its events are enabled and some are not, and a newline.
func (r *Registry) GroupState(group string) (string, error) {
	on, off := false, false
	for _, e := range r.groupOrder {
		if e.Group == group {
			on = on || e.Enabled
			off = off || !e.Enabled
		}
	}
	switch {
	case on && off:
		return "X\n", nil
	case on:
		return "1\n", nil
	case off:
		return "0\n", nil
	}
	return "", events.ENOENT
}

// set is a write to the enable file. An event that triggers need stays
// planted when it is disabled (__ftrace_event_enable_disable()).
func (r *Registry) set(e *Event, on bool) events.Errno {
	if on {
		e.SoftDisabled = false
		return r.plant(e)
	}
	if e.SoftDisabled = e.softRefs > 0; !e.SoftDisabled {
		r.uproot(e)
	}
	return 0
}

// SetSoft notes that a trigger needs an event, or no longer does. While one
// does, the event is planted, and unless it was enabled its records are not
// kept.
func (r *Registry) SetSoft(e *Event, needed bool) events.Errno {
	if !needed {
		if e.softRefs--; e.softRefs == 0 && e.SoftDisabled {
			e.SoftDisabled = false
			r.uproot(e)
		}
		return 0
	}
	if e.softRefs == 0 && !e.Enabled {
		if errno := r.plant(e); errno != 0 {
			return errno
		}
		e.SoftDisabled = true
	}
	e.softRefs++
	return 0
}

func (r *Registry) uproot(e *Event) {
	if e.Enabled {
		e.Enabled = false
		r.disable(e, e.Probes)
	}
}

// plant brings all of the event's probes up, or none.
func (r *Registry) plant(e *Event) events.Errno {
	if e.Enabled {
		return 0
	}
	for i, p := range e.Probes {
		if errno := r.enable(p); errno != 0 {
			r.disable(e, e.Probes[:i])
			r.printk("event trace: Could not enable event %s", e.Name)
			return errno
		}
	}
	e.Enabled, e.WasEnabled = true, true
	return 0
}

// enable brings one probe up. A kernel probe that waits for its module, or
// whose module has gone, is passed over.
func (r *Registry) enable(p *Probe) events.Errno {
	if p.Kind == events.Uprobe {
		errno := r.cfg.Uprobes.Register(p)
		p.Registered = errno == 0
		return errno
	}
	if !p.Registered || p.Gone {
		return 0
	}
	return r.cfg.Kprobes.Enable(p)
}

func (r *Registry) disable(e *Event, probes []*Probe) {
	for _, p := range probes {
		switch {
		case !p.Registered:
		case e.Kind == events.Uprobe:
			r.unregister(p)
		default:
			r.cfg.Kprobes.Disable(p)
		}
	}
}
