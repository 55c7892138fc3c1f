package tracedir

import (
	"errors"
	"fmt"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/tracearray"
	"trapline/internal/events/tracefs"
)

// Dir is the tracing directory of one kernel. It is not safe for concurrent use.
type Dir struct {
	cfg      Config
	registry *tracefs.Registry
	array    *tracearray.Array
	kinds    map[events.Kind]bool
}

// Config is what a Dir is made from.
type Config struct {
	// Registry has Kprobes, Uprobes or both. Of a kind that it does not have there are no files.
	Registry tracefs.Config
	// Array has what is particular to the array. Its Registry and Now are the directory's, its CPUs the registry's.
	Array tracearray.Config
	// Counts are a probe's hits and misses.
	Counts func(*tracefs.Probe) tracefs.Counts
	// List is the file kprobes/list; nil: there is none.
	List func() string
	// Rewrite makes the kernel's lines of a definition as a person writes it; nil: they are the same.
	Rewrite func(line string) ([]string, error)
}

// New makes a directory without events.
func New(cfg Config) *Dir {
	d := &Dir{cfg: cfg, kinds: map[events.Kind]bool{events.Kprobe: cfg.Registry.Kprobes != nil, events.Uprobe: cfg.Registry.Uprobes != nil}}
	if !d.kinds[events.Kprobe] {
		cfg.Registry.Kprobes = noKprobes{}
	}
	if !d.kinds[events.Uprobe] {
		cfg.Registry.Uprobes = noUprobes{}
	}
	cfg.Registry.Deleted = func(e *tracefs.Event) { d.array.Deleted(e) }
	d.registry = tracefs.New(cfg.Registry)
	cfg.Array.Registry, cfg.Array.CPUs, cfg.Array.Now = d.registry, cfg.Registry.CPUs, cfg.Registry.Now
	d.array = tracearray.New(cfg.Array)
	return d
}

// Registry is which events there are.
func (d *Dir) Registry() *tracefs.Registry { return d.registry }

// Array is what becomes of events that fire.
func (d *Dir) Array() *tracearray.Array { return d.array }

// definitionFile tells which of the files that take definitions a name is.
func (d *Dir) definitionFile(name string) (tracefs.File, bool) {
	for f, has := range map[tracefs.File]bool{
		tracefs.KprobeEvents: d.kinds[events.Kprobe], tracefs.UprobeEvents: d.kinds[events.Uprobe], tracefs.DynamicEvents: true,
	} {
		if has && name == f.String() {
			return f, true
		}
	}
	return 0, false
}

const errorLog = "error_log"

// only gives the text of the files that are only read; false: it is none of them.
func (d *Dir) only(name string) (string, bool) {
	switch {
	case name == "kprobe_profile" && d.kinds[events.Kprobe]:
		return d.registry.KprobeProfile(d.cfg.Counts), true
	case name == "uprobe_profile" && d.kinds[events.Uprobe]:
		return d.registry.UprobeProfile(d.cfg.Counts), true
	case name == "kprobes/list" && d.cfg.List != nil:
		return d.cfg.List(), true
	}
	return "", false
}

// ReadFile gives what reading a file gives. Names are those below the mount point, or absolute. The error is an errno,
// or of a file that is not modelled.
func (d *Dir) ReadFile(name string) (string, error) {
	name = tracefs.Name(name)
	if f, ok := d.definitionFile(name); ok {
		return d.registry.Read(f), nil
	}
	if name == errorLog {
		return d.registry.ErrorLog(), nil
	}
	if text, ok := d.only(name); ok {
		return text, nil
	}
	text, err := d.array.ReadFile(name)
	return text, d.named(name, err)
}

// named says of a file that the array does not have whether a kernel has it.
func (d *Dir) named(name string, err error) error {
	if errors.Is(err, events.ENOENT) {
		return tracefs.NotModelled(name, err)
	}
	return err
}

// Open is opening a file to write, with O_TRUNC or O_APPEND.
func (d *Dir) Open(name string, truncate bool) error {
	name = tracefs.Name(name)
	if f, ok := d.definitionFile(name); ok {
		if truncate {
			return d.registry.Truncate(f)
		}
		return nil
	}
	if name == errorLog {
		if truncate {
			d.registry.ClearErrorLog()
		}
		return nil
	}
	if _, ok := d.only(name); ok {
		return nil
	}
	return d.named(name, d.array.Open(name, truncate))
}

// Write is one write(2) to a file that was opened. The error is an errno, an [*events.Error], or Config.Rewrite's.
func (d *Dir) Write(name, data string) error {
	name = tracefs.Name(name)
	if f, ok := d.definitionFile(name); ok {
		return d.define(f, data)
	}
	if name == errorLog {
		return nil
	}
	if _, ok := d.only(name); ok {
		return events.EINVAL
	}
	return d.array.Write(name, data)
}

func (d *Dir) define(f tracefs.File, data string) error {
	if d.cfg.Rewrite == nil {
		return d.registry.Write(f, []byte(data))
	}
	var b strings.Builder
	for line := range strings.Lines(data) {
		lines, err := d.cfg.Rewrite(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return err
		}
		for _, l := range lines {
			b.WriteString(l + "\n")
		}
	}
	return d.registry.Write(f, []byte(b.String()))
}

// WriteFile is echo TEXT > FILE, or >> FILE.
func (d *Dir) WriteFile(name, text string, truncate bool) error {
	if err := d.Open(name, truncate); err != nil {
		return err
	}
	return d.Write(name, text+"\n")
}

// Echo is WriteFile for a person, who is told of a refusal. The error is none of the kernel's.
func (d *Dir) Echo(name, text string, truncate bool) (said string, err error) {
	if err = d.WriteFile(name, text, truncate); err != nil {
		return told(err)
	}
	return "", nil
}

// Cat is ReadFile for a person, as Echo is WriteFile.
func (d *Dir) Cat(name string) (text string, err error) {
	if text, err = d.ReadFile(name); err != nil {
		return told(err)
	}
	return text, nil
}

func told(err error) (string, error) {
	if text, ok := Refusal(err); ok {
		return text + "\n", nil
	}
	return "", err
}

// Refusal is what a person is told of an error of a Dir's: the errno, and below it error_log's text if there is any.
// ok is false for an error that is not the kernel's.
func Refusal(err error) (text string, ok bool) {
	var e *events.Error
	var errno events.Errno
	switch {
	case errors.As(err, &e):
		text = fmt.Sprintf("errno=%d %s", e.Errno, e.Errno.Name())
		for line := range strings.Lines(e.LogText()) {
			text += "\n  " + strings.TrimSuffix(line, "\n")
		}
		return text, true
	case errors.As(err, &errno):
		return fmt.Sprintf("errno=%d %s", errno, errno.Name()), true
	}
	return err.Error(), errors.Is(err, tracefs.ErrNotModelled)
}

// State is a copy of all that a Dir holds, for snapshots.
type State struct {
	registry tracefs.State
	array    tracearray.State
}

// Save copies the directory's state.
func (d *Dir) Save() State { return State{d.registry.Save(), d.array.Save()} }

// Restore takes a saved state back.
func (d *Dir) Restore(s State) {
	d.registry.Restore(s.registry)
	d.array.Restore(s.array)
}
