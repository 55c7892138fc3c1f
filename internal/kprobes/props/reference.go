package props

import (
	"context"
	"fmt"
	"sync"

	"trapline/internal/explore"
)

// Reference is the set of ends that a scenario can have without probes. It is
// filled when it is first needed, and may be asked by several systems of a
// search at once.
type Reference struct {
	finder Finder

	mu        sync.Mutex
	ends      map[uint64]struct{} // hashes
	kept      []*End              // some of them, to compare with
	complete  bool
	looked    bool   // everything was looked for
	why       string // the set is not complete
	undecided int    // ends that Judge could not decide
}

// Finder finds ends of the unprobed scenario.
type Finder interface {
	// One gives add the end of one run, if it comes to one. only: no other end
	// is possible.
	One(add func(*End)) (only bool, err error)
	// All gives add every end, in whatever order the schedules have.
	All(add func(*End)) error
}

// NewReference makes an empty set, which f will fill.
func NewReference(f Finder) *Reference {
	return &Reference{finder: f, ends: map[uint64]struct{}{}}
}

// maxKept is how many ends a difference is looked for in.
const maxKept = 64

func (r *Reference) add(e *End) {
	h := e.Hash()
	if _, known := r.ends[h]; known {
		return
	}
	r.ends[h] = struct{}{}
	if len(r.kept) < maxKept {
		r.kept = append(r.kept, e)
	}
}

// Judge gives a violation if the scenario cannot end in e without probes. If e
// is not among the ends that are known, and not all are, or a clock was read,
// that is not decided, and counted.
func (r *Reference) Judge(e *End, name func(uint64) string) (v *explore.Violation, decided bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.has(e) {
		return nil, true
	}
	if e.ReadsClock && r.complete {
		r.why = "code reads a clock, and the probes' own work takes time"
	}
	if e.ReadsClock || !r.complete {
		r.undecided++
		return nil, false
	}
	what, far := "it came to an end, without probes it never does", -1
	for _, k := range r.kept {
		if w, f := e.Difference(k, name); f > far {
			what, far = w, f
		}
	}
	if n := len(r.ends); n > 1 {
		what += fmt.Sprintf(" (the nearest of the %d ends without probes)", n)
	}
	return &explore.Violation{Property: Transparency, What: what}, true
}

// has looks for e among the known ends, and looks for more as long as it has
// not found it.
func (r *Reference) has(e *End) bool {
	known := func() bool { _, ok := r.ends[e.Hash()]; return ok }
	if known() || r.looked {
		return known()
	}
	if len(r.ends) == 0 {
		only, err := r.finder.One(r.add)
		if r.note(err); only || err != nil {
			r.looked, r.complete = true, err == nil
			return known()
		}
		if known() {
			return true
		}
	}
	r.looked = true
	err := r.finder.All(r.add)
	r.note(err)
	r.complete = err == nil
	return known()
}

func (r *Reference) note(err error) {
	if err != nil {
		r.why = "not every end without probes is known: " + err.Error()
	}
}

// Undecided tells how many ends could not be judged, and why; 0: none.
func (r *Reference) Undecided() (n int, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.undecided, r.why
}

// FindEnds searches every schedule of an unprobed system for its ends, within
// the bounds of o. capture gives the end of a system, or nil if that does not
// count.
func FindEnds(ctx context.Context, factory func() (explore.System, error), o explore.Options, capture func(explore.System) *End, add func(*End)) error {
	o.EveryEnd, o.AtEnd = true, func(s explore.System) {
		if e := capture(s); e != nil {
			add(e)
		}
	}
	r, err := explore.Search(ctx, factory, o)
	switch {
	case err != nil:
		return err
	case !r.Exhausted:
		return fmt.Errorf("the search for the ends without probes met the bound on %s after %d states", r.Cut, r.States)
	}
	return nil
}

// Transparent is transparency: the run ends as some run without probes can.
type Transparent struct {
	atEnd
	ref     *Reference
	capture func() *End
	name    func(uint64) string
	why     string
}

// NewTransparency makes the property from the ends that are right. capture
// gives the present end; nil: there is none to judge, as of a deadlock. name
// names addresses in what it says.
func NewTransparency(ref *Reference, capture func() *End, name func(uint64) string) *Transparent {
	return &Transparent{ref: ref, capture: capture, name: name}
}

// Name is transparency.
func (*Transparent) Name() string { return Transparency }

// End compares with every end that the run could have without probes.
func (p *Transparent) End() *explore.Violation {
	p.why = ""
	e := p.capture()
	if e == nil {
		return nil
	}
	v, decided := p.ref.Judge(e, p.name)
	if !decided {
		_, p.why = p.ref.Undecided()
	}
	return v
}

// Undecided is why the last end could not be judged; "": it could.
func (p *Transparent) Undecided() string { return p.why }
