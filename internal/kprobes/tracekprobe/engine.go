package tracekprobe

import (
	"errors"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracefs"
	"trapline/internal/kprobes"
	"trapline/internal/linux/abi"
)

// engine is a Session as the kernel behind kprobe_events.
type engine Session

var _ tracefs.Kprobes = (*engine)(nil)

func (e *engine) Count(name string) int                    { return e.names().Count(name) }
func (e *engine) Address(name string) (uint64, bool)       { return e.names().Address(name) }
func (e *engine) Lookup(addr uint64) (events.Symbol, bool) { return e.names().Lookup(addr) }

func (e *engine) names() events.Symbols {
	if e.places != nil {
		return e.places
	}
	return e.symbols
}

// Notrace is the image's answer: the modelled kernel has no ftrace whose
// exceptions would count.
func (e *engine) Notrace(addr uint64) bool { return e.places != nil && e.places.Notrace(addr) }

// ModuleLoaded tells whether a module's code is there.
func (e *engine) ModuleLoaded(name string) bool {
	m := (*Session)(e).module(name)
	return m != nil && m.Loaded
}

// Register defines the probe with the engine; enabling arms it.
func (e *engine) Register(p *tracefs.Probe) events.Errno {
	s := (*Session)(e)
	if errno := s.mayProbe(p.Addr); errno != 0 {
		return errno
	}
	pl := &planted{probe: p, fetcher: fetch.NewFetcher(p.Program, symbolsOf{s}), counts: s.earlierCounts(p)}
	probe := kprobes.Probe{Name: p.On.Group + "/" + p.On.Name, Addr: p.Addr}
	handler := kprobes.Handler{Action: hit(len(s.planted))}
	if p.Return {
		probe.Return = &kprobes.Return{MaxActive: p.MaxActive, Handler: handler}
	} else {
		probe.Pre = handler
	}
	i, err := s.g.Define(probe)
	switch {
	case errors.Is(err, kprobes.ErrNoKretprobes):
		s.printk(err.Error())
		return events.ENOSYS
	case err != nil:
		s.printk(err.Error())
		return events.ENOMEM
	}
	pl.index = i
	s.planted = append(s.planted, pl)
	s.byProbe[p] = pl
	return 0
}

// earlierCounts are a probe's hits before its module went away: they go on
// when it comes back, while misses begin anew (register_kprobe()).
func (s *Session) earlierCounts(p *tracefs.Probe) tracefs.Counts {
	for _, pl := range slices.Backward(s.planted) {
		if pl.probe == p {
			return pl.counts
		}
	}
	return tracefs.Counts{}
}

// mayProbe judges the place: the trap path itself is blacklisted, other
// places must hold the first byte of an instruction that the engine can probe,
// and only engine modern takes a second probe at an address.
func (s *Session) mayProbe(addr uint64) events.Errno {
	if errno := s.judge(addr); errno != 0 {
		return errno
	}
	if !s.g.SharesAddresses() && s.taken(addr) {
		s.printk("engine " + s.g.Engine + " has one probe at an address, and there is one at " + s.g.K.Name(addr))
		return events.EEXIST
	}
	return errnoOf(s.g.MayProbe(addr))
}

func (s *Session) judge(addr uint64) events.Errno {
	if s.places != nil {
		return s.places.MayProbe(addr)
	}
	layout := s.g.K.Layout
	switch pte, ok := s.space().Lookup(addr); {
	case !ok || pte.Prot&emu.Exec == 0, addr >= layout.Text && addr < layout.Data:
		return events.EINVAL
	case !s.startsInstruction(addr):
		return events.EILSEQ
	}
	return 0
}

// errnoOf is an engine's error as the number that a write returns.
func errnoOf(err error) events.Errno {
	errno := abi.Errno(0)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &errno):
		return events.Errno(errno)
	}
	return events.EINVAL
}

// taken tells whether a probe, of an event or not, is at the address.
func (s *Session) taken(addr uint64) bool {
	for _, pl := range s.planted {
		if s.byProbe[pl.probe] == pl && pl.probe.Addr == addr {
			return true
		}
	}
	for i, p := range s.g.Probes() {
		if p.Addr == addr && s.g.Stats(i).Registered {
			return true
		}
	}
	return false
}

// startsInstruction decodes from the symbol on, over breakpoints' original
// bytes (can_probe()).
func (s *Session) startsInstruction(addr uint64) bool {
	sym, ok := s.symbols.Lookup(addr)
	if !ok {
		return false
	}
	for at := sym.Addr; at < addr; {
		var code [insn.MaxLen]byte
		n := s.g.K.M.Door().Peek(0, at, code[:])
		s.g.Original(at, code[:n])
		in, err := insn.Decode(code[:n], insn.ModeOf(s.g.K.M.Arch))
		if err != nil || in.Len == 0 {
			return false
		}
		if at += uint64(in.Len); at > addr {
			return false
		}
	}
	return true
}

// Unregister takes the probe out for good.
func (e *engine) Unregister(p *tracefs.Probe) {
	pl := e.byProbe[p]
	if pl == nil {
		return
	}
	s := (*Session)(e)
	switch {
	case pl.life == armed && s.later(work{unregisterKprobe, pl.index}):
		s.later(work{"", pl.index})
	case pl.life == armed:
		e.g.Unregister(pl.index)
	case pl.life == disarmed && !p.Gone && !s.later(work{"", pl.index}):
		e.g.Orphan(pl.index)
	}
	if pl.life != gone { // with its module
		pl.become(gone)
	}
	delete(e.byProbe, p)
}

// Enable arms the probe.
func (e *engine) Enable(p *tracefs.Probe) events.Errno {
	pl := e.byProbe[p]
	if pl == nil {
		return events.EINVAL
	}
	s := (*Session)(e)
	if s.later(work{registerKprobe, pl.index}) {
		if pl.life == defined {
			e.g.MakeInstances(pl.index)
		}
		pl.become(armed)
		return 0
	}
	arm := e.g.Register
	if pl.life == disarmed {
		arm = e.g.Arm
	}
	if err := arm(pl.index); err != nil {
		if errno := abi.Errno(0); !errors.As(err, &errno) {
			s.printk(err.Error())
		}
		return errnoOf(err)
	}
	pl.become(armed)
	return 0
}

// Disable takes the breakpoint out; calls that a return probe has seen begin
// are still seen to end.
func (e *engine) Disable(p *tracefs.Probe) {
	if pl := e.byProbe[p]; pl != nil && pl.life == armed {
		if s := (*Session)(e); !s.later(work{unregisterKprobe, pl.index}) {
			e.g.Disarm(pl.index)
		}
		pl.become(disarmed)
	}
}

// symbolsOf names addresses by the table of the moment.
type symbolsOf struct{ session *Session }

func (s symbolsOf) Lookup(addr uint64) (events.Symbol, bool) {
	return s.session.symbols.Lookup(addr)
}
