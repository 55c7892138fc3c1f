package tracefs

import (
	"errors"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
)

// create defines a probe from a line. What it refuses it logs.
func (r *Registry) create(kind events.Kind, line string) error {
	opt := events.Options{Arch: r.cfg.Arch, Release: r.cfg.Release, HashPointer: r.cfg.HashPointer}
	if kind == events.Uprobe {
		opt.Files = r.cfg.Uprobes
	} else {
		opt.Symbols = r.cfg.Kprobes
	}
	d, err := events.Parse(kind, line, opt)
	if d != nil {
		c := &creation{Registry: r, def: d, cmd: events.Command{
			Words: events.SplitWords(line), Subsystem: "trace_" + kind.String(), Release: r.cfg.Release,
		}}
		err = c.run()
	}
	var refused *events.Error
	if errors.As(err, &refused) {
		r.logError(refused)
	}
	return err
}

// creation is a parsed line on its way into the registry.
type creation struct {
	*Registry
	def *events.Definition
	cmd events.Command
}

func (c *creation) run() error {
	if len(c.probes) >= MaxProbes {
		return &events.Error{Errno: events.ENOMEM, Reason: "there are as many probes as the registry takes"}
	}
	if c.def.Kind == events.Uprobe {
		return c.uprobe()
	}
	return c.kprobe()
}

// uprobe adds a user probe (register_trace_uprobe()). Nothing is planted
// before the event is enabled.
func (c *creation) uprobe() error {
	for _, p := range c.probes {
		if p.Kind == events.Uprobe && p.File.ID == c.def.File.ID &&
			p.FileOffset == c.def.FileOffset && p.RefCounter != c.def.RefCounter {
			c.printk("trace_uprobe: Reference counter offset mismatch.")
			return &events.Error{Errno: events.EINVAL, Reason: "another probe at the place has another reference counter"}
		}
	}
	on, err := c.event()
	if err != nil {
		return err
	}
	c.add(&Probe{Definition: c.def, On: on, Program: fetch.Compile(c.def)})
	return nil
}

// kprobe adds a kernel probe and registers it with the engine
// (register_trace_kprobe()).
func (c *creation) kprobe() error {
	on, err := c.event()
	if err != nil {
		return err
	}
	p := &Probe{Definition: c.def, On: on}
	errno := c.register(p)
	if errno == events.ENOENT && !c.moduleExists(c.def) {
		c.printk("trace_kprobe: This probe might be able to register after target module is loaded. Continue.")
		errno = 0
	}
	switch errno {
	case 0:
		c.add(p)
		return c.enableLate(p)
	case events.EILSEQ:
		return c.cmd.Fail(errno, events.BadInsnBoundary, 1, 0)
	case events.ENOENT:
		return c.cmd.Fail(errno, events.BadProbeAddress, 1, 0)
	case events.ENOMEM, events.EEXIST:
		return errno
	}
	return c.cmd.Fail(errno, events.FailedRegister, 1, 0)
}

// enableLate brings a probe up that joined an enabled event.
func (c *creation) enableLate(p *Probe) error {
	if !p.On.Enabled || !p.Registered {
		return nil
	}
	if errno := c.cfg.Kprobes.Enable(p); errno != 0 {
		c.unregister(p)
		c.drop(p)
		return c.cmd.Fail(errno, events.FailedRegister, 1, 0)
	}
	return nil
}

// event finds the event that the probe joins, or makes it (SEMANTICS E4). In
// the 4.15 way an old event of the name goes first.
func (c *creation) event() (*Event, error) {
	old := c.find(c.def)
	if old != nil && c.cfg.SameName == SameNameReplaces {
		if errno := c.release(old); errno != 0 {
			return nil, errno
		}
		old = nil
	}
	if old != nil {
		if err := c.mayJoin(old); err != nil {
			return nil, err
		}
		return old.On, nil
	}
	e, errno := c.newEvent(c.def)
	if errno != 0 {
		return nil, c.cmd.Fail(errno, events.EventExists, 0, 0)
	}
	return e, nil
}

// mayJoin checks a probe against the event's first one.
func (c *creation) mayJoin(old *Probe) error {
	if c.def.Return != old.Return {
		return c.cmd.Fail(events.EEXIST, events.DifferentProbeType, 0, 0)
	}
	if i := c.def.CompareArgs(old.Definition); i != 0 {
		return c.cmd.Fail(events.EEXIST, events.DifferentArgType, i+1, 0)
	}
	for _, p := range old.On.Probes {
		if c.def.SamePlaceAndArgs(p.Definition) {
			return c.cmd.Fail(events.EEXIST, events.SameProbe, 0, 0)
		}
	}
	return nil
}

// register resolves a kernel probe and gives it to the engine
// (__register_trace_kprobe(), register_kprobe(), register_kretprobe()).
func (r *Registry) register(p *Probe) events.Errno {
	k := r.cfg.Kprobes
	addr, known := p.address(k)
	if known && k.Notrace(addr) {
		name := p.Symbol
		if name == "" {
			name = "unknown"
		}
		r.printk("trace_kprobe: Could not probe notrace function %s", name)
		return events.EINVAL
	}
	if errno := p.ResolveSymbols(k); errno != 0 {
		return errno
	}
	sym, ok := k.Lookup(addr)
	switch {
	case p.Symbol == "" && p.Address == 0:
		return events.EINVAL // neither symbol nor address, as the kernel sees it
	case !known || !ok:
		return events.ENOENT
	case p.Return && sym.Addr != addr:
		return events.EINVAL
	}
	p.Addr, p.Module = addr, sym.Module
	if p.Return && p.MaxActive <= 0 {
		p.MaxActive = r.cfg.DefaultMaxActive()
	}
	p.Program = fetch.Compile(p.Definition)
	errno := k.Register(p)
	p.Registered = errno == 0
	return errno
}

// address gives the place of a kernel probe; false for an unknown symbol.
func (p *Probe) address(k Kprobes) (uint64, bool) {
	if p.Symbol == "" {
		return p.Address, p.Address != 0
	}
	addr, ok := k.Address(p.Symbol)
	return p.Arch.Mask(addr + uint64(p.Offset)), ok
}

// moduleExists tells whether an unknown symbol is wrong for good: it is the
// kernel's own, or of a module that is there. A bare address counts as a
// module's.
func (r *Registry) moduleExists(d *events.Definition) bool {
	module, _, qualified := strings.Cut(d.Symbol, ":")
	switch {
	case d.Symbol == "":
		return false
	case !qualified:
		return true
	}
	return r.cfg.Kprobes.ModuleLoaded(module)
}

// unregister takes a probe out of its engine.
func (r *Registry) unregister(p *Probe) {
	if !p.Registered {
		return
	}
	p.Registered = false
	if p.Kind == events.Uprobe {
		r.cfg.Uprobes.Unregister(p)
	} else {
		r.cfg.Kprobes.Unregister(p)
	}
}
