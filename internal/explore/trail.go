package explore

import "math/bits"

// recorder feeds one worker's steps to the facts: those from a visible place to
// the next one, a trail, in one go. Most trails were there before, step by step
// with the same accesses, and are known by one look-up of their fingerprint.
type recorder struct {
	facts *facts
	sys   Scratcher // or nil
	all   System
	trail trail
	seen  map[uint64]struct{} // fingerprints of trails
	last  map[place]uint64    // fingerprint of the last step there
	known map[locFact]struct{}

	blocked bool // a step was
	pruned  bool // a schedule was
}

type locFact struct {
	loc uint64
	fact
}

// trail is what an actor's steps touched.
type trail struct {
	steps            []trailStep
	touched, watched []Access
}

// trailStep is one step; its accesses end at these places of the trail's.
type trailStep struct {
	place            // whose actor is the trail's, or does its work
	locks            uint64
	touched, watched int
	drains, waits    bool
}

func newRecorder(f *facts, sys System) *recorder {
	s, _ := sys.(Scratcher)
	return &recorder{facts: f, sys: s, all: sys, seen: map[uint64]struct{}{}, last: map[place]uint64{}, known: map[locFact]struct{}{}}
}

// note adds a step to the trail.
func (r *recorder) note(p place, s *Step) {
	if s.BrokeLock {
		r.facts.broke()
	}
	r.asks(s)
	t := &r.trail
	t.touched = append(t.touched, s.Touched...)
	t.watched = append(t.watched, s.Watched...)
	t.steps = append(t.steps, trailStep{p, s.Locks, len(t.touched), len(t.watched), s.Drains, s.Blocked})
}

// end ends the trail of an actor: its accesses become facts.
func (r *recorder) end(actor int) {
	t := &r.trail
	h := fold(fold(uint64(actor), t.touched), t.watched)
	for i := range t.steps {
		s := &t.steps[i]
		h = mix(mix(h, s.at^uint64(s.actor-actor)<<56), s.locks^uint64(s.touched)<<32^uint64(s.watched)<<48)
	}
	var to, key uint64
	if r.sys != nil {
		to, key = r.sys.Standing(actor)
		h = mix(mix(h, to), key)
	} else if r.all != nil {
		to, _ = r.all.Place(actor)
		h = mix(h, to)
	}
	if _, ok := r.seen[h]; !ok {
		if len(r.seen) >= MaxFacts {
			clear(r.seen)
		}
		r.seen[h] = struct{}{}
		r.learn()
		r.facts.leads(actor, to, t)
		if l := r.facts.live; l != nil && len(t.steps) > 0 {
			var shown Bits
			if key != 0 {
				shown = newBits(len(l.written[actor]) * 64)
				r.sys.Shown(actor, shown)
			}
			l.learn(h, place{actor, t.steps[0].at}, place{actor, to}, t, shown)
		}
	}
	t.steps, t.touched, t.watched = t.steps[:0], t.touched[:0], t.watched[:0]
}

// learn makes facts of the trail.
func (r *recorder) learn() {
	t := &r.trail
	var touched, watched int
	for _, s := range t.steps {
		r.step(s.place, s.locks, t.touched[touched:s.touched], t.watched[watched:s.watched])
		touched, watched = s.touched, s.watched
	}
}

func (r *recorder) step(p place, locks uint64, touched, watched []Access) {
	h := fold(fold(locks, touched), watched)
	if old, ok := r.last[p]; ok && old == h {
		return
	}
	r.last[p] = h
	for _, a := range watched {
		r.look(a)
	}
	for _, a := range touched {
		p := r.facts.doing(a, p)
		k := locFact{a.Loc, factOf(a, p, locks)}
		if _, ok := r.known[k]; ok {
			continue
		}
		if len(r.known) >= MaxFacts {
			clear(r.known)
		}
		r.known[k] = struct{}{}
		r.facts.touch(a, p, locks)
		if l := r.facts.live; l != nil {
			if owner, _, ok := l.find(a.Loc); ok && owner != r.facts.owner(p.actor) {
				l.keep(a)
			}
		}
	}
}

// look notes that a property looked at a location.
func (r *recorder) look(a Access) {
	r.facts.watch(a)
	if r.facts.live != nil {
		r.facts.live.keep(a)
	}
}

// looked notes what properties looked at when they judged an end.
func (r *recorder) looked() {
	if r.sys == nil || r.facts.live == nil {
		return
	}
	for _, a := range r.sys.Looked() {
		r.facts.live.keep(a)
	}
}

// asks notes what a step asked for.
func (r *recorder) asks(s *Step) {
	if s.Asked != (Asked{}) {
		r.facts.ask(s.Asked)
	}
}

// fold adds a list of accesses to a fingerprint.
func fold(h uint64, list []Access) uint64 {
	for i := range list {
		a := &list[i]
		v := uint64(a.Mask)
		if a.Write {
			v |= 1 << 8
		}
		if a.Add {
			v |= 1 << 9
		}
		v |= uint64(a.Lock)<<10 | uint64(a.Flush)<<12
		h = mix(h^v<<48, a.Loc^a.Under<<24)
	}
	return mix(h, uint64(len(list)))
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd6e8feb86659fd93)
	return hi ^ lo
}

// placeSet is a set of places that is made once and then only asked: at every
// step. It is a hash table with open addressing, at most half full.
type placeSet struct {
	slots []slot
	n     int
}

type slot struct {
	place
	used bool
}

func newPlaceSet(places map[place]struct{}) placeSet {
	s := placeSet{make([]slot, 1<<bits.Len(uint(2*len(places)))), len(places)}
	for p := range places {
		*s.find(p) = slot{p, true}
	}
	return s
}

// find is the slot of p, or the empty one where it belongs.
func (s *placeSet) find(p place) *slot {
	last := uint64(len(s.slots) - 1)
	for i := mix(p.at, uint64(p.actor)); ; i++ {
		if x := &s.slots[i&last]; !x.used || x.place == p {
			return x
		}
	}
}

func (s *placeSet) has(p place) bool { return s.find(p).used }
