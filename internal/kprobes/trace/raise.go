package trace

import (
	"fmt"
	"strings"

	"trapline/internal/events/fetch"
	"trapline/internal/events/tracearray"
	"trapline/internal/events/tracefs"
)

// newArray makes the trace array behind the filter and trigger files. Its records go into the Tracing's own buffer.
func (t *Tracing) newArray() *tracearray.Array {
	return tracearray.New(tracearray.Config{
		Registry: t.registry, CPUs: len(t.g.K.M.CPUs), Now: t.now,
		Keep: func(e *tracearray.Entry) {
			t.keep(&entry{rec: e.Record, cpu: e.CPU, flags: e.Flags, time: e.Time, stack: e.Stack})
		},
	})
}

// raise takes a record through the event's filter and triggers. The stack that a trigger shows is the probed function:
// the modelled kernel's own frames are not those of a recorded one.
func (t *Tracing) raise(on *tracefs.Event, e *entry) {
	addr := e.rec.Hit().Addr
	place := fmt.Sprintf("%#x", addr)
	if sym, ok := t.symbols.Lookup(addr); ok {
		place = sym.Name
	}
	t.array.Raise(on, tracearray.Raised{TraceEntry: t.context(e), Record: e.rec, Stack: []string{place}})
}

func (t *Tracing) context(e *entry) tracefs.TraceEntry {
	return tracefs.TraceEntry{Comm: t.comm(e.cpu), PID: firstPID + e.cpu, CPU: e.cpu, Flags: e.flags, Time: e.time}
}

// line is an entry as the trace file shows it.
func (t *Tracing) line(e *entry) string {
	var l fetch.Line
	if e.stack == nil {
		tracefs.AppendTraceLine(&l, tracefs.TraceOptions{}, t.context(e), e.rec, t.names())
		return string(l.Text)
	}
	tracefs.AppendTraceContext(&l, tracefs.TraceOptions{}, t.context(e))
	return string(l.Text) + "<stack trace>\n => " + strings.Join(e.stack, "\n => ") + "\n"
}

// inArray tells which files are the trace array's.
func inArray(name string) bool {
	switch name {
	case "set_event", "set_event_pid", "available_events":
		return true
	}
	_, _, file := splitEvent(name)
	return file == "filter" || file == "trigger" || file == "hist"
}
