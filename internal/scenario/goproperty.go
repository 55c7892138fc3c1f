package scenario

import (
	"fmt"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/expr"
	"trapline/internal/format"
	"trapline/internal/scenario/world"
	"trapline/internal/story"
)

// MaxWords bounds the words of state of a Property.
const MaxWords = 64

// Property is a property of runs in Go. Its functions serve every machine that a
// search makes, several at the same time: they keep nothing, and reach the
// machine through the View alone, which records what they look at (V2).
type Property struct {
	Name string
	// Words is how many words of state the property has: see View.Get.
	Words int
	// Step judges a step just taken that did something, End the state in which a
	// run has ended. Each says what is wrong, "" if nothing is; nil judges nothing.
	// Of an event, a search does not keep to names and texts, old values of
	// memory, registers, values of a lock's word and the step's number.
	Step func(*View, *emu.Event) string
	End  func(*View) string
}

// AddProperty has p judged beside the file's check.
func (f *File) AddProperty(p Property) error {
	known := append(format.PropertyNames(f.World()), format.ExitProperty, format.OutputProperty, format.ResultsProperty)
	for i := range f.Check {
		known = append(known, f.Check[i].Name)
	}
	for i := range f.properties {
		known = append(known, f.properties[i].Name)
	}
	switch {
	case p.Name == "" || slices.Contains(known, p.Name):
		return fmt.Errorf("%s: a property named %q; expected a name that no other has", f.Name, p.Name)
	case p.Words < 0 || p.Words > MaxWords:
		return fmt.Errorf("%s: property %s has %d words; expected 0 to %d", f.Name, p.Name, p.Words, MaxWords)
	case p.Step == nil && p.End == nil:
		return fmt.Errorf("%s: property %s judges nothing; expected Step or End", f.Name, p.Name)
	}
	f.properties = append(f.properties, p)
	return nil
}

// searchable says why a search cannot judge f's properties, or "".
func (f *File) searchable(o Options) string {
	for i := range f.properties {
		switch p := &f.properties[i]; {
		case p.Step == nil:
		case f.Machine.StoreBuffer > 0:
			return fmt.Sprintf("property %s judges steps in Go, which a search with store buffers does not keep to; expected End alone, or a condition of the file", p.Name)
		case o.Grain == explore.WholeLines && p.Words > 0:
			return fmt.Sprintf("property %s has words of state, which a search by lines of C takes back with no step; expected steps of instructions", p.Name)
		}
	}
	return ""
}

// View is what a Property sees of a machine. It is valid during the call.
type View struct {
	run   *Run
	cpu   int
	cells emu.Cells
	words []uint64 // never changed in place: saved ones share it
	known map[string]expr.Node
}

// Names resolves addresses of the run.
func (v *View) Names() *story.Names { return v.run.Names() }

// Eval computes an expression as a condition of the file's check, of which the
// vCPU is that of the step. The search tries steps that change what it reads in
// every order.
func (v *View) Eval(text string) (uint64, error) {
	n, ok := v.known[text]
	if !ok {
		var err error
		if n, err = expr.Parse(text); err != nil {
			return 0, fmt.Errorf("%q: %w", text, err)
		}
		if len(v.known) < maxKnown {
			v.known[text] = n
		}
	}
	x, err := expr.Eval(n, world.Through(v.run.world, v.cpu, v.run.Machine.Watch()))
	if err != nil {
		return 0, fmt.Errorf("%q: %w", text, err)
	}
	return x, nil
}

// maxKnown bounds the expressions that a property keeps parsed.
const maxKnown = 256

// Get reads a word of the property's state, 0 at the start. The state belongs to
// the machine's: a search tries steps that change a word, and others that read
// or change it, in every order.
func (v *View) Get(i int) uint64 {
	v.run.Machine.Door().Touch(v.cells.Loc(i), emu.Reads)
	return v.words[i]
}

// Set changes a word of it.
func (v *View) Set(i int, x uint64) {
	v.run.Machine.Door().Touch(v.cells.Loc(i), emu.Writes)
	v.words = slices.Clone(v.words)
	v.words[i] = x
}

// goProperty is a Property on a machine; it is part of the machine's state.
type goProperty struct {
	Property
	view View
}

// goProperties makes the file's properties in Go.
func (r *Run) goProperties() (list []explore.Property) {
	for _, p := range r.File.properties {
		x := &goProperty{p, View{run: r, words: make([]uint64, p.Words), known: map[string]expr.Node{}}}
		if p.Words > 0 {
			x.view.cells = r.Machine.NewCells()
			r.Machine.AddPart(x)
		}
		list = append(list, x)
	}
	return list
}

// Name implements explore.Property.
func (p *goProperty) Name() string { return p.Property.Name }

// Step implements explore.Property.
func (p *goProperty) Step(ev *emu.Event) *explore.Violation {
	if p.Property.Step == nil || ev.Kind == emu.StepSpin || ev.Kind == emu.StepIdle {
		return nil
	}
	p.view.cpu = ev.CPU
	return p.violation(p.Property.Step(&p.view, ev))
}

// End implements explore.Property.
func (p *goProperty) End() *explore.Violation {
	if p.Property.End == nil {
		return nil
	}
	p.view.cpu = 0
	return p.violation(p.Property.End(&p.view))
}

func (p *goProperty) violation(what string) *explore.Violation {
	if what == "" {
		return nil
	}
	return &explore.Violation{Property: p.Property.Name, What: what}
}

// Save implements emu.Part.
func (p *goProperty) Save() any { return p.view.words }

// Restore implements emu.Part.
func (p *goProperty) Restore(v any) { p.view.words = v.([]uint64) }

// Hash implements emu.Part.
func (p *goProperty) Hash(h *emu.Hasher) {
	for _, w := range p.view.words {
		h.Uint64(w)
	}
}
