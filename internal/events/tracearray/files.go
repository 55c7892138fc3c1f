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

// controls are the files of the whole array, pageControls those of one whose buffer has pages.
var (
	controls     = []string{"trace", "trace_pipe", "snapshot", "tracing_on", "trace_options", "trace_clock", "set_event", "available_events", "set_event_pid"}
	pageControls = []string{"buffer_size_kb"}
)

// exists tells whether there is a file of a name that is clean; the error is ENOENT.
func (a *Array) exists(name string) error {
	w := strings.Split(name, "/")
	switch {
	case slices.Contains(controls, name), a.paged() && slices.Contains(pageControls, name), a.isOption(w):
		return nil
	case a.paged() && len(w) == 3 && w[0] == "per_cpu":
		_, err := a.stats(w[1], w[2])
		return err
	case len(w) == 3 && w[0] == "events" && slices.Contains(groupFiles, w[2]):
		_, err := a.cfg.Registry.GroupState(w[1])
		return err
	case len(w) == 4 && w[0] == "events" && slices.Contains(eventFiles, w[3]) && a.cfg.Registry.Event(w[1], w[2]) != nil:
		return nil
	}
	return events.ENOENT
}

func (a *Array) isOption(w []string) bool {
	return len(w) == 2 && w[0] == "options" && slices.Contains(strings.Fields(optionList), w[1])
}

// paged tells whether the buffer has pages.
func (a *Array) paged() bool { return a.cfg.Records == 0 }

// ReadFile gives what reading a file gives; names are those below /sys/kernel/tracing. ENOENT means that it is no
// file of an Array's.
func (a *Array) ReadFile(name string) (string, error) {
	name = path.Clean(name)
	if err := a.exists(name); err != nil {
		return "", err
	}
	w := strings.Split(name, "/")
	switch {
	case len(w) == 1:
		return a.readControl(name), nil
	case w[0] == "options":
		return bit(a.options.on(w[1])), nil
	case w[0] == "per_cpu":
		return a.stats(w[1], w[2])
	case len(w) == 3:
		return a.readGroup(w[1], w[2])
	}
	return a.readEvent(w[1], w[2], w[3])
}

func (a *Array) readControl(name string) string {
	switch name {
	case "trace":
		return a.Text()
	case "trace_pipe":
		return a.Consume()
	case "snapshot":
		return a.textOf(a.spare)
	case "tracing_on":
		return bit(!a.off)
	case "trace_options":
		return a.options.text()
	case "trace_clock":
		return a.clockText()
	case "buffer_size_kb":
		return a.sizeText()
	case "set_event":
		return a.eventList(func(e *tracefs.Event) bool { return e.Enabled })
	case "available_events":
		return a.eventList(func(*tracefs.Event) bool { return true })
	}
	var b strings.Builder // set_event_pid
	for _, pid := range a.pids {
		fmt.Fprintf(&b, "%d\n", pid)
	}
	return b.String()
}

func bit(on bool) string {
	if on {
		return "1\n"
	}
	return "0\n"
}

func (a *Array) readGroup(group, file string) (string, error) {
	if file == "enable" {
		return a.cfg.Registry.GroupState(group)
	}
	return groupFilterText, nil
}

func (a *Array) readEvent(group, name, file string) (string, error) {
	e := a.cfg.Registry.Event(group, name)
	switch file {
	case "enable":
		return a.cfg.Registry.EventState(group, name)
	case "format":
		return a.cfg.Registry.Format(group, name)
	case "id":
		return fmt.Sprintln(e.ID), nil
	case "trigger":
		return a.triggerText(e), nil
	case "hist":
		return a.histText(e), nil
	}
	if text := a.file(e).text; text != "" {
		return text + "\n", nil
	}
	return "none\n", nil
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
	return fmt.Sprintln(a.buffers[0].(*ring).size() >> 10)
}

func (a *Array) everEnabled() bool {
	return a.seq > 0 || slices.ContainsFunc(a.cfg.Registry.Events(), func(e *tracefs.Event) bool { return e.Enabled })
}

