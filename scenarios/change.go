package scenarios

import (
	"fmt"

	"trapline/emu"
	"trapline/scenarios/format"
)

// NoteChanged is the note of a change that whoever looks at the run made.
const NoteChanged emu.NoteKind = "changed"

// Change is a change of the machine between two steps.
type Change struct {
	CPU  int
	Text string // as written: PLACE EXPR

	step *format.Step
}

// ParseChange reads what follows the directive set: a register, a flag or memory,
// and an expression. Its errors are *format.Error.
func (f *File) ParseChange(cpu int, text string) (Change, error) {
	g, err := f.With(map[string][]byte{"steps": []byte("> set " + text + "\n"), "lesson": nil})
	if err != nil {
		return Change{}, err
	}
	return Change{cpu, text, &g.Steps[0]}, nil
}

// Change makes a change in a step of its own. The event is valid until the next
// step. A place that is not there is left alone, and the event's note says so.
func (r *Run) Change(x Change) *emu.Event {
	c := r.Machine.CPUs[x.CPU]
	before := c.Core
	text := fmt.Sprintf("set %s on cpu%d", x.Text, x.CPU)
	if err := (&Transcript{run: r, cpu: x.CPU}).set(x.step); err != nil {
		text = fmt.Sprintf("not set: %v", err)
	}
	r.state.steps++
	r.state.back = comeback{}
	r.state.spinning = [emu.MaxCPUs]bool{}
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
	return (&Transcript{run: r, cpu: x.CPU}).set(x.step)
}
