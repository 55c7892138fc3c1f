package tracearray

import (
	"fmt"
	"strconv"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/filter"
	"trapline/internal/events/tracefs"
)

// triggerKind is what can stand for itself among an event's triggers: a second of the same kind is refused
// (enum event_trigger_type).
type triggerKind uint8

const (
	onOff triggerKind = iota // traceon and traceoff
	snapshot
	stackTrace
	enableEvent // enable_event and disable_event, one of each target
	enableHist  // enable_hist and disable_hist, the same
	histogram
)

// triggerCommand is a word of the trigger file.
type triggerCommand struct {
	name string
	kind triggerKind
	on   bool // switches on
	post bool // runs behind the record (EVENT_CMD_FL_POST_TRIGGER)
}

// triggerCommands are in the order in which the trigger file lists them.
var triggerCommands = []triggerCommand{
	{"traceon", onOff, true, false},
	{"traceoff", onOff, false, true},
	{"snapshot", snapshot, false, false},
	{"stacktrace", stackTrace, false, true},
	{"enable_event", enableEvent, true, false},
	{"disable_event", enableEvent, false, false},
	{"enable_hist", enableHist, true, false},
	{"disable_hist", enableHist, false, false},
	{"hist", histogram, false, false},
}

// trigger is one of an event's triggers (struct event_trigger_data).
type trigger struct {
	triggerCommand
	target  *tracefs.Event // of enable_event and its like
	counted bool           // a count was given
	count   uint64         // how often it still acts
	filter  *filter.Filter
	text    string // of the condition
	hist    *hist
	paused  bool
}

func (t *trigger) needsRecord() bool { return t.filter != nil || t.post || t.kind == histogram }

// conditional tells whether triggers have to look at the record (EVENT_FILE_FL_TRIGGER_COND).
func (f *eventFile) conditional() bool {
	for _, t := range f.triggers {
		if t.needsRecord() {
			return true
		}
	}
	return false
}

// runConditional runs the triggers that a record satisfies, and gives those that run behind it: all of the kinds that
// one of them was satisfied of (event_triggers_call()).
func (f *eventFile) runConditional(a *Array, ev *filter.Event, r *Raised) []*trigger {
	kinds := map[triggerKind]bool{}
	for _, t := range f.triggers {
		switch {
		case t.paused || !t.filter.Match(ev):
		case t.post:
			kinds[t.kind] = true
		case t.kind == histogram:
			t.hist.add(ev)
		default:
			t.run(a, r)
		}
	}
	var after []*trigger
	for _, t := range f.triggers {
		if kinds[t.kind] && !t.paused {
			after = append(after, t)
		}
	}
	return after
}

// run acts, unless there is nothing to change or the count is used up.
func (t *trigger) run(a *Array, r *Raised) {
	switch t.kind {
	case onOff:
		if a.off != t.on || !t.use() {
			return
		}
		a.off = !t.on
	case snapshot:
		if t.use() {
			a.buffers, a.spare = a.spare, a.buffers
		}
	case stackTrace:
		if t.use() {
			a.addStack(r)
		}
	case enableEvent:
		if t.counted && t.target.SoftDisabled != t.on || !t.use() {
			return
		}
		t.target.SoftDisabled = !t.on
	case enableHist:
		for _, h := range a.file(t.target).triggers {
			if h.kind == histogram {
				h.paused = !t.on
			}
		}
	}
}

func (t *trigger) use() bool {
	if !t.counted {
		return true
	}
	if t.count == 0 {
		return false
	}
	t.count--
	return true
}

func (a *Array) addStack(r *Raised) {
	const header, word = 16, 8 // common fields and the length; an address
	stack := []string{}
	if a.cfg.Stack != nil {
		stack = a.cfg.Stack(r)
	}
	a.add(Entry{TraceEntry: r.TraceEntry, Stack: stack, size: header + word*len(stack)})
}

// String is the trigger's line in the trigger file.
func (t *trigger) String() string {
	if t.kind == histogram {
		return t.hist.line(t)
	}
	s := t.name
	if t.target != nil {
		s += ":" + t.target.Group + ":" + t.target.Name
	}
	if t.counted {
		s += fmt.Sprintf(":count=%d", t.count)
	} else {
		s += ":unlimited"
	}
	return s + t.condition()
}

func (t *trigger) condition() string {
	if t.text == "" {
		return ""
	}
	return " if " + t.text
}

// triggerText is the trigger file.
func (a *Array) triggerText(e *tracefs.Event) string {
	f := a.file(e)
	var b strings.Builder
	if len(f.triggers) == 0 {
		b.WriteString("# Available triggers:\n#")
		for _, c := range triggerCommands {
			b.WriteString(" " + c.name)
		}
		b.WriteByte('\n')
	}
	for _, t := range f.triggers {
		b.WriteString(t.String() + "\n")
	}
	return b.String()
}

