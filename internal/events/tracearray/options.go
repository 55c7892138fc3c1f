package tracearray

import (
	"slices"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
)

// options are the trace options that are set; optionNames gives their order in trace_options.
type options []string

const (
	optionRaw         = "raw"
	optionHex         = "hex"
	optionContext     = "context-info"
	optionLatency     = "latency-format"
	optionRecordTGID  = "record-tgid"
	optionOverwrite   = "overwrite"
	optionIRQ         = "irq-info"
	optionEventFork   = "event-fork"
	negativePrefix    = "no"
	defaultClock      = "global"
	counterClock      = "counter"
	cyclesClock       = "x86-tsc"
	clockList         = "local global counter uptime perf mono mono_raw boot tai x86-tsc"
	optionList        = "print-parent sym-offset sym-addr verbose raw hex bin block trace_printk annotate userstacktrace sym-userobj printk-msg-only context-info latency-format record-cmd record-tgid overwrite disable_on_free irq-info markers event-fork pause-on-trace hash-ptr function-trace function-fork display-graph stacktrace test_nop_accept test_nop_refuse"
	defaultOptionList = "print-parent trace_printk annotate context-info record-cmd overwrite irq-info markers hash-ptr function-trace"
)

func defaultOptions() options { return strings.Fields(defaultOptionList) }

func (o options) on(name string) bool { return slices.Contains(o, name) }

// set obeys NAME or noNAME.
func (o *options) set(text string) events.Errno {
	name, value := text, true
	if rest, ok := strings.CutPrefix(text, negativePrefix); ok {
		name, value = rest, false
	}
	if !slices.Contains(strings.Fields(optionList), name) {
		return events.EINVAL
	}
	*o = slices.DeleteFunc(slices.Clone(*o), func(s string) bool { return s == name })
	if value {
		*o = append(*o, name)
	}
	return 0
}

// setOption is a write to trace_options.
func (a *Array) setOption(text string) events.Errno {
	errno := a.options.set(text)
	a.overwrite, a.tgid = a.options.on(optionOverwrite), a.options.on(optionRecordTGID)
	return errno
}

// text is the file trace_options.
func (o options) text() string {
	var b strings.Builder
	for _, name := range strings.Fields(optionList) {
		if !o.on(name) {
			b.WriteString(negativePrefix)
		}
		b.WriteString(name + "\n")
	}
	return b.String()
}

// line is how lines are printed.
func (a *Array) line() tracefs.TraceOptions {
	return tracefs.TraceOptions{
		NoContext: !a.options.on(optionContext), NoIRQInfo: !a.options.on(optionIRQ),
		RecordTGID: a.options.on(optionRecordTGID), Counter: a.clock == counterClock || a.clock == cyclesClock,
	}
}

// clockText is the file trace_clock.
func (a *Array) clockText() string {
	return strings.Replace(" "+clockList+" ", " "+a.clock+" ", " ["+a.clock+"] ", 1)[1:len(clockList)+3] + "\n"
}

// setClock changes the clock, which empties the buffer.
func (a *Array) setClock(name string) events.Errno {
	if !slices.Contains(strings.Fields(clockList), name) {
		return events.EINVAL
	}
	a.clock = name
	a.Clear()
	return 0
}
