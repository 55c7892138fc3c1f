package kernelworld

import (
	"errors"
	"fmt"

	"trapline/internal/events/tracedir"
	"trapline/internal/events/tracefs"
	"trapline/internal/format"
	"trapline/internal/kprobes/tracekprobe"
	"trapline/internal/loader"
	"trapline/internal/scenario/world"
)

// usesEvents tells whether the run needs the event files.
func (b *builder) usesEvents() bool {
	for _, s := range b.file.Steps {
		switch s.Verb {
		case "echo", "cat", "insmod", "rmmod":
			return true
		}
	}
	return b.calls((*format.TaskCall).OnEvents) || len(b.file.Events) > 0 || len(b.file.Modules) > 0 || len(b.world.MoreEvents) > 0
}

// calls reports whether some task makes such a call.
func (b *builder) calls(such func(*format.TaskCall) bool) bool {
	for i := range b.file.Tasks {
		for j := range b.file.Tasks[i].Calls {
			if such(&b.file.Tasks[i].Calls[j]) {
				return true
			}
		}
	}
	return false
}

// checkEchoes refuses a task's write to a file that a kernel has and this one
// does not: what it would do is in no verdict.
func (b *builder) checkEchoes() error {
	for i := range b.file.Tasks {
		for j := range b.file.Tasks[i].Calls {
			c := &b.file.Tasks[i].Calls[j]
			if c.Operation != format.Echo {
				continue
			}
			if _, err := b.world.Events.ReadFile(c.File); errors.Is(err, tracefs.ErrNotModelled) {
				return c.Pos.Error(b.file.Name, "a file that docs/events.md lists, such as events/GRP/EVENT/enable", "%v", err)
			}
		}
	}
	return nil
}

// defineEvents makes the modules and the events, those of the file first.
func (b *builder) defineEvents() error {
	if !b.usesEvents() || b.world.WithoutProbes && !b.calls((*format.TaskCall).OnModule) {
		return nil
	}
	r := b.world
	r.Events = tracekprobe.New(tracekprobe.Config{Manager: r.Probes, Symbols: func() loader.Symbols { return r.Kernel.Symbols }})
	if err := b.checkEchoes(); err != nil {
		return err
	}
	for i := range b.file.Modules {
		if err := b.addModule(&b.file.Modules[i]); err != nil {
			return err
		}
	}
	if b.world.WithoutProbes {
		return nil
	}
	for _, e := range b.file.Events {
		log := len(r.Events.Printk())
		if err := r.Events.Define(e.Line); err != nil {
			if b.world.Engine != b.file.Machine.Engine {
				return fmt.Errorf("%w, because engine %s refuses %q: %s", world.ErrNotPossible, b.world.Engine, e.Line, r.refusal(err, log))
			}
			return e.Pos.Error(b.file.Name, "", "%s", r.refusal(err, log))
		}
	}
	for _, line := range b.world.MoreEvents {
		log := len(r.Events.Printk())
		if err := r.Events.Define(line); err != nil {
			return fmt.Errorf("-p %q: %s", line, r.refusal(err, log))
		}
	}
	r.noteOriginals()
	return nil
}

// refusal is what the kernel says to a line or a write that it refuses: the
// errno, error_log's text where it has any, and what its log says from line
// number log on.
func (r *World) refusal(err error, log int) string {
	s, _ := tracedir.Refusal(err)
	for _, line := range r.Events.Printk()[log:] {
		s += "\n  " + line
	}
	return s
}

func (b *builder) addModule(m *format.Module) error {
	r := b.world
	if m.Path != "" {
		return b.addModuleFile(m)
	}
	var ends [2]uint64
	for i, x := range []*format.Expr{m.From, m.To} {
		var err error
		if ends[i], err = world.EvalAt(b.file, *x, b.world.Symbols); err != nil {
			return err
		}
	}
	var inside []loader.Symbol
	for s := range r.Symbols.Own.All() {
		if s.Addr >= ends[0] && s.Addr < ends[1] {
			inside = append(inside, s)
		}
	}
	if err := r.Events.AddModule(m.Name, ends[0], ends[1], loader.NewSymbols(inside)); err != nil {
		return m.Pos.Error(b.file.Name, "the first and the end of whole pages of text.S", "%v", err)
	}
	return nil
}

func (b *builder) addModuleFile(m *format.Module) error {
	data, err := b.world.ReadFile(m.Path)
	if err != nil {
		return m.Pos.Error(b.file.Name, "a readable ELF file", "%v", err)
	}
	img, err := loader.ReadELF(data, loader.Options{})
	if err == nil && img.Arch != b.world.Machine.Arch {
		err = fmt.Errorf("it is for %s", img.Arch)
	}
	if err == nil {
		err = b.world.Events.AddModuleImage(m.Name, img)
	}
	if err != nil {
		return m.Pos.Error(b.file.Name, "a static ELF file for "+b.file.Machine.Arch, "%s: %v", m.Path, err)
	}
	b.world.Symbols.Own.Merge(img.Symbols)
	return b.joinSymbols()
}

// noteOriginals keeps what the breakpoints of events cover, for the story.
func (r *World) noteOriginals() {
	for _, p := range r.Probes.Probes() {
		if _, known := r.original[p.Addr]; known {
			continue
		}
		var code [1]byte
		if r.Machine.CPUs[0].Space.Peek(p.Addr, code[:]) == 1 {
			r.Probes.Original(p.Addr, code[:])
			r.original[p.Addr] = code[0]
		}
	}
}

// Control carries out a directive of the event files.
func (r *World) Control(s *format.Step) (string, error) {
	if r.Events == nil {
		return "", s.Pos.Error(r.File.Name, "", "this run has no event files and no modules")
	}
	var out string
	var err error
	log := len(r.Events.Printk())
	switch s.Verb {
	case "echo":
		err = r.Events.WriteFile(s.Word, s.Text, !s.Append)
	case "cat":
		out, err = r.Events.ReadFile(s.Word)
	case "insmod":
		err = r.Events.LoadModule(s.Word)
	case "rmmod":
		err = r.Events.UnloadModule(s.Word)
	}
	r.noteOriginals()
	if err != nil {
		return r.refusal(err, log), nil
	}
	return out, nil
}
