package scenarios

import (
	"trapline/internal/emu"
	"trapline/internal/scenario"
)

// MaxWords bounds Property.Words.
const MaxWords = scenario.MaxWords

// Property is a property of runs in Go, judged beside those of the file's member check.
//
// A search calls its functions on many machines, on several at the same time,
// and takes steps back: they must answer the same whenever what they are given
// is the same, and keep nothing in variables of their own. What they look at
// through the View is recorded, so that a search tries all orders in which that
// matters; an Event in them is without texts and has nothing that a search does
// not keep to.
type Property struct {
	// Name is what Violation.Property says: no built-in property's, nor that of a
	// condition of the file.
	Name string
	// Words is how many words of state the property has, for View.Get and
	// View.Set, at most MaxWords.
	Words int
	// Step judges a step just taken. It says what is wrong, "" if nothing is. Steps
	// in which a vCPU only waits are not judged. nil: no step is.
	Step func(*View, *Event) string
	// End judges the state in which a run has ended, in the same way.
	End func(*View) string
}

// Check has p judged in every run and search of f. A search refuses, with
// ErrNotPossible, to judge steps where vCPUs have store buffers, and words of
// state where lines of C are one step.
func (f *File) Check(p Property) error {
	inner := scenario.Property{Name: p.Name, Words: p.Words}
	if p.Step != nil {
		inner.Step = func(v *scenario.View, ev *emu.Event) string {
			return p.Step(&View{v}, &Event{ev: ev, names: v.Names()})
		}
	}
	if p.End != nil {
		inner.End = func(v *scenario.View) string { return p.End(&View{v}) }
	}
	return f.f.AddProperty(inner)
}

// View is what a Property sees of the machine. It is valid during the call.
type View struct{ v *scenario.View }

// Eval computes an expression of docs/scenario-format.md, such as hits(entry),
// u32[counter] or %eax@1. A register without a vCPU is that of the step's, at the
// end of vCPU 0.
func (v *View) Eval(expression string) (uint64, error) { return v.v.Eval(expression) }

// Get reads word i, from 0, of the property's state: what the run has set so
// far, 0 at its start.
func (v *View) Get(i int) uint64 { return v.v.Get(i) }

// Set changes word i. A search tries steps that change a word, and others that
// read or change it, in every order: a property that does so at each step makes
// every step one that matters.
func (v *View) Set(i int, value uint64) { v.v.Set(i, value) }
