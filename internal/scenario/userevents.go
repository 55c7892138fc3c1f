package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/format"
	"trapline/internal/loader"
	"trapline/internal/uprobes/places"
)

// errRefused is the class of definitions that the kernel does not take.
var errRefused = errors.New("the kernel refuses it")

// define gives a line to uprobe_events. Its error is what the kernel says.
func (w *ProgramRun) define(line string) error {
	lines, err := places.Resolve(line, probedFiles{w})
	if err != nil {
		return err
	}
	for _, l := range lines {
		if err := w.defineLine(l); err != nil {
			return err
		}
	}
	return nil
}

func (w *ProgramRun) defineLine(named places.Line) error {
	if named.Remark != "" {
		w.addLog(named.Remark)
	}
	v := w.registry.Judge(tracefs.UprobeEvents, named.Text)
	if v.Err != nil {
		return fmt.Errorf("%w: %s", errRefused, strings.TrimSpace(v.Text(false)))
	}
	if p := v.Probe; p != nil {
		var addr uint64 // of another file: unknown
		if p.Path == w.File.Linux.Path {
			addr, _ = w.image.AddrOfOffset(p.FileOffset)
		}
		w.probes = append(w.probes, &userProbe{name: p.On.Name, addr: addr, returns: p.Return, def: p})
	}
	return nil
}

// enableAll enables the events, with the program mapped (U16).
func (w *ProgramRun) enableAll() {
	for _, e := range w.registry.Events() {
		err := w.registry.SetEvent(e.Group, e.Name, true)
		errno, _ := err.(events.Errno)
		for _, p := range w.probes {
			if p.def != nil && p.def.On == e {
				p.refused = errno
			}
		}
	}
}

// probedFiles are the ELF files of a scenario, for the places of its events.
type probedFiles struct{ world *ProgramRun }

// Absolute implements places.Files: a path is the guest's, and there is no working directory to begin from.
func (probedFiles) Absolute(path string) string { return path }

// File implements places.Files.
func (p probedFiles) File(path string) (*places.File, error) {
	f := p.world.File
	if path == f.Linux.Path {
		return places.NewFile(p.world.image, p.world.program), nil
	}
	for _, g := range f.Linux.Files {
		if g.Path != path {
			continue
		}
		data, err := content(f, g)
		if err != nil {
			return nil, err
		}
		image, err := loader.ReadELF(data, loader.Options{Interpreter: true})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return places.NewFile(image, data), nil
	}
	return nil, fmt.Errorf("the scenario has no file %s", path)
}

// control writes and reads control files.
func (w *ProgramRun) control(s *format.Step) (string, error) {
	const file = "uprobe_events"
	word := tracefs.Name(s.Word)
	group, name, enable := enableFile(word)
	switch {
	case s.Verb == "echo" && word == file:
		return w.echo(s)
	case s.Verb == "echo" && enable && (s.Text == "0" || s.Text == "1"):
		return refusal(w.registry.SetEvent(group, name, s.Text == "1")), nil
	case s.Verb == "cat" && word == "trace":
		return strings.Join(w.eventLines(), "\n"), nil
	case s.Verb == "cat" && word == "uprobe_profile":
		return w.registry.UprobeProfile(w.tracer.Counts), nil
	case s.Verb == "cat" && word == file:
		return w.registry.Read(tracefs.UprobeEvents), nil
	case s.Verb == "cat" && word == "error_log":
		return w.registry.ErrorLog(), nil
	}
	if err := tracefs.NotModelled(word, nil); err != nil {
		return err.Error(), nil
	}
	return "", s.Pos.Error(w.File.Name, "uprobe_events, events/GROUP/EVENT/enable, uprobe_profile, trace or error_log", "%s of %q", s.Verb, s.Word)
}

// echo writes a line to uprobe_events. What the kernel says to a line that it
// does not take is the output.
func (w *ProgramRun) echo(s *format.Step) (string, error) {
	if !s.Append {
		if err := w.registry.Truncate(tracefs.UprobeEvents); err != nil {
			return refusal(err), nil
		}
		w.probes = slices.DeleteFunc(w.probes, func(p *userProbe) bool { return p.def != nil })
	}
	err := w.define(s.Text)
	if errors.Is(err, errRefused) {
		return err.Error(), nil
	}
	if err != nil {
		return "", s.Pos.Error(w.File.Name, "", "%v", err)
	}
	return "", nil
}

// enableFile takes events/GROUP/EVENT/enable apart.
func enableFile(path string) (group, event string, ok bool) {
	parts := strings.Split(path, "/")
	if len(parts) != 4 || parts[0] != "events" || parts[3] != "enable" {
		return "", "", false
	}
	return parts[1], parts[2], true
}

// refusal is what a write that is refused gives; "" for one that is not.
func refusal(err error) string {
	var errno events.Errno
	if errors.As(err, &errno) {
		return fmt.Sprintf("errno=%d %s", errno, errno.Name())
	}
	return ""
}
