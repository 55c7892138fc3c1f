package tracearray

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/filter"
	"trapline/internal/events/tracefs"
)

// groupFilterText is a group's filter file while nothing went wrong.
const groupFilterText = "### global filter ###\n# Use this to set filters for multiple events.\n" +
	"# Only events with the given fields will be affected.\n" +
	"# If no events are modified, an error message will be displayed here\n"

// eventFiles and groupFiles are what the directories below events/ hold.
var (
	eventFiles = []string{"enable", "filter", "format", "hist", "id", "trigger"}
	groupFiles = []string{"enable", "filter"}
)

// ReadFile gives what reading a file gives; names are those below /sys/kernel/tracing. ENOENT means that it is no
// file of an Array's.
func (a *Array) ReadFile(name string) (string, error) {
	switch name = path.Clean(name); name {
	case "trace":
		return a.Text(), nil
	case "trace_pipe":
		return a.Consume(), nil
	case "snapshot":
		return a.textOf(a.spare), nil
	case "tracing_on":
		return bit(!a.off), nil
	case "trace_options":
		return a.options.text(), nil
	case "trace_clock":
		return a.clockText(), nil
	case "buffer_size_kb":
		return a.sizeText(), nil
	case "set_event":
		return a.eventList(func(e *tracefs.Event) bool { return e.Enabled }), nil
	case "available_events":
		return a.eventList(func(*tracefs.Event) bool { return true }), nil
	case "set_event_pid":
		var b strings.Builder
		for _, pid := range a.pids {
			fmt.Fprintf(&b, "%d\n", pid)
		}
		return b.String(), nil
	}
	w := strings.Split(name, "/")
	switch {
	case len(w) == 2 && w[0] == "options" && slices.Contains(strings.Fields(optionList), w[1]):
		return bit(a.options.on(w[1])), nil
	case len(w) == 3 && w[0] == "per_cpu" && w[2] == "stats":
		return a.stats(w[1])
	case len(w) == 3 && w[0] == "events":
		return a.readGroup(w[1], w[2])
	case len(w) == 4 && w[0] == "events":
		return a.readEvent(w[1], w[2], w[3])
	}
	return "", events.ENOENT
}

func bit(on bool) string {
	if on {
		return "1\n"
	}
	return "0\n"
}

func (a *Array) readGroup(group, file string) (string, error) {
	state, err := a.cfg.Registry.GroupState(group)
	switch {
	case err != nil || file == "enable":
		return state, err
	case file != "filter":
		return "", events.ENOENT
	}
	return groupFilterText, nil
}

func (a *Array) readEvent(group, name, file string) (string, error) {
	e := a.cfg.Registry.Event(group, name)
	if e == nil {
		return "", events.ENOENT
	}
	switch file {
	case "enable":
		return a.cfg.Registry.EventState(group, name)
	case "format":
		return a.cfg.Registry.Format(group, name)
	case "id":
		return fmt.Sprintln(e.ID), nil
	case "filter":
		if text := a.file(e).text; text != "" {
			return text + "\n", nil
		}
		return "none\n", nil
	case "trigger":
		return a.triggerText(e), nil
	case "hist":
		return a.histText(e), nil
	}
	return "", events.ENOENT
}

// List names what a directory below events/ holds, sorted.
func (a *Array) List(dir string) ([]string, error) {
	w := strings.Split(path.Clean(dir), "/")
	var l []string
	for _, e := range a.cfg.Registry.Events() {
		switch {
		case len(w) == 1 && w[0] == "events":
			l = append(l, e.Group)
		case len(w) == 2 && e.Group == w[1]:
			l = append(l, append([]string{e.Name}, groupFiles...)...)
		case len(w) == 3 && e.Group == w[1] && e.Name == w[2]:
			l = append(l, eventFiles...)
		}
	}
	if l == nil {
		return nil, events.ENOENT
	}
	slices.Sort(l)
	return slices.Compact(l), nil
}

func (a *Array) eventList(want func(*tracefs.Event) bool) string {
	var b strings.Builder
	for _, e := range a.cfg.Registry.Events() {
		if want(e) {
			b.WriteString(e.Group + ":" + e.Name + "\n")
		}
	}
	return b.String()
}

// sizeText is buffer_size_kb. Until an event was enabled the buffer is at its least.
func (a *Array) sizeText() string {
	switch {
	case a.kb > 0:
		return fmt.Sprintln(a.kb)
	case !a.everEnabled():
		return fmt.Sprintf("%d (expanded: %d)\n", minPages*pageRoom>>10, DefaultBuffer>>10)
	}
	return fmt.Sprintln(a.rings[0].size() >> 10)
}

func (a *Array) everEnabled() bool {
	return a.seq > 0 || slices.ContainsFunc(a.cfg.Registry.Events(), func(e *tracefs.Event) bool { return e.Enabled })
}

// stats is per_cpu/cpuN/stats.
func (a *Array) stats(cpu string) (string, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(cpu, "cpu"))
	if err != nil || n < 0 || n >= len(a.rings) || cpu != fmt.Sprint("cpu", n) {
		return "", events.ENOENT
	}
	r := a.rings[n]
	list := r.entries()
	oldest := uint64(0)
	if len(list) > 0 {
		oldest = list[0].Time
	}
	return fmt.Sprintf("entries: %d\noverrun: %d\ncommit overrun: 0\nbytes: %d\noldest event ts: %s\nnow ts: %s\ndropped events: %d\nread events: %d\n",
		len(list), r.overrun, r.bytes(), seconds(oldest), seconds(a.now()), r.dropped, r.read), nil
}

