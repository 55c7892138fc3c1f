package scenario

import (
	"fmt"

	"trapline/internal/events/tracedir"
	"trapline/internal/format"
	"trapline/internal/kprobes/tracekprobe"
	"trapline/internal/loader"
)

// usesEvents tells whether the run needs the event files.
func (b *builder) usesEvents() bool {
	for _, s := range b.file.Steps {
		switch s.Verb {
		case "echo", "cat", "insmod", "rmmod":
			return true
		}
	}
	return b.calls((*format.TaskCall).OnEvents) || len(b.file.Events) > 0 || len(b.file.Modules) > 0 || len(b.options.Events) > 0
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

// defineEvents makes the modules and the events, those of the file first.
func (b *builder) defineEvents() error {
	if !b.usesEvents() || b.options.WithoutProbes && !b.calls((*format.TaskCall).OnModule) {
		return nil
	}
	r := b.run
	r.Events = tracekprobe.New(tracekprobe.Config{Manager: r.Probes, Symbols: func() loader.Symbols { return r.Kernel.Symbols }})
	for i := range b.file.Modules {
		if err := b.addModule(&b.file.Modules[i]); err != nil {
			return err
		}
	}
	if b.options.WithoutProbes {
		return nil
	}
	for _, e := range b.file.Events {
		log := len(r.Events.Printk())
		if err := r.Events.Define(e.Line); err != nil {
			if b.options.Engine != b.file.Machine.Engine {
				return fmt.Errorf("%w, because engine %s refuses %q: %s", ErrNotPossible, b.options.Engine, e.Line, r.refusal(err, log))
			}
			return e.Pos.Error(b.file.Name, "", "%s", r.refusal(err, log))
		}
	}
	for _, line := range b.options.Events {
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
func (r *KernelRun) refusal(err error, log int) string {
	s, _ := tracedir.Refusal(err)
	for _, line := range r.Events.Printk()[log:] {
		s += "\n  " + line
	}
	return s
}

func (b *builder) addModule(m *format.Module) error {
	r := b.run
	if m.Path != "" {
		return b.addModuleFile(m)
	}
	var ends [2]uint64
	for i, x := range []*format.Expr{m.From, m.To} {
		var err error
		if ends[i], err = evalAt(b.file.File, *x, b.symbols()); err != nil {
			return err
		}
	}
	var inside []loader.Symbol
	for s := range r.symbols.own.All() {
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
	data, err := b.file.ReadFile(m.Path)
	if err != nil {
		return m.Pos.Error(b.file.Name, "a readable ELF file", "%v", err)
	}
	img, err := loader.ReadELF(data, loader.Options{})
	if err == nil && img.Arch != b.run.Machine.Arch {
		err = fmt.Errorf("it is for %s", img.Arch)
	}
	if err == nil {
		err = b.run.Events.AddModuleImage(m.Name, img)
	}
	if err != nil {
		return m.Pos.Error(b.file.Name, "a static ELF file for "+b.file.Machine.Arch, "%s: %v", m.Path, err)
	}
	b.run.symbols.own.Merge(img.Symbols)
	return b.joinSymbols()
}

// noteOriginals keeps what the breakpoints of events cover, for the story.
func (r *KernelRun) noteOriginals() {
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

// control carries out a directive of the event files.
func (r *KernelRun) control(s *format.Step) (string, error) {
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

// EventLines are the lines of the trace file without its header.
func (r *Run) EventLines() []string {
	return r.world.eventLines()
}

// EventRecords are the events that fired.
func (r *Run) EventRecords() []tracedir.Record { return r.world.eventRecords() }

func (r *KernelRun) eventRecords() []tracedir.Record {
	if r.Events == nil {
		return nil
	}
	return r.Events.Records()
}
