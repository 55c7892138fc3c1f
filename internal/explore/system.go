// Package explore searches the schedules of a system for one that violates a
// property: every interleaving up to a number of preemptions, with state
// hashing and partial-order reduction, or random ones. What it finds it
// shrinks. docs/exploring.md says what a search that finds nothing proves.
package explore

import (
	"trapline/internal/emu"
	"trapline/internal/sched"
)

// Fingerprint tells states apart.
type Fingerprint = emu.Fingerprint

// System is what is searched: a few actors over shared state, one of which
// takes each step. Steps must be deterministic. A System is used by one
// goroutine; each worker of a search has its own, and a snapshot of one can be
// restored into any other that the same factory made, unless it is a Keeper.
type System interface {
	// Actors is how many actors there are, 1 to sched.MaxActors/2.
	Actors() int
	// Place tells where actor stands: a number for the piece of code that its
	// next step runs, the same in every state. False: it cannot step, and
	// only another actor's step can change that.
	Place(actor int) (uint64, bool)
	// Step runs actor's next step. What it returns is valid until the next call.
	Step(actor int) *Step
	// Snapshot copies the whole state, immutably.
	Snapshot() Snapshot
	// Restore brings a state back.
	Restore(Snapshot)
	// Hash tells states apart by all that decides how they go on. Clocks and
	// counts that nothing reads are not part of it: see Teller.
	Hash() Fingerprint
	// EndHash tells final states apart: what of a state matters when nothing
	// goes on from it, so no clock.
	EndHash() uint64
	// End judges a state in which no actor can step and none is blocked.
	End() *Violation
	// Close frees what the system holds.
	Close()
}

// Teller is a System that can tell more of each step than it does at first,
// at a cost: what only matters where somebody asks for it.
type Teller interface {
	// Tell sets what is told from now on, and told apart by Hash.
	Tell(Asked)
}

// Ordered is a System that tells what the uses of a location mean for the order
// of its actors' stores, for a certificate.
type Ordered interface {
	MemoryOrder(loc uint64) emu.Order
}

// Owned is a System some of whose actors do another one's work: their steps
// commute with all of that one's.
type Owned interface{ Owner(actor int) int }

// Hasty is a System that can take the steps of those that do an actor's work with
// the actor's own step, where nobody else can see them: see Access.Flush.
type Hasty interface {
	// AtOnce gives it the places where they can be seen; nil: it takes none.
	AtOnce(visible func(actor int, at uint64) bool)
}

// Keeper is a System whose snapshots may be of use to it alone. Another one
// comes to the same state by the same steps.
type Keeper interface{ KeepsSnapshots() bool }

// keeps reports whether only sys itself can restore its snapshots.
func keeps(sys System) bool {
	k, ok := sys.(Keeper)
	return ok && k.KeepsSnapshots()
}

// Asked is what steps of a search have read that is not told of at first.
type Asked struct {
	Registers bool // one actor's by another, or by a property
	Clocks    bool
}

// Snapshot is a state of a System.
type Snapshot interface {
	// Bytes is about how much memory this snapshot alone holds on to.
	Bytes() int
}

// Step is what one step of one actor did.
type Step struct {
	// Blocked: the actor waits for a lock and nothing changed.
	Blocked bool
	// Touched is every location that the step read or wrote.
	Touched []Access
	// Watched is what properties looked at when they judged the step: steps
	// that change any of it are dependent on each other.
	Watched []Access
	// Asked is what the step read that a Teller does not tell of at first.
	Asked Asked
	// Waits is what a blocked actor waits for, or "" if it cannot say.
	Waits string
	// Row is the SEMANTICS row of that wait, or "".
	Row string
	// Locks are the locks that the actor held before and after the step, a
	// bit each.
	Locks uint64
	// Drains: the step leaves no store of before that others do not see.
	Drains bool
	// BrokeLock: a lock's word was changed by someone who did not own it, so
	// that locks exclude nobody.
	BrokeLock bool
	// Violation is a property that the step violated, or nil.
	Violation *Violation
}

// reset empties s for the next step. Field by field: the whole struct at once
// would cost write barriers for all its pointers.
func (s *Step) reset() {
	s.Touched, s.Watched = s.Touched[:0], s.Watched[:0]
	s.Blocked, s.Asked, s.Locks, s.BrokeLock, s.Drains = false, Asked{}, 0, false, false
	if s.Waits != "" || s.Row != "" {
		s.Waits, s.Row = "", ""
	}
	if s.Violation != nil {
		s.Violation = nil
	}
}

// Access is a read or write of some bytes of one aligned group of eight, in a
// numbering of locations that the System chooses: physical memory, and any
// numbers beyond it for values that lie elsewhere.
type Access struct {
	Loc   uint64 // group of eight bytes
	Mask  uint8  // which of them
	Write bool
	Add   bool // a count went up: adds commute with each other, not with reads
	Lock  LockUse
	// Flush is that of a store which its actor's store buffer has let through within
	// the step: the store's place is Loc minus (Flush minus 1). 0: it is none.
	Flush uint8
	// Under are locks that the actor held when it made the access, beside those of
	// the step: a step that empties a store buffer can begin in a critical section
	// and end behind it.
	Under uint64
}

// LockUse is what an access to a lock's word does, as long as locks are trusted.
type LockUse uint8

// Uses of locks.
const (
	NoLock   LockUse = iota
	Takes            // takes it if it is free, else has no effect
	Releases         // its owner frees it
)

// Violation is a property that does not hold.
type Violation struct {
	Property string // its name, such as "no-missed-probe"
	What     string // one sentence
	ID       string // SEMANTICS row that explains it, or ""
	Actor    int    // whose step showed it, -1: none's in particular
}

// Names of the properties that the search itself judges (S4).
const (
	NoDeadlock = "no-deadlock"
	NoLivelock = "no-livelock"
)

// maxActors is what the search's bit sets hold.
const maxActors = sched.MaxActors / 2

// mask is a set of actors.
type mask uint32

func bit(actor int) mask { return 1 << actor }

func (m mask) has(actor int) bool { return m>>actor&1 != 0 }

// alive is the set of actors that can step.
func alive(sys System) mask {
	var m mask
	for a := range sys.Actors() {
		if _, ok := sys.Place(a); ok {
			m |= bit(a)
		}
	}
	return m
}
