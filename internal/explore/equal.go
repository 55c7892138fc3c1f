package explore

import "slices"

// Symmetric is a System in which actors may have equal parts: states that
// differ only in who has which part go on alike. The search does not take that
// for granted: see equality.
type Symmetric interface {
	// Renames are the actors that may be renamed, of the first MaxRenamed. It is
	// called when a search begins with the system.
	Renames() []int
	// Rename makes the state that in which each actor has the number that it gets.
	// Renamings can be done one after the other, and back.
	Rename(Renaming)
	// Part is a hash of what an actor has of its own, the same before a renaming
	// and behind it. Different parts may share it.
	Part(actor int) uint64
	// Before begins to tell, of a step or more of actor from the present state,
	// on what they can depend that renaming those of the set changes.
	Before(actor int, renamed func(int) bool)
	// After ends it: the steps have used all this. before is the state that they
	// began in.
	After(before Snapshot, touched, watched []Access) Dependence
}

// Dependence is what steps of an actor depend on.
type Dependence struct {
	// Key is the same of steps that were the same but for who is who. With !Exact
	// it does not tell all.
	Key   uint64
	Exact bool
	// Actors are those whose numbers the steps can tell, the actor itself first if
	// it is renamed at all.
	Actors []int
}

// equality is what one worker knows of equal actors. States that renaming makes
// one are one for the search: it goes on from a canonical one of them. That is
// right if renaming and then taking an actor's steps comes to the same as taking
// them and then renaming, for all states and renamings, and in the same verdict.
// It is not assumed of any code: the search takes the steps with other names too
// and compares. What steps do depends on what they use, so that it is enough to
// do so once for steps that use the same, with all numbers that the actors can
// have whom the steps can tell. If anything differs, actors are not equal, and
// the search begins anew without this.
type equality struct {
	sys     Symmetric
	classes []mask
	checked map[uint64]struct{} // Dependence.Key
}

// Bounds of comparing.
const (
	maxImages = 400     // renamings for one actor's steps
	maxOrbit  = 1 << 16 // renamings of an end
)

// equalActors finds which actors are equal where the search starts: exchanging
// them changes nothing. nil: none are.
func equalActors(sys System) (classes []mask) {
	s, ok := sys.(Symmetric)
	if !ok {
		return nil
	}
	root, hash := sys.Snapshot(), sys.Hash()
	defer sys.Restore(root)
	var seen mask
	list := s.Renames()
	for i, a := range list {
		if _, can := sys.Place(a); !can || seen.has(a) {
			continue
		}
		class := bit(a)
		for _, b := range list[i+1:] {
			if _, can := sys.Place(b); !can || seen.has(b) {
				continue
			}
			s.Rename(swap(a, b))
			if sys.Hash() == hash {
				class |= bit(b)
			}
			sys.Restore(root)
		}
		if class != bit(a) {
			classes = append(classes, class)
		}
		seen |= class
	}
	return classes
}

// onlyPairs reports whether states would be halved at most.
func onlyPairs(classes []mask) bool {
	return len(classes) == 0 || len(classes) == 1 && len(classes[0].list()) == 2
}

// newEquality is nil if no actors are equal.
func newEquality(sys System, classes []mask) *equality {
	if len(classes) == 0 {
		return nil
	}
	s := sys.(Symmetric)
	s.Renames()
	return &equality{s, classes, map[uint64]struct{}{}}
}

// keeps reports whether exchanging equal actors changes nothing in the present
// state.
func (e *equality) keeps(sys System) bool {
	here, hash := sys.Snapshot(), sys.Hash()
	defer sys.Restore(here)
	for _, class := range e.classes {
		list := class.list()
		for i := range list[1:] {
			e.sys.Rename(swap(list[i], list[i+1]))
			if sys.Hash() != hash {
				return false
			}
			sys.Restore(here)
		}
	}
	return true
}

func (e *equality) renamed(actor int) bool { return classOf(e.classes, actor) != bit(actor) }

