package traceuprobe

import (
	"fmt"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracearray"
	"trapline/internal/events/tracedir"
	"trapline/internal/events/tracefs"
	"trapline/internal/linux"
	"trapline/internal/linux/vfs"
	"trapline/internal/uprobes"
	"trapline/internal/x86"
)

// DefaultRecords is how many records the programs that people run keep: those raised later are lost and counted.
const DefaultRecords = 1 << 20

// Session is the uprobe events of one kernel, whatever programs it runs: a tracing directory on a system of uprobes. It
// is a part of the machine of each kernel that is attached, so that snapshots hold it. It is not safe for concurrent use.
type Session struct {
	*tracedir.Dir
	fs     *vfs.FS
	system *uprobes.System
	kernel *linux.Kernel
	probes map[*tracefs.Probe]*probe
	files  map[uint64]file
	sum    uint64 // of the records, for state hashes

	traceOut bool // of hashes
}

// Config is what a Session is made from.
type Config struct {
	Arch x86.Arch // of the kernel
	CPUs int      // at least 1
	FS   *vfs.FS
	// System is the uprobes, which no other Session has.
	System *uprobes.System
	// Records bounds the trace in records, of which the first are kept; 0: the buffer is a kernel's, of pages.
	Records int
	// Printk takes the lines that the kernel's log would get, without a newline; nil drops them.
	Printk func(line string)
	// Rewrite is as tracedir.Config has it.
	Rewrite func(line string) ([]string, error)
}

// firstEvent is the number of the first event.
const firstEvent = 1

// New makes a session without events. Its kernels have the system as their hooks.
func New(cfg Config) *Session {
	s := &Session{fs: cfg.FS, system: cfg.System, probes: map[*tracefs.Probe]*probe{}, files: map[uint64]file{}}
	s.Dir = tracedir.New(tracedir.Config{
		Registry: tracefs.Config{
			Arch: cfg.Arch, Release: events.RecordedRelease(cfg.Arch), CPUs: max(1, cfg.CPUs), FirstID: firstEvent,
			Uprobes: (*engine)(s), Now: s.now, Printk: cfg.Printk,
		},
		Array:   tracearray.Config{Records: cfg.Records, KeepFirst: cfg.Records > 0, Stack: stackOf, Added: s.added, Cleared: func() { s.sum = 0 }},
		Counts:  s.Counts,
		Rewrite: cfg.Rewrite,
	})
	s.system.AddPart(s)
	return s
}

// Attach gives the session the kernel that runs the programs; nil: none does.
func (s *Session) Attach(k *linux.Kernel) {
	s.kernel = k
	s.system.Attach(k)
}

// now is the trace clock in nanoseconds.
func (s *Session) now() uint64 {
	if s.kernel == nil {
		return 0
	}
	return s.kernel.Now()
}

// Instruction is what stands at a probe's place; nil until a process has mapped it, or if it was refused.
func (s *Session) Instruction(def *tracefs.Probe) *uprobes.Instruction {
	return s.system.Instruction(s.Place(def))
}

// Place is where a probe's uprobe is.
func (s *Session) Place(def *tracefs.Probe) uprobes.Place {
	return uprobes.Place{File: s.files[def.File.ID].id, Offset: def.FileOffset, RefCounter: def.RefCounter}
}

// Counts are a probe's hits, also those whose record was lost.
func (s *Session) Counts(def *tracefs.Probe) tracefs.Counts {
	if p := s.probes[def]; p != nil {
		return tracefs.Counts{Hits: p.hits}
	}
	return tracefs.Counts{}
}

// Entries are the events' records in the buffer, in order, without stack traces.
func (s *Session) Entries() []*tracearray.Entry {
	var l []*tracearray.Entry
	for _, e := range s.Array().Entries() {
		if e.Event != nil {
			l = append(l, e)
		}
	}
	return l
}

// Lines are the lines of the trace file without its header, and how many records were lost.
func (s *Session) Lines() string {
	lost := ""
	if n := s.Array().Lost(); n > 0 {
		lost = fmt.Sprintf("# %d entries lost: the buffer holds %d\n", n, len(s.Array().Entries()))
	}
	return s.Array().Lines() + lost
}

// Line is an entry as a line of the trace file, without the columns of time and place and without a newline.
func Line(e *tracearray.Entry) string {
	var l fetch.Line
	e.Record.AppendText(&l, fetch.Names{})
	return strings.TrimSpace(string(l.Text))
}
