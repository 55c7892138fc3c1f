package programworld

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/format"
	"trapline/internal/loader"
	"trapline/internal/uprobes/places"
)

// define gives a line to uprobe_events. Its error is what the kernel says.
func (w *World) define(line string) error {
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

func (w *World) defineLine(named places.Line) error {
	if named.Remark != "" {
		w.AddLog(named.Remark)
	}
	v := w.events.Registry().Judge(tracefs.UprobeEvents, named.Text)
	if v.Err != nil {
		return fmt.Errorf("the kernel refuses it: %s", strings.TrimSpace(v.Text(false)))
	}
	w.followEvents()
	return nil
}

// rewrite makes the kernel's lines of a definition that is echoed.
func (w *World) rewrite(line string) ([]string, error) {
	lines, err := places.Resolve(line, probedFiles{w})
	var texts []string
	for _, l := range lines {
		if l.Remark != "" {
			w.AddLog(l.Remark)
		}
		texts = append(texts, l.Text)
	}
	return texts, err
}

// followEvents makes the probes of events those that there are now.
func (w *World) followEvents() {
	defined := w.events.Registry().Probes()
	w.probes = slices.DeleteFunc(slices.Clone(w.probes), func(p *userProbe) bool { return p.def != nil && !slices.Contains(defined, p.def) })
	for _, d := range defined {
		if slices.ContainsFunc(w.probes, func(p *userProbe) bool { return p.def == d }) {
			continue
		}
		var addr uint64 // of another file: unknown
		if d.Path == w.File.Linux.Path {
			addr, _ = w.image.AddrOfOffset(d.FileOffset)
		}
		w.probes = append(w.probes, &userProbe{name: d.On.Name, addr: addr, returns: d.Return, def: d})
	}
}

// enableAll enables the events, with the program mapped (U16).
func (w *World) enableAll() {
	for _, e := range w.events.Registry().Events() {
		err := w.events.Registry().SetEvent(e.Group, e.Name, true)
		errno, _ := err.(events.Errno)
		for _, p := range w.probes {
			if p.def != nil && p.def.On == e {
				p.refused = errno
			}
		}
	}
}

// probedFiles are the ELF files of a scenario, for the places of its events.
type probedFiles struct{ world *World }

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
		data, err := p.world.content(g)
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

// Control carries out a directive of the files of the tracing directory. What the kernel says to what it refuses is the
// output.
func (w *World) Control(s *format.Step) (string, error) {
	var out string
	var err error
	switch s.Verb {
	case "echo":
		out, err = w.events.Echo(s.Word, s.Text, !s.Append)
		w.followEvents()
	case "cat":
		out, err = w.events.Cat(s.Word)
	default:
		err = fmt.Errorf("%s is for kernel code", s.Verb)
	}
	if err != nil {
		return "", s.Pos.Error(w.File.Name, "", "%v", err)
	}
	return out, nil
}
