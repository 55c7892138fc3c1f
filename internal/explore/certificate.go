package explore

import (
	"maps"

	"trapline/internal/emu"
)

// Certificate tells whether what a search has shown of sequentially consistent
// memory holds under x86-TSO too (T1). If no vCPU loads a location that another
// one writes, while it owes a drain of an earlier store to another location,
// then every execution of x86-TSO equals a sequentially consistent one (Owens,
// "Reasoning about the Implementation of Concurrency Abstractions on x86-TSO",
// ECOOP 2010: triangular races).
//
// Which vCPU owes what is judged by places, not by states: what may be owed at a
// place is what any way there, of those that the search has taken, leaves owed.
// So a certificate is sound, and may be missing where there is no race.
type Certificate struct {
	Given bool
	// Why there is none.
	Why NoCertificate
	// Of a race: the vCPU stores at Store and loads at Load; another one's
	// writes at Write. They are places of System.
	Actor, Other       int
	Store, Load, Write uint64
}

// NoCertificate is why there is no certificate.
type NoCertificate uint8

// Why there is no certificate.
const (
	NotExhausted  NoCertificate = iota // the search was not exhausted, or bounded
	OtherModel                         // it was not of sequentially consistent memory
	ReadRegisters                      // code outside instructions read another vCPU's registers
	TooMuch                            // too many accesses to remember
	UnsaidChange                       // a step did not tell which memory it has changed
	Triangle                           // there may be a triangular race
)

// way is a trail: from a place to the next one.
type way struct {
	actor    int
	from, to uint64
	steps    []wayStep
}

// wayStep is what a step of it means for what is owed.
type wayStep struct {
	at, locks     uint64
	drains        bool
	loads, stores []Access
}

// leads keeps a trail.
func (f *facts) leads(actor int, to uint64, t *trail) {
	if len(t.steps) == 0 || !f.certifies {
		return
	}
	w := way{actor: actor, from: t.steps[0].at, to: to}
	done, unsaid := 0, false
	for _, s := range t.steps {
		if s.waits { // with no effect: when it goes on, it loads again
			done = s.touched
			continue
		}
		x := wayStep{at: s.at, locks: s.locks, drains: s.drains}
		for _, a := range t.touched[done:s.touched] {
			if o := f.order(a.Loc); o != emu.Buffered {
				unsaid = unsaid || o == emu.Unsaid
			} else if a.changes() {
				x.stores = append(x.stores, a)
			} else {
				x.loads = append(x.loads, a)
			}
		}
		done = s.touched
		w.steps = append(w.steps, x)
	}
	f.mu.Lock()
	f.unsaid = f.unsaid || unsaid
	if f.wayAccesses += len(t.touched); f.wayAccesses <= maxWayAccesses {
		f.ways = append(f.ways, w)
	}
	f.mu.Unlock()
}

// order is what uses of a location mean for the order of stores.
func (f *facts) order(loc uint64) emu.Order {
	if f.ordered == nil {
		return emu.Buffered
	}
	return f.ordered.MemoryOrder(loc)
}

// maxWayAccesses bounds the accesses of trails kept for a certificate.
const maxWayAccesses = 1 << 18

// owed is the stores that may not have reached memory, and their places.
type owed map[stored]uint64

// stored is what a store writes: bytes of a location.
type stored struct {
	loc  uint64
	mask uint8
}

// forwards reports whether a load sees nothing but the store: its own vCPU's
// loads then do so in any case.
func (s stored) forwards(load Access) bool { return s.loc == load.Loc && load.Mask&^s.mask == 0 }

