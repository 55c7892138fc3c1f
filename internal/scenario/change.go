package scenario

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/format"
)

// NoteChanged is the note of a change that whoever looks at the run made.
const NoteChanged emu.NoteKind = "changed"

// Change is a change of the machine between two steps.
type Change struct {
	CPU  int
	Text string // as written: PLACE EXPR, or a directive of controls

	step *format.Step
}

// controls are the directives beside set that change the machine.
var controls = []string{"echo", "insmod", "rmmod"}

// shown are the directives that change nothing.
var shown = []string{"regs", "stack", "mem", "code", "gate", "probes", "locks", "tasks", "log", "print", "cat", "trace", "profile", "output", "maps", "exit"}

// Shows reports whether a directive only shows something.
func Shows(directive string) bool {
	verb, _, _ := strings.Cut(directive, " ")
	return slices.Contains(shown, verb)
}

// directive parses one directive of the member steps. Its errors are *format.Error.
func (f *File) directive(text string) (*format.Step, error) {
	g, err := f.With(map[string][]byte{"steps": []byte("> " + strings.ReplaceAll(text, "\n", " ") + "\n"), "lesson": nil})
	if err != nil {
		return nil, err
	}
	return &g.Steps[0], nil
}

// ParseChange reads a change: what follows the directive set, which may be there too, that is
// a register, a flag or memory, and an expression; or a write to a file of events, or a module
// that comes or goes. Its errors are *format.Error.
func (f *File) ParseChange(cpu int, text string) (Change, error) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "set ")
	directive := "set " + text
	if verb, _, _ := strings.Cut(text, " "); slices.Contains(controls, verb) {
		directive = text
	}
	s, err := f.directive(directive)
	if err != nil {
		return Change{}, err
	}
	return Change{cpu, text, s}, nil
}

// Ask carries out a directive that changes nothing: see Shows.
func (r *Run) Ask(cpu int, directive string) (string, error) {
	s, err := r.File.directive(directive)
	if err != nil {
		return "", err
	}
	out, err := (&Transcript{run: r, cpu: cpu}).show(s)
	return format.TidyOutput(out), err
}

// make makes a change; said is what the kernel says to it.
func (x *Change) make(r *Run) (said string, err error) {
	t := &Transcript{run: r, cpu: x.CPU}
	if x.step.Verb == "set" {
		return "", t.set(x.step)
	}
	return r.world.Control(x.step)
}

// Change makes a change in a step of its own. The event is valid until the next
// step. A place that is not there is left alone, and the event's note says so.
func (r *Run) Change(x Change) *emu.Event {
	c := r.Machine.CPUs[x.CPU]
	before := c.Core
	text := x.Text
	if x.step.Verb == "set" {
		text = fmt.Sprintf("set %s on cpu%d", x.Text, x.CPU)
	}
	if said, err := x.make(r); err != nil {
		text = fmt.Sprintf("not changed: %v", err)
	} else if said != "" {
		text += ": " + strings.TrimSpace(said)
	}
	r.state.steps++
	r.changed()
	return &emu.Event{
		Seq: r.Machine.Seq, CPU: x.CPU, Kind: emu.StepIdle, PC: c.LinearPC(), Before: before, After: c.Core,
		Notes: []emu.Note{{Kind: NoteChanged, Text: text}},
	}
}

// Try reports what is wrong with a change at the present moment: a place that is
// not there, or that cannot be set. It is made and the machine put back.
func (r *Run) Try(x Change) error {
	s := r.Machine.Snapshot()
	defer r.Machine.Restore(s)
	_, err := x.make(r)
	return err
}
