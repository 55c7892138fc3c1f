package tracekprobe

import (
	"cmp"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracearray"
	"trapline/internal/events/tracedir"
	"trapline/internal/events/tracefs"
	"trapline/internal/kprobes"
	"trapline/internal/loader"
)

// Session is the event files, the trace buffer and the modules of one machine.
type Session struct {
	*tracedir.Dir
	g       *kprobes.Manager
	kernel  func() loader.Symbols
	places  Places
	symbols *symbolTable
	modules []*Module
	byProbe map[*tracefs.Probe]*planted
	planted []*planted
	target  target
	raised  tracearray.Raised // in use while an event is raised
	log     []string          // the kernel's log
	cells   emu.Cells         // valueArray

	work       [emu.MaxCPUs][]work // by vCPU: what its task has to do
	collecting bool                // within Collect, for the task of vCPU collector
	collector  int

	countsOut bool // of hashes
}

// valueArray is what triggers change: tracing on or off, enabled events, their
// own counts.
const valueArray = 0

// hostKey is what hits ask the manager for a Session by.
type hostKey struct{}

// planted is an event's probe in the engine.
type planted struct {
	probe   *tracefs.Probe
	index   int // of the manager
	fetcher *fetch.Fetcher

	// What changes, kept by snapshots.
	life   life
	counts tracefs.Counts
}

// Config is what a Session is made from.
type Config struct {
	Manager *kprobes.Manager
	// Symbols are the kernel's and the scenario's names.
	Symbols func() loader.Symbols
	// Places judges where events may be; nil: Symbols and the code in memory do.
	Places Places
	// Records bounds the trace buffer, which drops the oldest; 0: DefaultRecords.
	Records int
	// SameName is what a second definition of a name does.
	SameName tracefs.SameName
}

// Places knows a kernel's image: its names, and where probes may be.
type Places interface {
	events.Symbols
	// Notrace is as tracefs.Kprobes has it.
	Notrace(addr uint64) bool
	// MayProbe is what register_kprobe() says of the place; 0: yes.
	MayProbe(addr uint64) events.Errno
}

// DefaultRecords is how many records the trace buffer holds; older ones are
// overwritten, and the header says how many were written.
const DefaultRecords = 1 << 16

// StepTime is how long the trace clock lets a step last, in nanoseconds.
const StepTime = 1000

// firstEvent is the number of the first event: those before are the kernel's.
const firstEvent = 1500

// maxPrintk bounds the lines of the kernel's log that are kept.
const maxPrintk = 256

// New joins event files to a machine and makes them a Part of it.
func New(cfg Config) *Session {
	s := &Session{g: cfg.Manager, kernel: cfg.Symbols, places: cfg.Places, byProbe: map[*tracefs.Probe]*planted{}}
	m := s.g.K.M
	s.Dir = tracedir.New(tracedir.Config{
		Registry: tracefs.Config{
			Arch: m.Arch, Release: events.RecordedRelease(m.Arch), Kprobes: (*engine)(s),
			CPUs: len(m.CPUs), FirstID: firstEvent, SameName: cfg.SameName, Now: s.now, Printk: s.printk,
		},
		Array:  tracearray.Config{Records: cmp.Or(cfg.Records, DefaultRecords), Names: s.names, Stack: s.stackOf, Added: s.added},
		Counts: s.Counts,
		List:   s.list,
	})
	s.renewSymbols()
	m.AddPart(s)
	s.cells = m.NewCells()
	s.g.SetHost(hostKey{}, s)
	return s
}

// Printk is what the kernel's log says of the events.
func (s *Session) Printk() []string { return s.log }

// Define appends a line to kprobe_events and enables its event: what
// `trapline run -p` does. The error is the kernel's.
func (s *Session) Define(line string) error {
	before := len(s.Registry().Probes())
	if err := s.Registry().Write(tracefs.KprobeEvents, []byte(line+"\n")); err != nil {
		return err
	}
	for _, p := range s.Registry().Probes()[before:] {
		if err := s.Registry().SetEvent(p.On.Group, p.On.Name, true); err != nil {
			return fmt.Errorf("enable %s/%s: %w", p.On.Group, p.On.Name, err)
		}
	}
	return nil
}

func (s *Session) now() uint64 { return s.g.K.M.Seq * StepTime }

func (s *Session) printk(line string) {
	if len(s.log) < maxPrintk {
		s.log = append(s.log, line)
	}
}

func (s *Session) space() *emu.Space { return s.g.K.M.CPUs[0].Space }

func (s *Session) renewSymbols() {
	s.symbols = newSymbolTable(s.g.K.M.Arch, s.kernel(), s.modules)
	s.target.tracing = s
}

func (s *Session) names() fetch.Names {
	return fetch.Names{Symbols: s.symbols, Trampoline: s.g.Trampoline}
}

// Counts are a probe's hits and misses, as kprobe_profile has them.
func (s *Session) Counts(p *tracefs.Probe) tracefs.Counts {
	pl := s.byProbe[p]
	if pl == nil {
		return tracefs.Counts{}
	}
	c := pl.counts
	c.Missed = s.g.Stats(pl.index).Nmissed
	return c
}
