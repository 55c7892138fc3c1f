package scenarios

import (
	"fmt"
	"io/fs"

	"trapline/internal/format"
	"trapline/internal/scenario"
)

// Ext is the ending of a scenario file's name.
const Ext = scenario.Ext

// ErrNotFound is the class of Load's errors for a name that is neither a
// built-in scenario nor a file.
var ErrNotFound = scenario.ErrNotFound

// ErrNotPossible is the class of errors of a scenario that asks for what its
// engine, or a search, does not have: it can be run otherwise.
var ErrNotPossible = scenario.ErrNotPossible

// Error is a flaw of a scenario file, with its place: File, Line and Col, from 1
// and in bytes; Msg, what is wrong; Want, what was expected, or "". Use errors.As.
type Error = format.Error

// File is a scenario. It may be used by several goroutines at once, but not
// while Handle, Check or Pin is called.
type File struct{ f *scenario.File }

// Names lists the built-in scenarios.
func Names() []string { return scenario.Names() }

// Load reads a scenario: a built-in one by its name, else a file by its path.
// What is wrong with its text is an *Error.
func Load(nameOrPath string) (*File, error) { return fileOf(scenario.Load(nameOrPath)) }

// LoadFS reads a scenario file of a file system, in which the files that it
// names lie too. What is wrong with its text is an *Error.
func LoadFS(fsys fs.FS, name string) (*File, error) { return fileOf(scenario.LoadFS(fsys, name)) }

func fileOf(f *scenario.File, err error) (*File, error) {
	if err != nil {
		return nil, err
	}
	return &File{f}, nil
}

// Name is where the scenario came from: the path that it was loaded by, or
// GROUP/NAME.txtar of a built-in one.
func (f *File) Name() string { return f.f.Name }

// Title is what the scenario is about, its first line.
func (f *File) Title() string { return f.f.Title() }

// CPUs is how many vCPUs its machine has.
func (f *File) CPUs() int { return f.f.Machine.CPUs }

// Engine is the engine that the file names, Engines are those that it can be
// run under.
func (f *File) Engine() string { return f.f.Machine.Engine }

// Engines lists the names that Options.Engine takes.
func (f *File) Engines() []string { return f.f.Engines() }

// Probes lists the names of its probes.
func (f *File) Probes() []string {
	names := make([]string, len(f.f.Probes))
	for i := range names {
		names[i] = f.f.Probes[i].Name
	}
	return names
}

// Bytes is the scenario's text.
func (f *File) Bytes() []byte { return f.f.Bytes() }

// Pin keeps what a search of f found: a line of the member schedule, for which Test and
// trapline check say whether it still shows the same. A line of the same schedule is
// replaced; the member is added to a file without one. Bytes has it, for you to write.
// Pin refuses with ErrNotPossible what no single schedule shows whole, a schedule that
// is too long for a line, more schedules than a file can have, and what only Go code shows: a property
// in Go, a run with handlers in Go.
func (f *File) Pin(x *Found) error {
	line, err := x.inner.Pin(f.f)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrNotPossible, f.Name(), err)
	}
	f.f.AddSchedule(line)
	return nil
}
