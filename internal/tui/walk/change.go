package walk

import (
	"errors"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/scenario"
)

// MaxChanges bounds the changes of the machine that a viewer makes in a walk.
const MaxChanges = 16

// ErrChanged is returned for a recording or a schedule of a run in which the
// viewer has changed the machine.
var ErrChanged = errors.New("the machine was changed by hand in this run: r returns to the run without that")

// runner is the run with its viewer's changes as actors behind all others.
type runner struct {
	*scenario.Run
	changes []scenario.Change
}

func (r *runner) change(actor int) (scenario.Change, bool) {
	if i := actor - r.Actors(); i >= 0 && i < len(r.changes) {
		return r.changes[i], true
	}
	return scenario.Change{}, false
}

// Can implements record.Runner.
func (r *runner) Can(actor int) bool {
	if _, ok := r.change(actor); ok {
		return r.Done() == ""
	}
	return r.Run.Can(actor)
}

// Step implements record.Runner.
func (r *runner) Step(actor int) *emu.Event {
	if x, ok := r.change(actor); ok {
		return r.Change(x)
	}
	return r.Run.Step(actor)
}

// Change changes the machine in a step of its own: a branch, unless that step was
// there already. See scenario.ParseChange.
func (w *Walk) Change(cpu int, text string) error {
	x, err := w.Run.File.ParseChange(cpu, text)
	if err != nil {
		return err
	}
	if err := w.Run.Try(x); err != nil {
		return err
	}
	if len(w.runner.changes) == MaxChanges {
		return fmt.Errorf("at most %d changes of the machine", MaxChanges)
	}
	w.runner.changes = append(w.runner.changes, x)
	return w.Take(w.Run.Actors() + len(w.runner.changes) - 1)
}

// MadeChange is a change of the machine in the present line.
type MadeChange struct {
	At   uint64 `json:"at"` // the moment at which it was made
	CPU  int    `json:"cpu"`
	Text string `json:"text"`
}

// Changes are those of the present line up to the present moment, in order.
func (w *Walk) Changes() []MadeChange {
	var l []MadeChange
	at := uint64(0)
	for actor := range w.Taken() {
		if at == w.At() {
			break
		}
		if x, ok := w.runner.change(actor); ok {
			l = append(l, MadeChange{at, x.CPU, x.Text})
		}
		at++
	}
	return l
}