func seconds(ns uint64) string {
	us := (ns + 500) / 1000
	return fmt.Sprintf("%5d.%06d", us/1_000_000, us%1_000_000)
}

// WriteFile writes data to a file as one write(2) does, after opening it with O_TRUNC or O_APPEND. The error is an
// errno.
func (a *Array) WriteFile(name, data string, truncate bool) error {
	name = path.Clean(name)
	text := strings.Trim(data, spaces)
	if errno, known := a.writeControl(name, text, truncate); known {
		return asError(errno)
	}
	w := strings.Split(name, "/")
	switch {
	case len(w) == 2 && w[0] == "options" && slices.Contains(strings.Fields(optionList), w[1]):
		if text != "0" && text != "1" {
			return events.EINVAL
		}
		if text == "0" {
			return asError(a.options.set(negativePrefix + w[1]))
		}
		return asError(a.options.set(w[1]))
	case len(w) == 3 && w[0] == "events":
		return a.writeGroup(w[1], w[2], data)
	case len(w) == 4 && w[0] == "events":
		return a.writeEvent(w[1], w[2], w[3], data, truncate)
	}
	return events.ENOENT
}

func asError(errno events.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}

// writeControl writes the files of the whole array; known is false for others.
func (a *Array) writeControl(name, text string, truncate bool) (errno events.Errno, known bool) {
	switch name {
	case "trace":
		if truncate {
			a.Clear()
		}
	case "tracing_on":
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return events.EINVAL, true
		}
		a.off = n == 0
	case "trace_options":
		return a.options.set(text), true
	case "trace_clock":
		return a.setClock(text), true
	case "buffer_size_kb":
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil || n == 0 {
			return events.EINVAL, true
		}
		a.kb = int(n)
		for _, r := range a.rings {
			r.resize(int(n) << 10)
		}
	case "set_event":
		return a.setEvents(text, truncate), true
	case "set_event_pid":
		if truncate {
			a.pids = nil
		}
		for _, w := range strings.Fields(text) {
			pid, err := strconv.ParseUint(w, 0, 22) // PID_MAX_LIMIT
			if err != nil {
				return events.EINVAL, true
			}
			a.pids = append(a.pids, int(pid))
		}
		slices.Sort(a.pids)
		a.pids = slices.Compact(a.pids)
	default:
		return 0, false
	}
	return 0, true
}

// setEvents enables events by the words of set_event, and disables those behind
// "!"; truncated, it begins with none. A word that no event matches ends it.
func (a *Array) setEvents(text string, truncate bool) events.Errno {
	var errno events.Errno
	if truncate {
		for _, e := range a.cfg.Registry.Events() {
			_ = a.cfg.Registry.SetEvent(e.Group, e.Name, false) // disabling does not fail
		}
	}
	for _, w := range strings.Fields(text) {
		w, off := strings.CutPrefix(w, "!")
		if err := a.cfg.Registry.SetMatching(w, !off); errors.As(err, &errno) {
			return errno
		}
	}
	return 0
}

func (a *Array) writeGroup(group, file, data string) error {
	if _, err := a.cfg.Registry.GroupState(group); err != nil {
		return err
	}
	switch file {
	case "enable":
		on, errno := tracefs.ParseSwitch(data)
		if errno != 0 {
			return errno
		}
		return a.cfg.Registry.SetGroup(group, on)
	case "filter":
		for _, e := range a.cfg.Registry.Events() {
			if e.Group == group {
				a.setFilter(e, data, true)
			}
		}
		return nil
	}
	return events.ENOENT
}

func (a *Array) writeEvent(group, name, file, data string, truncate bool) error {
	e := a.cfg.Registry.Event(group, name)
	if e == nil {
		return events.ENOENT
	}
	switch file {
	case "enable":
		on, errno := tracefs.ParseSwitch(data)
		if errno != 0 {
			return errno
		}
		return a.cfg.Registry.SetEvent(group, name, on)
	case "filter":
		return asError(a.setFilter(e, data, false))
	case "trigger":
		if truncate {
			a.removeHists(e)
		}
		return asError(a.writeTrigger(e, data))
	}
	return events.EINVAL
}

// setFilter writes an event's filter file. After a refusal nothing is filtered, and the file says why; when the
// expression came through the group's file, only that (apply_event_filter(), process_system_preds()).
func (a *Array) setFilter(e *tracefs.Event, data string, byGroup bool) events.Errno {
	text := strings.TrimRight(data, spaces)
	f := a.file(e)
	if strings.TrimLeft(text, spaces) == "0" {
		f.filter, f.text = nil, ""
		return 0
	}
	p, err := filter.Parse(text, filter.Fields(e.Probes[0].Definition))
	f.filter = p
	if err == nil {
		f.text = text
		return 0
	}
	if byGroup {
		err = &filter.Error{Errno: err.Errno, Problem: filter.BadInSubsystem, Text: err.Text}
	}
	f.text = err.FileText()
	a.cfg.Registry.LogRefusal(err.LogText())
	return err.Errno
}
