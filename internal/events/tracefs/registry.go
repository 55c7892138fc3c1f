package tracefs

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
)

// MaxProbes is the number of probes that a registry takes: as many as the
// kernel has event numbers. The next one gives ENOMEM.
const MaxProbes = 1<<16 - 1

// Registry is the state of the probe event files. It is not safe for
// concurrent use.
type Registry struct {
	cfg Config
	// probes is in the order of definition, which is the order of all
	// listings.
	probes []*Probe
	// groupOrder is the events newest first, the order in which a group is
	// enabled.
	groupOrder []*Event
	log        []LogEntry
	nextID     int
}

// New makes an empty registry.
func New(cfg Config) *Registry {
	return &Registry{cfg: cfg, nextID: cfg.FirstID}
}

// Event is one event: a name, a format, and the probes that raise it.
type Event struct {
	Group, Name string
	ID          int
	Kind        events.Kind
	// Probes are in the order of definition. The first one's arguments are
	// what records are printed with; the others' agree in name and type.
	Probes []*Probe
	// Enabled tells whether the probes are planted: the event was enabled, or
	// a trigger needs it.
	Enabled bool
	// SoftDisabled marks an enabled event whose records are not kept.
	SoftDisabled bool
	// WasEnabled tells whether the probes were ever planted
	// (EVENT_FILE_FL_WAS_ENABLED).
	WasEnabled bool
	softRefs   int // triggers that need it
}

// Probe is one place of an event.
type Probe struct {
	*events.Definition
	On *Event
	// Program fetches the arguments; nil for a kernel probe whose symbols
	// have not been found yet.
	Program *fetch.Program
	// Registered tells whether the engine has the probe: a kernel probe from
	// its definition on, unless it waits for a module; a uprobe while its
	// event is enabled.
	Registered bool
	// Gone marks a kernel probe whose module went away (SEMANTICS E5).
	Gone bool
	// Addr is where a registered kernel probe sits, Module the module that
	// the place belongs to, if any.
	Addr   uint64
	Module string
}

// Event finds an event; nil when there is none.
func (r *Registry) Event(group, name string) *Event {
	for _, e := range r.groupOrder {
		if e.Group == group && e.Name == name {
			return e
		}
	}
	return nil
}

// Events lists the events, newest first.
func (r *Registry) Events() []*Event { return slices.Clone(r.groupOrder) }

// Probes lists the probes in the order of definition.
func (r *Registry) Probes() []*Probe { return slices.Clone(r.probes) }

// Format is the event's format file; ENOENT when there is no such event.
func (r *Registry) Format(group, name string) (string, error) {
	e := r.Event(group, name)
	if e == nil {
		return "", events.ENOENT
	}
	return e.Format(), nil
}

// Format is the event's format file.
func (e *Event) Format() string { return e.Probes[0].Format(e.ID) }

// find gives the first probe of an event of that kind.
func (r *Registry) find(d *events.Definition) *Probe {
	for _, p := range r.probes {
		if p.Kind == d.Kind && p.On.Name == d.Event && p.On.Group == d.Group {
			return p
		}
	}
	return nil
}

// newEvent makes an event for a first probe; EEXIST when the name belongs to
// an event of another sort.
func (r *Registry) newEvent(d *events.Definition) (*Event, events.Errno) {
	taken := r.cfg.Tracepoint != nil && r.cfg.Tracepoint(d.Group, d.Event)
	if taken || r.Event(d.Group, d.Event) != nil {
		return nil, events.EEXIST
	}
	e := &Event{Group: d.Group, Name: d.Event, ID: r.nextID, Kind: d.Kind}
	r.nextID++
	return e, 0
}

// add lists a probe that was accepted.
func (r *Registry) add(p *Probe) {
	if len(p.On.Probes) == 0 {
		r.groupOrder = slices.Insert(r.groupOrder, 0, p.On)
	}
	p.On.Probes = append(p.On.Probes, p)
	r.probes = append(r.probes, p)
}

// drop takes a probe off the lists, and its event with the last one.
func (r *Registry) drop(p *Probe) {
	is := func(q *Probe) bool { return q == p }
	r.probes = slices.DeleteFunc(r.probes, is)
	p.On.Probes = slices.DeleteFunc(p.On.Probes, is)
	if len(p.On.Probes) == 0 {
		r.groupOrder = slices.DeleteFunc(r.groupOrder, func(e *Event) bool { return e == p.On })
		if r.cfg.Deleted != nil {
			r.cfg.Deleted(p.On)
		}
	}
}

func (r *Registry) printk(format string, args ...any) {
	if r.cfg.Printk != nil {
		r.cfg.Printk(fmt.Sprintf(format, args...))
	}
}

// Read is what reading the file gives: a line per probe.
func (r *Registry) Read(f File) string {
	var b strings.Builder
	for _, p := range r.probes {
		if f.lists(p.Kind) {
			b.WriteString(p.Readback(r.cfg.HashPointer))
			b.WriteByte('\n')
		}
	}
	return b.String()
}