// canonical makes the present state the canonical one among those that renaming
// makes of it: equal actors in the order of their parts.
func (e *equality) canonical() Renaming {
	r := unchanged
	for _, class := range e.classes {
		var keys [MaxRenamed]uint64
		var order [MaxRenamed]int
		n := 0
		for a := range MaxRenamed {
			if class.has(a) {
				keys[a], order[n] = e.sys.Part(a), a
				n++
			}
		}
		sorted := order
		slices.SortStableFunc(sorted[:n], func(a, b int) int {
			switch {
			case keys[a] < keys[b]:
				return -1
			case keys[a] > keys[b]:
				return 1
			}
			return 0
		})
		for i := range n {
			r = r.set(sorted[i], order[i])
		}
	}
	if r != unchanged {
		e.sys.Rename(r)
	}
	return r
}

// images are all ways in which the actors can have other numbers, without the
// one in which they keep theirs; false: there are too many.
func (e *equality) images(actors []int) (list []Renaming, ok bool) {
	ok = true
	var taken mask
	var choose func(i int, r Renaming)
	choose = func(i int, r Renaming) {
		if i == len(actors) {
			if list = append(list, r); len(list) > maxImages {
				ok = false
			}
			return
		}
		for _, to := range classOf(e.classes, actors[i]).list() {
			if ok && !taken.has(to) {
				taken |= bit(to)
				choose(i+1, r.with(actors[i], to))
				taken &^= bit(to)
			}
		}
	}
	choose(0, unchanged)
	keeps := func(r Renaming) bool {
		return !slices.ContainsFunc(actors, func(a int) bool { return r.Of(a) != a })
	}
	return slices.DeleteFunc(list, keeps), ok
}

// compare takes the steps that actor has just taken, from a state to the present
// one, with other names too. False: something else came of them.
func (w *worker) compare(from Snapshot, actor int, d Dependence, steps uint32, v *Violation) bool {
	e := w.equal
	if d.Exact {
		if _, known := e.checked[d.Key]; known {
			return true
		}
		if len(e.checked) >= MaxFacts {
			clear(e.checked)
		}
		e.checked[d.Key] = struct{}{}
	}
	images, ok := e.images(d.Actors)
	if !ok {
		return false
	}
	counted, to := w.my, w.sys.Snapshot()
	defer func() {
		w.my = counted
		w.sys.Restore(to)
	}()
	for _, r := range images {
		w.sys.Restore(to)
		e.sys.Rename(r)
		want := w.sys.Hash()
		w.sys.Restore(from)
		e.sys.Rename(r)
		n, u := w.local(r.Of(actor))
		w.rec.end(r.Of(actor))
		if n != steps || !sameVerdict(u, v) || w.sys.Hash() != want {
			return false
		}
	}
	return true
}

func sameVerdict(a, b *Violation) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Property == b.Property)
}

// ends judges all ends that renaming makes of the present one, and gives each to
// see. False: they are not judged alike, or are too many.
func (e *equality) ends(sys System, v *Violation, see func()) bool {
	here := sys.Snapshot()
	defer sys.Restore(here)
	seen := map[Fingerprint]struct{}{sys.Hash(): {}}
	for todo := []Snapshot{here}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, class := range e.classes {
			list := class.list()
			for i := range list[1:] {
				sys.Restore(at)
				e.sys.Rename(swap(list[i], list[i+1]))
				h := sys.Hash()
				if _, known := seen[h]; known {
					continue
				}
				if seen[h] = struct{}{}; len(seen) > maxOrbit || !sameVerdict(v, sys.End()) {
					return false
				}
				see()
				todo = append(todo, sys.Snapshot())
			}
		}
	}
	return true
}

// unequal gives up that actors are equal.
func (w *worker) unequal() {
	w.facts.unequal()
	w.mu.Lock()
	w.broken = true
	w.more.Broadcast()
	w.mu.Unlock()
}

// retell tells what was found by the numbers that actors have where the search
// starts. False: a run of its schedule does not show it.
func (r *round) retell(sys System, root Snapshot, f *Found) bool {
	if len(r.classes) == 0 || f.Endless {
		return true
	}
	sys.Restore(root)
	var v *Violation
	for _, x := range f.Schedule.Runs() {
		for range x.Steps {
			if _, ok := sys.Place(x.Actor); !ok || v != nil {
				return false
			}
			v = sys.Step(x.Actor).Violation
		}
	}
	if v == nil {
		v = judgeEnd(sys, alive(sys))
	}
	if v == nil || v.Property != f.Violation.Property {
		return false
	}
	f.Violation = *v
	return true
}
