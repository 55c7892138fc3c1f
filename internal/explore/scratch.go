package explore

import (
	"math/bits"
	"slices"

	"trapline/internal/emu"
)

// Stack is a stack of a vCPU: linear memory from Low up to but not including
// High, whole pages, that is mapped once.
type Stack struct {
	CPU       int
	Low, High uint64
	// Exceptions: a gate leads to its end (IST), where the interrupted stack pointer
	// is kept. It has nothing in it when neither the stack pointer is there nor one
	// that an exception has interrupted.
	Exceptions bool
}

// scratch is what a Machine knows of its vCPUs' stacks.
type scratch struct {
	stacks [emu.MaxCPUs][]stackPage
	dead   func(actor int, at uint64) Bits
	known  map[standingAt][]*emu.LeftOut
	out    []*emu.LeftOut // of the last hash
}

// stackPage is a page of a vCPU's stack.
type stackPage struct {
	linear     uint64
	low, top   uint64 // of the stack that it is of
	exceptions bool
	frame      emu.Frame
}

// standingAt is where a vCPU stands and, if it has stopped, what its stack pointers
// are; else 0.
type standingAt struct {
	place
	key uint64
}

func newScratch(m *emu.Machine, stacks []Stack) scratch {
	s := scratch{known: map[standingAt][]*emu.LeftOut{}}
	for _, k := range stacks {
		for at := k.Low; at < k.High; at += emu.PageSize {
			if pte, ok := m.CPUs[k.CPU].Space.Lookup(at); ok {
				s.stacks[k.CPU] = append(s.stacks[k.CPU], stackPage{at, k.Low, k.High, k.Exceptions, pte.Frame})
			}
		}
	}
	return s
}

// Scratch implements Scratcher: the stacks.
func (s *Machine) Scratch(actor int) []uint64 {
	if actor >= len(s.M.CPUs) {
		return nil
	}
	var list []uint64
	for _, p := range s.scratch.stacks[actor] {
		list = append(list, uint64(emu.MemoryLoc(p.frame, 0)))
	}
	return list
}

// Standing implements Scratcher.
func (s *Machine) Standing(actor int) (at, key uint64) {
	if actor >= len(s.M.CPUs) {
		return 0, 0
	}
	c := s.M.CPUs[actor]
	if !c.CanStep() {
		sp := c.LinearSP()
		key = sp + 1
		for _, at := range s.interrupted(actor, sp) {
			key = bits.RotateLeft64(key, 32) ^ at
		}
	}
	if s.placer != nil {
		return s.placer.Place(c), key
	}
	return c.LinearPC(), key
}

// Shown implements Scratcher. Of a stack in which the stack pointer is, or one
// that an exception on another stack has interrupted, it is what lies at it and
// above; of another one all, unless it is an exception's.
func (s *Machine) Shown(actor int, live Bits) {
	sp := s.M.CPUs[actor].LinearSP()
	used := append([]uint64{sp}, s.interrupted(actor, sp)...)
	for i, p := range s.scratch.stacks[actor] {
		from := p.low
		if n := slices.IndexFunc(used, func(sp uint64) bool { return dies(p, sp) }); n >= 0 {
			from = used[n]
		} else if p.exceptions {
			continue
		}
		for b := range emu.PageSize {
			if p.linear+uint64(b) >= from {
				live.Add(i*emu.PageSize + b)
			}
		}
	}
}

// interrupted are the stack pointers that frames at the ends of exceptions' stacks
// have kept: of the stack in which sp is, then of the one in which that is. A frame
// that was overwritten leads to its own stack.
func (s *Machine) interrupted(cpu int, sp uint64) (kept []uint64) {
	pages := s.scratch.stacks[cpu]
	for range pages {
		n := slices.IndexFunc(pages, func(p stackPage) bool { return p.exceptions && dies(p, sp) })
		if n < 0 {
			break
		}
		sp = s.M.CPUs[cpu].Space.Word(pages[n].top-16, 8)
		kept = append(kept, sp)
	}
	return kept
}

// dies reports whether bytes below a stack pointer are dead in the stack of p.
func dies(p stackPage, sp uint64) bool { return p.low <= sp && sp < p.top }

// LeaveOut implements Scratcher.
func (s *Machine) LeaveOut(dead func(actor int, at uint64) Bits) {
	s.scratch.dead = dead
	clear(s.scratch.known)
}

// Looked implements Scratcher.
func (s *Machine) Looked() []Access {
	var list []Access
	for _, t := range s.M.Watched() {
		list = append(list, Access{Loc: uint64(t.Loc), Mask: t.Mask})
	}
	return list
}

// leftOut is what the hash of the present state leaves out.
func (s *Machine) leftOut() []*emu.LeftOut {
	x := &s.scratch
	x.out = x.out[:0]
	if x.dead == nil {
		return nil
	}
	for a := range s.M.CPUs {
		x.out = append(x.out, s.leftOutOf(a)...)
	}
	return x.out
}

// leftOutOf is what of a vCPU's stacks it leaves out.
func (s *Machine) leftOutOf(cpu int) []*emu.LeftOut {
	x := &s.scratch
	if x.dead == nil || len(x.stacks[cpu]) == 0 {
		return nil
	}
	var k standingAt
	k.actor = cpu
	k.at, k.key = s.Standing(cpu)
	list, ok := x.known[k]
	if !ok {
		list = s.makeLeftOut(k)
		x.known[k] = list
	}
	return list
}

// makeLeftOut is what is left out of a vCPU's stacks.
func (s *Machine) makeLeftOut(k standingAt) (list []*emu.LeftOut) {
	dead := s.scratch.dead(k.actor, k.at)
	if k.key != 0 {
		shown := newBits(len(dead) * 64)
		s.Shown(k.actor, shown)
		dead = dead.without(shown)
	}
	for i, p := range s.scratch.stacks[k.actor] {
		const words = emu.PageSize / 64
		list = append(list, emu.LeaveOut(p.frame, dead[i*words:(i+1)*words])...)
	}
	return list
}

// belowStacks is what lies below the stack pointers of vCPUs that have stopped:
// no end shows it.
func (s *Machine) belowStacks() (list []*emu.LeftOut) {
	for a, c := range s.M.CPUs {
		pages := s.scratch.stacks[a]
		if len(pages) == 0 || c.CanStep() {
			continue
		}
		shown := newBits(len(pages) * emu.PageSize)
		s.Shown(a, shown)
		for i, p := range pages {
			const words = emu.PageSize / 64
			list = append(list, emu.LeaveOut(p.frame, shown[i*words:(i+1)*words].not())...)
		}
	}
	return list
}
