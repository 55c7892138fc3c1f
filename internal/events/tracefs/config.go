package tracefs

import (
	"trapline/internal/events"
	"trapline/internal/x86"
)

// Kprobes is the kernel behind kprobe_events: its symbols and its probe
// engine. Numbers are errnos, 0 for success.
type Kprobes interface {
	events.Symbols
	// Notrace tells whether the function at the address cannot be traced by
	// ftrace, for which 6.1 refuses an event though a probe would be possible.
	Notrace(addr uint64) bool
	// ModuleLoaded tells whether a module of that name is loaded.
	ModuleLoaded(name string) bool
	// Register plants p, disabled, at [Probe.Addr] (register_kprobe(),
	// register_kretprobe()): EINVAL when nothing may be probed there, EILSEQ
	// when no instruction starts there.
	Register(p *Probe) events.Errno
	Unregister(p *Probe)
	Enable(p *Probe) events.Errno
	Disable(p *Probe)
}

// Uprobes is the system behind uprobe_events: its files and its uprobes.
type Uprobes interface {
	events.Files
	// Register inserts p in every process that maps its place, when its event
	// is enabled (uprobe_register()): EINVAL for a place outside the file,
	// ENOTSUPP or ENOEXEC when a process maps an instruction there that
	// cannot be probed (SEMANTICS U16).
	Register(p *Probe) events.Errno
	Unregister(p *Probe)
}

// SameName is what a definition does whose event name exists (SEMANTICS E4).
type SameName uint8

const (
	// SameNameAppends adds a place to the event, if arguments and type agree:
	// 6.1.
	SameNameAppends SameName = iota
	// SameNameReplaces deletes the old event first: 4.15.
	SameNameReplaces
)

// Config is what a [Registry] is made from. Kprobes may be nil if
// kprobe_events is never used, Uprobes if uprobe_events is not.
type Config struct {
	Arch    x86.Arch
	Release events.Release
	Kprobes Kprobes
	Uprobes Uprobes
	// CPUs is the number of possible CPUs, at least 1; it decides the default
	// number of kretprobe instances (SEMANTICS E7).
	CPUs     int
	SameName SameName
	// FirstID is the number of the first event made; later ones count up.
	FirstID int
	// Tracepoint tells whether the kernel has a static event of that name,
	// whose name no probe event may take; nil when it has none.
	Tracepoint func(group, event string) bool
	// HashPointer is what "%p" prints for an address; nil means
	// [events.HashPointer].
	HashPointer func(addr uint64) uint64
	// Deleted is told of an event that is no more; nil: nobody is.
	Deleted func(*Event)
	// Now is the trace clock in nanoseconds, for error_log; nil means 0.
	Now func() uint64
	// Printk takes the lines that the kernel's log would get, without a
	// newline; nil drops them.
	Printk func(line string)
}

// DefaultMaxActive is a kretprobe's number of instances when its line names
// none (SEMANTICS E7).
func (c *Config) DefaultMaxActive() int { return max(10, 2*c.CPUs) }