// stats is per_cpu/cpuN/stats.
func (a *Array) stats(cpu, file string) (string, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(cpu, "cpu"))
	if err != nil || n < 0 || n >= len(a.buffers) || cpu != fmt.Sprint("cpu", n) || file != "stats" {
		return "", events.ENOENT
	}
	r := a.buffers[n].(*ring)
	list := r.entries()
	oldest := uint64(0)
	if len(list) > 0 {
		oldest = list[0].Time
	}
	return fmt.Sprintf("entries: %d\noverrun: %d\ncommit overrun: 0\nbytes: %d\noldest event ts: %s\nnow ts: %s\ndropped events: %d\nread events: %d\n",
		len(list), r.n.overrun, r.bytes(), seconds(oldest), seconds(a.now()), r.n.dropped, r.n.read), nil
}

func seconds(ns uint64) string {
	us := (ns + 500) / 1000
	return fmt.Sprintf("%5d.%06d", us/1_000_000, us%1_000_000)
}

// Open is opening a file to write, with O_TRUNC or O_APPEND. The error is ENOENT.
func (a *Array) Open(name string, truncate bool) error {
	name = path.Clean(name)
	if err := a.exists(name); err != nil || !truncate {
		return err
	}
	switch name {
	case "trace":
		a.Clear()
	case "set_event":
		for _, e := range a.cfg.Registry.Events() {
			_ = a.cfg.Registry.SetEvent(e.Group, e.Name, false) // disabling does not fail
		}
	case "set_event_pid":
		a.pids = nil
	}
	if w := strings.Split(name, "/"); len(w) == 4 && w[3] == "trigger" {
		a.removeHists(a.cfg.Registry.Event(w[1], w[2]))
	}
	return nil
}

// Write is one write(2) to a file that was opened. The error is an errno.
func (a *Array) Write(name, data string) error {
	name = path.Clean(name)
	if err := a.exists(name); err != nil {
		return err
	}
	text := strings.Trim(data, spaces)
	w := strings.Split(name, "/")
	switch {
	case len(w) == 1:
		return asError(a.writeControl(name, text))
	case w[0] == "options" && (text == "0" || text == "1"):
		if text == "0" {
			text = negativePrefix
		}
		return asError(a.setOption(strings.TrimPrefix(text, "1") + w[1]))
	case w[0] == "events" && len(w) == 3:
		return a.writeGroup(w[1], w[2], data)
	case w[0] == "events":
		return a.writeEvent(w[1], w[2], w[3], data)
	}
	return events.EINVAL
}

func asError(errno events.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}

// writeControl writes the files of the whole array.
func (a *Array) writeControl(name, text string) events.Errno {
	switch name {
	case "trace":
		return 0
	case "tracing_on":
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return events.EINVAL
		}
		a.off = n == 0
		return 0
	case "trace_options":
		return a.setOption(text)
	case "trace_clock":
		return a.setClock(text)
	case "buffer_size_kb":
		return a.resize(text)
	case "set_event":
		return a.setEvents(text)
	case "set_event_pid":
		return a.addPIDs(text)
	}
	return events.EINVAL
}

func (a *Array) resize(text string) events.Errno {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 {
		return events.EINVAL
	}
	a.kb = int(n)
	for _, b := range a.buffers {
		b.(*ring).resize(int(n) << 10)
	}
	return 0
}

func (a *Array) addPIDs(text string) events.Errno {
	for _, w := range strings.Fields(text) {
		pid, err := strconv.ParseUint(w, 0, 22) // PID_MAX_LIMIT
		if err != nil {
			return events.EINVAL
		}
		a.pids = append(a.pids, int(pid))
	}
	slices.Sort(a.pids)
	a.pids = slices.Compact(a.pids)
	return 0
}

// setEvents enables events by the words of set_event, and disables those behind
// "!". A word that no event matches ends it.
func (a *Array) setEvents(text string) events.Errno {
	var errno events.Errno
	for _, w := range strings.Fields(text) {
		w, off := strings.CutPrefix(w, "!")
		if err := a.cfg.Registry.SetMatching(w, !off); errors.As(err, &errno) {
			return errno
		}
	}
	return 0
}

func (a *Array) writeGroup(group, file, data string) error {
	if file == "enable" {
		on, errno := tracefs.ParseSwitch(data)
		if errno != 0 {
			return errno
		}
		return a.cfg.Registry.SetGroup(group, on)
	}
	for _, e := range a.cfg.Registry.Events() {
		if e.Group == group {
			a.setFilter(e, data, true)
		}
	}
	return nil
}

func (a *Array) writeEvent(group, name, file, data string) error {
	e := a.cfg.Registry.Event(group, name)
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
