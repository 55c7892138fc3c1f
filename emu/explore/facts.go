package explore

import (
	"maps"
	"sync"
)

// place is a piece of code as one actor runs it.
type place struct {
	actor int
	at    uint64
}

// fact is an access that was seen in some execution.
type fact struct {
	place
	locks uint64
	mask  uint8
	write bool
}

// facts is what all executions so far touched, and which places follow from
// it to be visible: a step there may be dependent on a step of another actor
// that can come first. Two accesses are dependent if their bytes overlap and
// one of them writes, unless both actors hold a common lock.
//
// Everything else is local: it commutes with whatever the others do, and is
// run without asking who else could go first. Facts only ever grow; a search
// whose facts grew under it is done again (see Search).
type facts struct {
	mu         sync.Mutex
	at         map[uint64][]fact // by location
	visible    map[place]struct{}
	distrust   bool // locks were broken
	n          int
	dependence func(a, b Access) bool
}

func newFacts(dependence func(a, b Access) bool) *facts {
	if dependence == nil {
		dependence = dependent
	}
	return &facts{at: map[uint64][]fact{}, visible: map[place]struct{}{}, dependence: dependence}
}

// dependent is the relation between accesses to the same location.
func dependent(a, b Access) bool { return a.Mask&b.Mask != 0 && (a.Write || b.Write) }

// frozen is a copy of the visible places for one round of a search.
func (f *facts) frozen() map[place]struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.visible)
}

// count is how many places are visible, to notice growth.
func (f *facts) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.visible)
}

func (f *facts) full() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n >= MaxFacts
}

func (f *facts) add(loc uint64, x fact) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.at[loc]
	for i := range list {
		if list[i] == x {
			return
		}
	}
	if f.n >= MaxFacts {
		return
	}
	f.n++
	for i := range list {
		f.relate(&list[i], &x)
	}
	f.at[loc] = append(list, x)
}

func (f *facts) relate(a, b *fact) {
	if a.actor == b.actor || !f.distrust && a.locks&b.locks != 0 {
		return
	}
	if f.dependence(Access{Mask: a.mask, Write: a.write}, Access{Mask: b.mask, Write: b.write}) {
		f.visible[a.place] = struct{}{}
		f.visible[b.place] = struct{}{}
	}
}

// broke gives up the trust in locks and judges all facts anew.
func (f *facts) broke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.distrust {
		return
	}
	f.distrust = true
	for _, list := range f.at {
		for i := range list {
			for j := range list[:i] {
				f.relate(&list[j], &list[i])
			}
		}
	}
}

// recorder feeds one worker's steps to the facts, most of which are known
// already.
type recorder struct {
	facts *facts
	last  map[place]uint64 // fingerprint of the last step there
	known map[locFact]struct{}
}

type locFact struct {
	loc uint64
	fact
}

func newRecorder(f *facts) *recorder {
	return &recorder{facts: f, last: map[place]uint64{}, known: map[locFact]struct{}{}}
}

func (r *recorder) record(p place, s *Step) {
	h := s.Locks
	for _, a := range s.Touched {
		h = (h^a.Loc)*0x9e3779b97f4a7c15 + uint64(a.Mask)<<1
		if a.Write {
			h++
		}
		h ^= h >> 29
	}
	if s.BrokeLock {
		r.facts.broke()
	}
	if old, ok := r.last[p]; ok && old == h {
		return
	}
	r.last[p] = h
	for _, a := range s.Touched {
		k := locFact{a.Loc, fact{place: p, locks: s.Locks, mask: a.Mask, write: a.Write}}
		if _, ok := r.known[k]; ok {
			continue
		}
		if len(r.known) >= MaxFacts {
			clear(r.known)
		}
		r.known[k] = struct{}{}
		r.facts.add(a.Loc, k.fact)
	}
}
