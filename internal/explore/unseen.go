package explore

import "trapline/internal/sched"

// doers lists for each actor those that do its work (see Owned); nil: nobody does.
func doers(sys System) [][]int {
	o, ok := sys.(Owned)
	if !ok {
		return nil
	}
	var list [][]int
	for a := range sys.Actors() {
		if of := o.Owner(a); of != a {
			if list == nil {
				list = make([][]int, sys.Actors())
			}
			list[of] = append(list[of], a)
		}
	}
	return list
}

// doing is the place of an access by a step at p: of what a store buffer has let
// through it is the buffer's.
func (f *facts) doing(a Access, p place) place {
	if a.Flush == 0 {
		return p
	}
	return place{f.doers[p.actor][0], a.Loc - uint64(a.Flush-1)}
}

// hurry lets the system take the steps that unseen takes with those of their
// actors.
func (w *worker) hurry() {
	if h, ok := w.sys.(Hasty); ok && w.doers != nil {
		h.AtOnce(func(actor int, at uint64) bool { return w.visible.has(place{actor, at}) })
	}
}

// calm ends that.
func (w *worker) calm() {
	if h, ok := w.sys.(Hasty); ok {
		h.AtOnce(nil)
	}
}

// unseen follows a step of actor: it takes the steps of those that do its work, as
// far as nobody else can see them, at once and without a choice. They commute
// with all that the actor does; where others can see them, they are visible (see
// facts). The schedules of a round leave them out: explicit puts them in. see, if
// set, is shown each.
func (w *worker) unseen(actor int, see func(place, *Step)) *Violation {
	if w.doers == nil {
		return nil
	}
	for _, a := range w.doers[actor] {
		for {
			at, ok := w.sys.Place(a)
			if !ok || w.visible.has(place{a, at}) {
				break
			}
			s := w.sys.Step(a)
			if see != nil {
				see(place{a, at}, s)
			}
			if s.Violation != nil {
				return s.Violation
			}
		}
	}
	return nil
}

// note records an unseen step.
func (w *worker) note(p place, s *Step) {
	w.my.steps++
	w.rec.note(p, s)
}

// explicit is a schedule of the round with the steps that unseen takes.
func (w *worker) explicit(s sched.Schedule) sched.Schedule {
	if w.doers == nil {
		return s
	}
	var out sched.Schedule
	w.sys.Restore(w.root)
	w.calm()
	for _, r := range s.Runs() {
		for range r.Steps {
			out.Append(r.Actor, 1)
			if w.sys.Step(r.Actor).Violation != nil || w.unseen(r.Actor, func(p place, _ *Step) { out.Append(p.actor, 1) }) != nil {
				return out
			}
		}
	}
	return out
}