// certify looks for a triangular race in all that the search has seen.
func (f *facts) certify() Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.asked.Registers:
		return Certificate{Why: ReadRegisters}
	case f.unsaid:
		return Certificate{Why: UnsaidChange}
	case f.n >= MaxFacts || f.wayAccesses > maxWayAccesses:
		return Certificate{Why: TooMuch}
	}
	f.raises = f.raisers()
	at := map[place]owed{}
	for again := true; again; {
		again = false
		for i := range f.ways {
			w := &f.ways[i]
			have := maps.Clone(at[place{w.actor, w.from}])
			if have == nil {
				have = owed{}
			}
			for j := range w.steps {
				if c := f.triangle(w.actor, &w.steps[j], have); c != nil {
					return *c
				}
				f.passes(w.actor, &w.steps[j], have)
			}
			to := place{w.actor, w.to}
			if at[to] == nil {
				at[to] = owed{}
			}
			for what, store := range have {
				if _, ok := at[to][what]; !ok {
					at[to][what], again = store, true
				}
			}
		}
	}
	return Certificate{Given: true}
}

// passes brings what is owed over a step.
func (f *facts) passes(actor int, s *wayStep, have owed) {
	if s.drains {
		clear(have)
		return
	}
	for _, a := range s.stores {
		what := stored{a.Loc, a.Mask}
		if _, ok := have[what]; !ok && f.shared(actor, a) {
			have[what] = s.at
		}
	}
}

// shared reports whether another actor uses what an access changes.
func (f *facts) shared(actor int, a Access) bool {
	for i := range f.at[a.Loc] {
		if x := &f.at[a.Loc][i]; x.actor != actor && x.mask&a.Mask != 0 {
			return true
		}
	}
	return false
}

// triangle is a race of a step that loads, if it may have one.
func (f *facts) triangle(actor int, s *wayStep, have owed) *Certificate {
	if s.drains {
		return nil
	}
	for _, load := range s.loads {
		store, owes := f.another(actor, s, load, have)
		if !owes {
			continue
		}
		for i := range f.at[load.Loc] {
			x := &f.at[load.Loc][i]
			if x.actor != actor && x.mask&load.Mask != 0 && x.access(load.Loc).changes() && !f.raises[pair{actor, x.actor}] && f.concurrent(s.locks, load.Lock, x) {
				return &Certificate{Why: Triangle, Actor: actor, Other: x.actor, Store: store, Load: s.at, Write: x.at}
			}
		}
	}
	return nil
}

// pair is an actor and another one that changes what it loads.
type pair struct{ reader, writer int }

// raisers finds the actors that use one location only, which they change and one
// other actor alone uses, as interrupts from outside do: nobody can tell what
// else such a change came before, or behind.
func (f *facts) raisers() map[pair]bool {
	only, more := map[int]uint64{}, map[int]bool{}
	for loc, list := range f.at {
		for i := range list {
			x := &list[i]
			if old, ok := only[x.actor]; ok && old != loc || !x.access(loc).changes() {
				more[x.actor] = true
			}
			only[x.actor] = loc
		}
	}
	raises := map[pair]bool{}
	for writer, loc := range only {
		readers := map[int]bool{}
		for _, x := range f.at[loc] {
			readers[x.actor] = true
		}
		delete(readers, writer)
		for reader := range readers {
			raises[pair{reader, writer}] = !more[writer] && len(readers) == 1
		}
	}
	return raises
}

// concurrent reports whether an access under locks, which uses one of them, may
// come next to another vCPU's.
func (f *facts) concurrent(locks uint64, use LockUse, x *fact) bool {
	return f.distrust || x.locks&locks == 0 && !excluded(use, x.lock)
}

// another finds an owed store to another location than is loaded, or a store of
// the step itself: that nobody comes between its load and its store is the
// search's grain, not the processor's.
func (f *facts) another(actor int, s *wayStep, load Access, have owed) (at uint64, ok bool) {
	least := ^uint64(0)
	for what, store := range have {
		if !what.forwards(load) && store < least {
			at, ok, least = store, true, store
		}
	}
	if ok {
		return at, true
	}
	for _, a := range s.stores {
		if f.shared(actor, a) {
			return s.at, true
		}
	}
	return 0, false
}
