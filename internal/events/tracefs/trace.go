package tracefs

import (
	"fmt"
	"strconv"
	"strings"

	"trapline/internal/events/fetch"
)

// Latency flags of a trace line, as recorded: irqs off, need resched,
// interrupt context, preempt depth, migrate disable. A uprobe's handler fills
// them from nothing meaningful, so they are always these on 6.1.
const (
	UprobeFlags = "DNZff"
	FtraceFlags = "....." // kernel probe on a function's ftrace site
	Int3Flags   = "..Zff" // kernel probe by breakpoint, or optimised
)

// TraceOptions are the trace_options that change how lines look. The zero
// value is the kernel's default.
type TraceOptions struct {
	NoContext  bool // nocontext-info: only the function column, no header
	NoIRQInfo  bool // noirq-info: without the latency flags
	RecordTGID bool // record-tgid: with the process's number
	// Counter prints the time as a plain number, for clocks that do not
	// count nanoseconds (trace_clock counter).
	Counter bool
}

// TraceEntry is one line of the trace file, but for the record.
type TraceEntry struct {
	Comm  string
	PID   int
	TGID  int // 0 when it was not recorded
	CPU   int
	Flags string
	Time  uint64 // nanoseconds, or the counter's value
}

// AppendTraceLine prints an entry and its record as a line of the trace file,
// with its newline unless the line is too long (SEMANTICS E6,
// trace_print_context()).
func AppendTraceLine(l *fetch.Line, o TraceOptions, e TraceEntry, rec fetch.Record, names fetch.Names) {
	AppendTraceContext(l, o, e)
	rec.AppendText(l, names)
	l.AddString("\n")
}

// AppendTraceContext prints what stands before the function column.
func AppendTraceContext(l *fetch.Line, o TraceOptions, e TraceEntry) {
	if o.NoContext {
		return
	}
	b := appendRight(l.Text, e.Comm, 16)
	b = append(b, '-')
	end := len(b) + 7
	for b = strconv.AppendInt(b, int64(e.PID), 10); len(b) < end; {
		b = append(b, ' ')
	}
	l.Keep(append(b, ' '))
	switch {
	case !o.RecordTGID:
	case e.TGID == 0:
		l.AddString("(-------) ")
	default:
		l.Keep(append(appendRight(append(l.Text, '('), strconv.Itoa(e.TGID), 7), ") "...))
	}
	l.Keep(append(appendZeros(append(l.Text, '['), uint64(e.CPU), 3), "] "...))
	if !o.NoIRQInfo {
		l.AddString(e.Flags)
	}
	if o.Counter {
		l.Keep(append(appendRight(append(l.Text, ' '), strconv.FormatUint(e.Time, 10), 12), ": "...))
		return
	}
	usec := e.Time / 1000
	b = appendRight(append(l.Text, ' '), strconv.FormatUint(usec/1_000_000, 10), 5)
	l.Keep(append(appendZeros(append(b, '.'), usec%1_000_000, 6), ": "...))
}

// appendRight appends s, with blanks ahead up to a width. Package fmt takes as long for this as all else of a line does.
func appendRight(b []byte, s string, width int) []byte {
	for range width - len(s) {
		b = append(b, ' ')
	}
	return append(b, s...)
}

// appendZeros appends n, with zeros ahead up to a width.
func appendZeros(b []byte, n uint64, width int) []byte {
	var digits [20]byte
	d := strconv.AppendUint(digits[:0], n, 10)
	for range width - len(d) {
		b = append(b, '0')
	}
	return append(b, d...)
}

// TraceHeader is the head of the trace file. buffered counts the records that
// the file holds, written those that were ever written, cpus the online CPUs.
func TraceHeader(o TraceOptions, buffered, written, cpus int) string {
	const nop = "# tracer: nop\n#\n"
	if o.NoContext {
		return nop
	}
	b := nop + fmt.Sprintf("# entries-in-buffer/entries-written: %d/%d   #P:%d\n#\n", buffered, written, cpus)
	if o.NoIRQInfo {
		return b + o.plainColumns()
	}
	return b + o.latencyColumns()
}

func (o TraceOptions) plainColumns() string {
	title, rule := "", ""
	if o.RecordTGID {
		title, rule = "   TGID   ", "     |    "
	}
	return fmt.Sprintf("#           TASK-PID    %s CPU#     TIMESTAMP  FUNCTION\n", title) +
		fmt.Sprintf("#              | |      %s   |         |         |\n", rule)
}

func (o TraceOptions) latencyColumns() string {
	pad, title, rule := 2, "  ", "  "
	if o.RecordTGID {
		pad, title, rule = 12, "     TGID   ", "       |    "
	}
	left := "#" + strings.Repeat(" ", 28+pad)
	return left + "  _-----=> irqs-off/BH-disabled\n" +
		left + " / _----=> need-resched\n" +
		left + "| / _---=> hardirq/softirq\n" +
		left + "|| / _--=> preempt-depth\n" +
		left + "||| / _-=> migrate-disable\n" +
		left + "|||| /     delay\n" +
		"#           TASK-PID  " + title + " CPU#  |||||  TIMESTAMP  FUNCTION\n" +
		"#              | |    " + rule + "   |   |||||     |         |\n"
}
