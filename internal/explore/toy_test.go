package explore

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// toy is a system of small programs over shared variables and spin locks.
type toy struct {
	progs [][]toyOp
	toyState
	step  Step
	never func(*toyState) bool // a property over the shared variables
	ends  string               // its name where it is not "never"

	asks    LockUse // what "held" says that it is
	scratch bool    // variable 4+a is scratch memory of actor a, which no end shows
	dead    func(actor int, at uint64) Bits
}

type toyState struct {
	pc   []int
	reg  []int // one register an actor
	vars [8]int
	lock [2]int // owner+1
}

type toyOp struct {
	kind string // load v, store v, add n, inc (register), jz n, lock l, unlock l, held l, assert n
	n    int
}

func op(kind string, n int) toyOp { return toyOp{kind, n} }

func newToy(progs ...[]toyOp) *toy {
	t := &toy{progs: progs}
	t.pc, t.reg = make([]int, len(progs)), make([]int, len(progs))
	return t
}

func (t *toy) factory() (System, error) {
	n := newToy(t.progs...)
	n.never, n.ends, n.scratch, n.asks = t.never, t.ends, t.scratch, t.asks
	return n, nil
}

func (t *toy) Actors() int { return len(t.progs) }
func (t *toy) Close()      {}
func (t *toy) Place(a int) (uint64, bool) {
	return uint64(t.pc[a]), t.pc[a] < len(t.progs[a])
}

func (t *toy) clone() toyState {
	s := t.toyState
	s.pc, s.reg = slices.Clone(s.pc), slices.Clone(s.reg)
	return s
}

type toySnapshot struct{ toyState }

func (toySnapshot) Bytes() int { return 100 }

func (t *toy) Snapshot() Snapshot { return toySnapshot{t.clone()} }
func (t *toy) Restore(s Snapshot) {
	o := s.(toySnapshot)
	copy(t.pc, o.pc)
	copy(t.reg, o.reg)
	t.vars, t.lock = o.vars, o.lock
}

var toySeed = maphash.MakeSeed()

func (t *toy) Hash() Fingerprint {
	vars := t.vars
	for a, pc := range t.pc {
		if t.dead != nil && t.scratch && t.dead(a, uint64(pc)).Has(0) {
			vars[4+a] = 0
		}
	}
	return Fingerprint{t.hash(vars), 1}
}

func (t *toy) hash(vars [8]int) uint64 {
	var b []byte
	for _, list := range [][]int{t.pc, t.reg, vars[:], t.lock[:]} {
		for _, v := range list {
			b = binary.AppendVarint(b, int64(v))
		}
	}
	return maphash.Bytes(toySeed, b)
}

func (t *toy) EndHash() uint64 {
	vars := t.vars
	if t.scratch {
		clear(vars[4:])
	}
	return t.hash(vars)
}

func (t *toy) Scratch(a int) []uint64 {
	if !t.scratch {
		return nil
	}
	return []uint64{uint64(t.loc(4 + a))}
}

// loc is the location of a variable.
func (t *toy) loc(v int) int {
	if t.scratch && v >= 4 {
		return (v - 3) * PageLocs
	}
	return v
}

func (t *toy) Standing(a int) (at, key uint64) {
	if t.pc[a] == len(t.progs[a]) {
		key = 1
	}
	return uint64(t.pc[a]), key
}

func (t *toy) Shown(int, Bits)                               {}
func (t *toy) Looked() []Access                              { return nil }
func (t *toy) LeaveOut(dead func(actor int, at uint64) Bits) { t.dead = dead }

func (t *toy) End() *Violation {
	if t.never != nil && t.never(&t.toyState) {
		return &Violation{Property: cmp.Or(t.ends, "never"), Actor: -1}
	}
	return nil
}

func (t *toy) Step(a int) *Step {
	o := t.progs[a][t.pc[a]]
	s := &t.step
	*s = Step{Touched: s.Touched[:0]}
	for l, owner := range t.lock {
		if owner == a+1 {
			s.Locks |= 1 << l
		}
	}
	touch := func(loc int, w bool) {
		s.Touched = append(s.Touched, Access{Loc: uint64(t.loc(loc)), Mask: 1, Write: w})
	}
	lock := func(w bool, u LockUse) {
		s.Touched = append(s.Touched, Access{Loc: 100 + uint64(o.n), Mask: 1, Write: w, Lock: u})
	}
	next := t.pc[a] + 1
	switch o.kind {
	case "load":
		touch(o.n, false)
		t.reg[a] = t.vars[o.n]
	case "store":
		touch(o.n, true)
		t.vars[o.n] = t.reg[a]
	case "me":
		touch(o.n, true)
		t.vars[o.n] = a + 1
	case "set":
		t.reg[a] = o.n
	case "add":
		t.reg[a] += o.n
	case "jz":
		if t.reg[a] == 0 {
			next = o.n
		}
	case "jmp":
		next = o.n
	case "loadat": // the variable that the register names
		touch(t.reg[a]&7, false)
		t.reg[a] = t.vars[t.reg[a]&7]
	case "lock":
		lock(false, Takes)
		s.Locks &^= 1 << o.n
		if t.lock[o.n] != 0 {
			s.Blocked = true
			return s
		}
		lock(true, Takes)
		t.lock[o.n] = a + 1
	case "held": // asks whether somebody holds the lock
		lock(false, t.asks)
		t.reg[a] = min(t.lock[o.n], 1)
	case "unlock":
		s.Locks &^= 1 << o.n
		if s.BrokeLock = t.lock[o.n] != a+1; s.BrokeLock {
			lock(true, NoLock)
		} else {
			lock(true, Releases)
		}
		t.lock[o.n] = 0
	case "assert":
		if t.reg[a] != o.n {
			s.Violation = &Violation{Property: "assert", Actor: a}
		}
	default:
		panic(o.kind)
	}
	t.pc[a] = next
	return s
}