// writeTrigger obeys "[!]COMMAND[:PARAM][ if EXPR]" (trigger_process_regex()).
func (a *Array) writeTrigger(e *tracefs.Event, text string) events.Errno {
	text = strings.Trim(text, spaces)
	word, rest := text, ""
	if i := strings.IndexAny(text, ": \t"); i >= 0 {
		word, rest = text[:i], strings.TrimLeft(text[i+1:], spaces)
	}
	word, remove := strings.CutPrefix(word, "!")
	for _, c := range triggerCommands {
		if c.name != word {
			continue
		}
		t := &trigger{triggerCommand: c}
		switch c.kind {
		case histogram:
			return a.writeHist(e, t, rest, remove)
		case enableEvent, enableHist:
			return a.writeEnable(e, t, rest, remove)
		}
		param, cond := "", rest
		if rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			param, cond = cutSpace(rest)
		}
		if remove {
			a.removeTrigger(e, t)
			return 0
		}
		return a.addTrigger(e, t, param, cond)
	}
	return events.EINVAL
}

const spaces = " \t\n\v\f\r"

// cutSpace splits at the first blank, leaving out the blanks behind it.
func cutSpace(s string) (before, after string) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimLeft(s[i+1:], spaces)
}

// writeEnable obeys "enable_event:GROUP:EVENT[:COUNT][ if EXPR]" and its like (event_enable_trigger_parse()).
func (a *Array) writeEnable(e *tracefs.Event, t *trigger, rest string, remove bool) events.Errno {
	param, cond := cutSpace(rest)
	group, name, ok := strings.Cut(param, ":")
	name, count, counted := strings.Cut(name, ":")
	if !ok {
		return events.EINVAL
	}
	if t.target = a.cfg.Registry.Event(group, name); t.target == nil {
		return events.EINVAL
	}
	if remove {
		a.removeTrigger(e, t)
		return 0
	}
	if counted && count == "" {
		return events.EINVAL
	}
	if errno := a.cfg.Registry.SetSoft(t.target, true); errno != 0 {
		return errno
	}
	errno := a.addTrigger(e, t, count, cond)
	if errno != 0 {
		a.cfg.Registry.SetSoft(t.target, false)
	}
	return errno
}

// addTrigger puts a trigger before the others. The event is raised from now on, enabled or not.
func (a *Array) addTrigger(e *tracefs.Event, t *trigger, param, cond string) events.Errno {
	if param != "" {
		number, _, _ := strings.Cut(param, ":")
		n, err := strconv.ParseUint(number, 0, 64)
		if err != nil {
			return events.EINVAL
		}
		t.counted, t.count = true, n
		if int64(n) == -1 {
			t.counted = false
		}
	}
	if errno := t.setCondition(e, cond); errno != 0 {
		return errno
	}
	f := a.file(e)
	for _, o := range f.triggers {
		if o.kind == t.kind && o.target == t.target && t.kind != histogram {
			return events.EEXIST
		}
	}
	if t.kind == snapshot && a.spare == nil {
		for _, b := range a.buffers {
			a.spare = append(a.spare, b.empty())
		}
	}
	if errno := a.cfg.Registry.SetSoft(e, true); errno != 0 {
		return errno
	}
	f.triggers = append([]*trigger{t}, f.triggers...)
	return 0
}

func (t *trigger) setCondition(e *tracefs.Event, cond string) events.Errno {
	if cond == "" {
		return 0
	}
	word, text, ok := strings.Cut(strings.Replace(cond, "\t", " ", 1), " ")
	if word != "if" || !ok {
		return events.EINVAL
	}
	p, err := filter.Parse(text, filter.Fields(e.Probes[0].Definition))
	if err != nil {
		return err.Errno
	}
	t.filter, t.text = p, text
	return 0
}

// removeTrigger takes away the trigger of the same kind, whatever its count and condition.
func (a *Array) removeTrigger(e *tracefs.Event, like *trigger) {
	f := a.file(e)
	for i, t := range f.triggers {
		if t.kind == like.kind && t.target == like.target {
			a.drop(e, i)
			return
		}
	}
}

func (a *Array) drop(e *tracefs.Event, i int) {
	f := a.file(e)
	t := f.triggers[i]
	f.triggers = append(f.triggers[:i:i], f.triggers[i+1:]...)
	a.cfg.Registry.SetSoft(e, false)
	if t.target != nil {
		a.cfg.Registry.SetSoft(t.target, false)
	}
}
