package traceuprobe

import (
	"errors"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracearray"
	"trapline/internal/events/tracefs"
	"trapline/internal/linux"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
	"trapline/internal/uprobes"
)

// engine is a Session as the system behind uprobe_events.
type engine Session

var _ tracefs.Uprobes = (*engine)(nil)

type file struct {
	id   uprobes.FileID
	size uint64
}

// probe is an event's probe and what it does in the system of uprobes.
type probe struct {
	def      *tracefs.Probe
	fetcher  *fetch.Fetcher
	consumer *uprobes.Consumer
	hits     uint64
}

// Stat finds the file of a definition.
func (e *engine) Stat(path string) (events.File, events.Errno) {
	st, err := e.fs.Stat(path)
	if err != nil {
		var errno abi.Errno
		if errors.As(err, &errno) {
			return events.File{}, events.Errno(errno)
		}
		return events.File{}, events.ENOENT
	}
	sys := vfs.StatOf(st)
	id := sys.Ino ^ sys.Dev<<40 // inode numbers count per device
	e.files[id] = file{uprobes.FileID{Dev: sys.Dev, Ino: sys.Ino}, uint64(st.Size())}
	return events.File{ID: id, Regular: st.Mode().IsRegular()}, 0
}

// File is a file as uprobes know it.
type File struct {
	ID   uprobes.FileID
	Size uint64 // bytes
}

// File finds a file by its path in the tree that the session resolves paths in.
func (s *Session) File(path string) (File, events.Errno) {
	f, errno := (*engine)(s).Stat(path)
	if errno != 0 {
		return File{}, errno
	}
	x := s.files[f.ID]
	return File{x.id, x.size}, 0
}

// Register attaches an event's probe.
func (e *engine) Register(def *tracefs.Probe) events.Errno {
	s := (*Session)(e)
	p := s.probes[def]
	if p == nil {
		p = &probe{def: def, fetcher: fetch.NewFetcher(def.Program, nil)}
		s.probes[def] = p
	}
	p.consumer = &uprobes.Consumer{Handler: func(h *uprobes.Hit) bool {
		p.hits++
		if !def.Return {
			s.record(p, h)
		}
		return false
	}}
	if def.Return {
		p.consumer.Return = func(h *uprobes.Hit) { s.record(p, h) }
	}
	return s.system.Register(s.Place(def), s.files[def.File.ID].size, p.consumer)
}

// Unregister detaches it.
func (e *engine) Unregister(def *tracefs.Probe) {
	if p := e.probes[def]; p != nil {
		e.system.Unregister((*Session)(e).Place(def), p.consumer)
	}
}

// uprobeContext is common_flags and common_preempt_count of a uprobe's record: 6.1 takes one from a preemption count
// that is not raised, and all bits are set.
var uprobeContext = [2]byte{0xff, 0xff}

// record makes a record of a hit (uprobe_trace_func(), uretprobe_trace_func()).
func (s *Session) record(p *probe, h *uprobes.Hit) {
	if on := p.def.On; s.Array().Plain(on) && s.Array().Off() {
		return
	}
	rec, ok := p.fetcher.Fetch(task{h.Thread}, fetch.Hit{Addr: h.Addr, Return: h.Return})
	if !ok {
		return
	}
	s.Array().Raise(p.def.On, &tracearray.Raised{
		TraceEntry: tracefs.TraceEntry{
			Comm: h.Thread.Name(), PID: h.Thread.TID, TGID: h.Thread.Process().PID,
			CPU: h.Thread.CPU().ID, Flags: tracefs.UprobeFlags, Time: linux.KernelOf(h.Thread.Process().MM()).Now(),
		},
		Record: rec, Context: uprobeContext,
	})
}

// stackOf is the kernel's stack at a uprobe, innermost first, as a stacktrace trigger shows it: for an entry probe as
// recorded, a return probe's dispatcher is another.
func stackOf(r *tracearray.Raised) []string {
	dispatcher := "uprobe_dispatcher"
	if r.Record.Program.Definition().Return {
		dispatcher = "uretprobe_dispatcher"
	}
	return []string{"__uprobe_trace_func", dispatcher, "uprobe_notify_resume", "exit_to_user_mode_prepare", "irqentry_exit_to_user_mode", "asm_exc_int3"}
}
