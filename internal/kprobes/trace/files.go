package trace

import (
	"fmt"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
)

// Files lists the files of ReadFile and WriteFile, as they are called below
// /sys/kernel/tracing and, for kprobes/, /sys/kernel/debug.
var Files = []string{"kprobe_events", "dynamic_events", "kprobe_profile", "error_log", "trace", "tracing_on",
	"kprobes/list", "set_event", "set_event_pid", "available_events",
	"events/GROUP/enable", "events/GROUP/filter", "events/GROUP/EVENT/enable", "events/GROUP/EVENT/filter",
	"events/GROUP/EVENT/format", "events/GROUP/EVENT/hist", "events/GROUP/EVENT/id", "events/GROUP/EVENT/trigger"}

// ReadFile gives what reading a file of tracefs gives. The error is an errno,
// or of a file that is not modelled.
func (t *Tracing) ReadFile(name string) (string, error) {
	switch name = tracefs.Name(name); name {
	case "kprobe_events":
		return t.registry.Read(tracefs.KprobeEvents), nil
	case "dynamic_events":
		return t.registry.Read(tracefs.DynamicEvents), nil
	case "kprobe_profile":
		return t.registry.KprobeProfile(t.Counts), nil
	case "error_log":
		return t.registry.ErrorLog(), nil
	case "trace":
		return t.traceText(), nil
	case "tracing_on":
		return t.array.ReadFile(name)
	case "kprobes/list":
		return t.list(), nil
	}
	if inArray(name) {
		return t.array.ReadFile(name)
	}
	group, event, file := splitEvent(name)
	switch {
	case file == "enable" && event == "":
		return t.registry.GroupState(group)
	case file == "enable":
		return t.registry.EventState(group, event)
	case file == "format" && event != "":
		return t.registry.Format(group, event)
	case file == "id" && event != "":
		if e := t.registry.Event(group, event); e != nil {
			return fmt.Sprintf("%d\n", e.ID), nil
		}
	}
	return "", tracefs.NotModelled(name, events.ENOENT)
}

// WriteFile writes a line to a file of tracefs, as echo does: with truncate
// by >, else by >>. The error is an errno, an *events.Error, or of a file that
// is not modelled.
func (t *Tracing) WriteFile(name, text string, truncate bool) error {
	name = tracefs.Name(name)
	for f, n := range map[tracefs.File]string{tracefs.KprobeEvents: "kprobe_events", tracefs.DynamicEvents: "dynamic_events"} {
		if name != n {
			continue
		}
		if truncate {
			if err := t.registry.Truncate(f); err != nil {
				return err
			}
		}
		return t.registry.Write(f, []byte(text+"\n"))
	}
	switch name {
	case "error_log":
		t.registry.ClearErrorLog()
		return nil
	case "trace":
		if truncate {
			t.buffer.entries, t.buffer.written = nil, 0
		}
		return nil
	}
	if name == "tracing_on" || inArray(name) {
		return t.array.WriteFile(name, text+"\n", truncate)
	}
	return t.writeEnable(name, text)
}

// writeEnable writes an event's or a group's enable file.
func (t *Tracing) writeEnable(name, text string) error {
	group, event, file := splitEvent(name)
	if file != "enable" {
		return tracefs.NotModelled(name, events.ENOENT)
	}
	if _, err := t.ReadFile(name); err != nil {
		return err
	}
	on, errno := tracefs.ParseSwitch(text)
	switch {
	case errno != 0:
		return errno
	case event == "":
		return t.registry.SetGroup(group, on)
	}
	return t.registry.SetEvent(group, event, on)
}

// splitEvent cuts events/GROUP[/EVENT]/FILE.
func splitEvent(name string) (group, event, file string) {
	w := strings.Split(name, "/")
	switch {
	case len(w) == 3 && w[0] == "events":
		return w[1], "", w[2]
	case len(w) == 4 && w[0] == "events":
		return w[1], w[2], w[3]
	}
	return "", "", ""
}

// list is kprobes/list: the events' probes and those that are not events'.
func (t *Tracing) list() string {
	var entries []tracefs.ListEntry
	of := map[int]bool{}
	for _, pl := range t.planted {
		of[pl.index] = true
	}
	for i, p := range t.g.Probes() {
		if !of[i] && t.g.Stats(i).Registered {
			entries = append(entries, tracefs.ListEntry{Addr: p.Addr, Return: p.Return != nil})
		}
	}
	for _, p := range t.registry.Probes() {
		if pl := t.byProbe[p]; pl != nil {
			entries = append(entries, tracefs.ListEntry{Addr: p.Addr, Return: p.Return, Gone: p.Gone, Disabled: !pl.armed})
		}
	}
	return tracefs.List(entries, t.g.K.M.Arch, t.symbols)
}
