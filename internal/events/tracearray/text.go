package tracearray

import (
	"bytes"
	"fmt"
	"strings"

	"trapline/internal/events/fetch"
	"trapline/internal/events/tracefs"
)

// release is what the header of the latency format names.
const release = "6.1.0-56-amd64"

// Text is the trace file: head and lines.
func (a *Array) Text() string { return a.textOf(a.buffers) }

func (a *Array) textOf(buffers []buffer) string {
	list := merged(buffers)
	written := len(list)
	for _, b := range buffers {
		written += b.counts().overrun
	}
	if a.options.on(optionLatency) {
		return a.latencyHeader(len(list), written) + a.lines(list)
	}
	return tracefs.TraceHeader(a.line(), len(list), written, a.cfg.CPUs) + a.lines(list)
}

// Lines is the trace without its head.
func (a *Array) Lines() string { return a.lines(a.Entries()) }

// EntryLines are the same by entry, without their last newlines.
func (a *Array) EntryLines() []string {
	var l []string
	a.eachLine(a.Entries(), func(text []byte) { l = append(l, string(bytes.TrimSuffix(text, []byte("\n")))) })
	return l
}

func (a *Array) lines(list []*Entry) string {
	const most = 64 << 20 // bytes that are taken ahead
	var b strings.Builder
	a.eachLine(list, func(text []byte) {
		if b.Len() == 0 { // the others are about as long
			b.Grow(min((len(text)+8)*len(list), most))
		}
		b.Write(text)
	})
	return b.String()
}

// eachLine gives the entries' lines, each until the next one.
func (a *Array) eachLine(list []*Entry, see func([]byte)) {
	var b bytes.Buffer
	var l fetch.Line
	for i, e := range list {
		var next *Entry
		if i+1 < len(list) {
			next = list[i+1]
		}
		b.Reset()
		l.Reset()
		a.appendLine(&b, &l, e, next)
		see(b.Bytes())
	}
}

// Consume is one reading of trace_pipe up to where it would wait: what is read is taken out.
func (a *Array) Consume() string {
	var list []*Entry
	for range a.Entries() {
		var oldest buffer
		for _, b := range a.buffers {
			if e := b.next(false); e != nil && (oldest == nil || e.seq < oldest.next(false).seq) {
				oldest = b
			}
		}
		list = append(list, oldest.next(true))
	}
	return a.lines(list)
}

// appendLine appends the lines of an entry to b. l is empty, and lends its room.
func (a *Array) appendLine(b *bytes.Buffer, l *fetch.Line, e, next *Entry) {
	switch {
	case a.options.on(optionRaw):
		fmt.Fprintf(b, "%d %d %d type: %d\n", e.PID, e.CPU, e.Time, e.eventID())
		return
	case a.options.on(optionHex):
		fmt.Fprintf(b, "%08x %08x %016x type: %d\n\n", e.PID, e.CPU, e.Time, e.eventID())
		return
	}
	o := a.line()
	if a.options.on(optionLatency) && !o.NoContext {
		b.WriteString(a.latencyContext(e, next))
		o.NoContext = true
	}
	if e.Stack == nil {
		tracefs.AppendTraceLine(l, o, e.context(), e.Record, a.names())
		b.Write(l.Text)
		return
	}
	tracefs.AppendTraceContext(l, o, e.context())
	b.Write(l.Text)
	b.WriteString("<stack trace>\n")
	for _, f := range e.Stack {
		b.WriteString(" => " + f + "\n")
	}
}

func (a *Array) names() fetch.Names {
	if a.cfg.Names == nil {
		return fetch.Names{}
	}
	return a.cfg.Names()
}

// context is what the trace file shows of an entry's TraceEntry.
func (e *Entry) context() tracefs.TraceEntry {
	c := e.TraceEntry
	if e.noTGID {
		c.TGID = 0
	}
	return c
}

// stackType is the number of stack traces among the kinds of entries (TRACE_STACK).
const stackType = 4

func (e *Entry) eventID() int {
	if e.Event == nil {
		return stackType
	}
	return e.Event.ID
}

func (a *Array) latencyContext(e, next *Entry) string {
	mark := byte(' ')
	if next != nil {
		mark = timeMark(next.Time - e.Time)
	}
	return fmt.Sprintf("%8.8s-%-7d %3d%s %4dus%c: ", e.Comm, e.PID, e.CPU, e.Flags, (e.Time-a.start)/1000, mark)
}

// timeMark shows how long it is to the next entry, in nanoseconds.
func timeMark(d uint64) byte {
	for _, m := range []struct {
		above uint64
		mark  byte
	}{{1e9, '$'}, {1e8, '@'}, {1e7, '*'}, {1e6, '#'}, {1e5, '!'}, {1e4, '+'}} {
		if d > m.above {
			return m.mark
		}
	}
	return ' '
}

func (a *Array) latencyHeader(entries, written int) string {
	return "# tracer: nop\n#\n" +
		"# nop latency trace v1.1.5 on " + release + "\n" +
		"# --------------------------------------------------------------------\n" +
		fmt.Sprintf("# latency: 0 us, #%d/%d, CPU#0 | (M:desktop VP:0, KP:0, SP:0 HP:0 #P:%d)\n", entries, written, a.cfg.CPUs) +
		"#    -----------------\n" +
		"#    | task: -0 (uid:0 nice:0 policy:0 rt_prio:0)\n" +
		"#    -----------------\n" +
		"#\n" +
		"#                    _------=> CPU#            \n" +
		"#                   / _-----=> irqs-off/BH-disabled\n" +
		"#                  | / _----=> need-resched    \n" +
		"#                  || / _---=> hardirq/softirq \n" +
		"#                  ||| / _--=> preempt-depth   \n" +
		"#                  |||| / _-=> migrate-disable \n" +
		"#                  ||||| /     delay           \n" +
		"#  cmd     pid     |||||| time  |   caller     \n" +
		"#     \\   /        ||||||  \\    |    /       \n"
}
