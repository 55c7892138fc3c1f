package tracekprobe

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracearray"
	"trapline/internal/events/tracefs"
	"trapline/internal/kprobes"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// NoteEvent marks an event that fired; its text is the trace line's function
// column.
const NoteEvent emu.NoteKind = "event"

// hit is the handler of an event's probe (kprobe_dispatcher(),
// kretprobe_dispatcher()): of the n-th that was planted.
func hit(n int) kprobes.Action {
	return func(c *kprobes.Call) uint64 {
		s := c.Host(hostKey{}).(*Session)
		s.hit(s.planted[n], c)
		return 0
	}
}

func (s *Session) hit(p *planted, c *kprobes.Call) {
	p.counts.Hits++
	on := p.probe.On
	c.Door.Touch(s.cells.Loc(valueArray), emu.Reads) // a task's write changes it
	plain := s.Array().Plain(on)
	if !on.Enabled || plain && s.Array().Off() {
		return
	}
	s.target.call, s.target.door = c, s.g.K.M.Look() // what is only shown decides nothing
	if !plain {
		s.target.door = c.Door
	}
	h := fetch.Hit{Addr: p.probe.Addr}
	if c.Kind == kprobes.OnReturn {
		h.Return = c.Ret.Addr
	}
	rec, ok := p.fetcher.Fetch(&s.target, h)
	if !ok {
		return
	}
	if !plain {
		c.Door.Touch(s.cells.Loc(valueArray), emu.Writes)
	}
	s.raised = tracearray.Raised{Record: rec, TraceEntry: tracefs.TraceEntry{
		Comm: s.comm(c.CPU.ID), PID: firstPID + c.CPU.ID, CPU: c.CPU.ID, Flags: flagsOf(c), Time: s.now(),
	}}
	s.Array().Raise(on, &s.raised)
}

// added tells of a record that was written.
func (s *Session) added(e *tracearray.Entry) {
	if m := s.g.K.M; !m.Quiet && e.Event != nil {
		var l fetch.Line
		e.Record.AppendText(&l, s.names())
		m.Note(emu.Note{Kind: NoteEvent, ID: "E6", Text: string(l.Text), Addr: e.Record.Hit().Addr})
	}
}

// stackOf is the stack that a stacktrace trigger shows, the probed function: the
// modelled kernel's own frames are not those of a recorded one.
func (s *Session) stackOf(r *tracearray.Raised) []string {
	addr := r.Record.Hit().Addr
	if sym, ok := s.symbols.Lookup(addr); ok {
		return []string{sym.Name}
	}
	return []string{fmt.Sprintf("%#x", addr)}
}

// flagsOf is the latency column: only whether interrupts were on is the
// interrupted code's, the rest is always so inside an int3's handler.
func flagsOf(c *kprobes.Call) string {
	flags := tracefs.Int3Flags
	if c.Kind == kprobes.OnReturn {
		flags = tracefs.FtraceFlags
	}
	if c.Regs.Get(traps.FieldFlags)&x86.IF == 0 {
		return "d" + flags[1:]
	}
	return flags
}

// firstPID is the process number of cpu 0's task; the next CPUs' follow.
const firstPID = 100
