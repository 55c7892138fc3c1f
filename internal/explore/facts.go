package explore

import "sync"

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
	add   bool
	lock  LockUse
}

func (x *fact) access(loc uint64) Access {
	return Access{Loc: loc, Mask: x.mask, Write: x.write, Add: x.add, Lock: x.lock}
}

// excluded reports whether two uses of a lock cannot be tried in both orders:
// until its owner frees it nobody else can take it, or free it.
func excluded(a, b LockUse) bool {
	return a == Releases && b != NoLock || b == Releases && a != NoLock
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
	mu          sync.Mutex
	at          map[uint64][]fact // by location
	visible     map[place]struct{}
	watched     map[uint64]uint8 // what properties looked at: bytes by location
	asked       Asked
	distrust    bool      // locks were broken
	classes     []mask    // of equal actors
	differ      bool      // they are not
	live        *liveness // of scratch memory, or nil
	lessons     *lessons  // or nil
	without     Reduction
	owner       func(actor int) int
	doers       [][]int       // see doers
	certifies   bool          // ways are kept, for a certificate
	ordered     Ordered       // or nil
	unsaid      bool          // see emu.Unsaid
	raises      map[pair]bool // see raisers
	ways        []way
	wayAccesses int
	n           int
	dependence  func(a, b Access) bool
}

func newFacts(dependence func(a, b Access) bool) *facts {
	if dependence == nil {
		dependence = dependent
	}
	return &facts{at: map[uint64][]fact{}, visible: map[place]struct{}{}, watched: map[uint64]uint8{}, dependence: dependence, owner: func(a int) int { return a }}
}

// of says whose facts they are, and which reductions are not made.
func (f *facts) of(sys System, without Reduction) {
	f.without = without
	if s, ok := sys.(Owned); ok {
		f.owner = s.Owner
	}
	f.ordered, _ = sys.(Ordered)
	f.doers = doers(sys)
}

// dependent is the relation between accesses to the same location.
func dependent(a, b Access) bool {
	return a.Mask&b.Mask != 0 && (a.Write || b.Write || a.Add != b.Add)
}

// changes reports whether an access may change what is there.
func (a Access) changes() bool { return a.Write || a.Add }

// frozen is a copy of the visible places for one round of a search.
func (f *facts) frozen() placeSet {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.equal()) == 0 {
		return newPlaceSet(f.visible)
	}
	all := map[place]struct{}{}
	for p := range f.visible {
		for _, a := range classOf(f.classes, p.actor).list() {
			all[place{a, p.at}] = struct{}{}
		}
	}
	return newPlaceSet(all)
}

// equal are the classes of actors that are taken for equal.
func (f *facts) equal() []mask {
	if f.differ || f.asked.Clocks {
		return nil
	}
	return f.classes
}

// unequal notes that actors which look equal are not.
func (f *facts) unequal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.differ {
		f.differ = true
		f.lessons.add(Lesson{Kind: Differ})
	}
}

// known is how much is known that decides where a search branches and which
// states it tells apart, to notice growth.
type known struct {
	visible, watched, live int
	asked                  Asked
	differ                 bool // actors that look equal
}

func (f *facts) known() known {
	f.mu.Lock()
	defer f.mu.Unlock()
	k := known{visible: len(f.visible), watched: len(f.watched), asked: f.asked, differ: f.differ}
	if f.live != nil {
		k.live = f.live.known()
	}
	return k
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
	if loc != locWatched { // else it follows from others
		f.lessons.add(Lesson{Kind: Touches, Actor: x.actor, At: x.at, Locks: x.locks, Access: x.access(loc)})
	}
	for i := range list {
		f.relate(&list[i], &x)
	}
	f.at[loc] = append(list, x)
}

// touch notes an access by a step at a place, and that it changes what
// properties look at.
func (f *facts) touch(a Access, p place, locks uint64) {
	f.add(a.Loc, factOf(a, p, locks))
	if a.changes() && f.isWatched(a.Loc, a.Mask) {
		f.add(locWatched, watchedFact(p))
	}
}

func factOf(a Access, p place, locks uint64) fact {
	return fact{place: p, locks: locks | a.Under, mask: a.Mask, write: a.Write, add: a.Add, lock: a.Lock}
}

func (f *facts) relate(a, b *fact) {
	if f.owner(a.actor) == f.owner(b.actor) || !f.distrust && (a.locks&b.locks != 0 || f.excludes(a.lock, b.lock)) {
		return
	}
	if f.dependence(a.access(0), b.access(0)) {
		f.visible[a.place] = struct{}{}
		f.visible[b.place] = struct{}{}
	}
}

// see makes places visible.
func (f *facts) see(l []place) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range l {
		f.visible[p] = struct{}{}
	}
}

// excludes reports whether two uses of a lock need not be tried in both orders.
// Where code reads a clock it can tell how long it has waited.
func (f *facts) excludes(a, b LockUse) bool {
	return excluded(a, b) && !f.asked.Clocks && !f.without.has(LockReleases)
}

// locWatched is the location of everything that properties look at: all steps
// that change any of it write it, so that they are tried in every order.
const locWatched = ^uint64(0)

// watch notes that a property looked at a location. Steps that were seen to
// change it become dependent on each other.
func (f *facts) watch(a Access) {
	f.mu.Lock()
	seen := f.watched[a.Loc]&a.Mask == a.Mask
	var late []fact
	if !seen {
		f.watched[a.Loc] |= a.Mask
		f.lessons.add(Lesson{Kind: WatchedBy, Access: a})
		for _, x := range f.at[a.Loc] {
			if x.mask&a.Mask != 0 && x.access(a.Loc).changes() {
				late = append(late, x)
			}
		}
	}
	f.mu.Unlock()
	for _, x := range late {
		f.add(locWatched, watchedFact(x.place))
	}
}

// watchedFact is that of a step that changes what a property looks at. Locks
// do not matter: the property looks between any two steps.
func watchedFact(p place) fact { return fact{place: p, mask: 1, write: true} }

func (f *facts) isWatched(loc uint64, mask uint8) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.watched[loc]&mask != 0
}

func (f *facts) ask(a Asked) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a.Registers && !f.asked.Registers || a.Clocks && !f.asked.Clocks {
		f.lessons.add(Lesson{Kind: AsksFor, Asked: a})
	}
	f.asked.Registers = f.asked.Registers || a.Registers
	if a.Clocks && !f.asked.Clocks {
		f.asked.Clocks = true
		f.relateAll()
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
	f.lessons.add(Lesson{Kind: BreaksLock})
	f.relateAll()
}

// relateAll judges all facts anew.
func (f *facts) relateAll() {
	for _, list := range f.at {
		for i := range list {
			for j := range list[:i] {
				f.relate(&list[j], &list[i])
			}
		}
	}
}
