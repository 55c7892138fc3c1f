package explore

import "trapline/internal/emu"

// Equal says what vCPUs have of their own, for searches that take equal ones for
// one.
type Equal struct {
	// Areas are memory of which each vCPU has its own, by kind and vCPU.
	Areas [][]emu.Area
	// Numbers are the words that name vCPUs.
	Numbers []emu.NumberWord
}

// equalCPUs is a Machine's side of Symmetric.
type equalCPUs struct {
	own   *emu.Own
	self  [emu.MaxCPUs]*emu.Namer
	namer *emu.Namer
	hash  emu.Hasher
	actor int
}

// Renames implements Symmetric. Interrupts, store buffers and other units are
// certain vCPUs'.
func (s *Machine) Renames() (list []int) {
	if s.Equal == nil || s.Actors() > len(s.M.CPUs) {
		return nil
	}
	e := &s.equal
	if e.own == nil {
		e.own = emu.NewOwn(s.M, s.Equal.Areas, s.Equal.Numbers)
	}
	e.namer = nil
	for a := range s.M.CPUs {
		list = append(list, a)
		e.self[a] = e.own.NewNamer(func(int) bool { return true })
		e.self[a].Self(a)
	}
	return list
}

// Rename implements Symmetric.
func (s *Machine) Rename(r Renaming) {
	var to [emu.MaxCPUs]uint8
	for a := range to {
		to[a] = uint8(r.Of(a))
	}
	s.M.Rename(s.equal.own.Renaming(to))
}

// Part implements Symmetric.
func (s *Machine) Part(actor int) uint64 {
	e := &s.equal
	var h emu.Hasher
	n := e.self[actor]
	s.M.HashOwn(&h, actor, n)
	e.own.HashAreas(&h, actor, n, s.leftOutOf(actor))
	e.own.Names(&h, actor)
	return h.Sum()
}

// Before implements Symmetric.
func (s *Machine) Before(actor int, renamed func(int) bool) {
	e := &s.equal
	if e.namer == nil {
		e.namer = e.own.NewNamer(renamed)
	}
	e.namer.Forget()
	e.hash, e.actor = emu.Hasher{}, actor
	e.hash.Uint64(e.namer.CPU(actor))
	s.M.HashOwn(&e.hash, actor, e.namer)
	s.M.HashShared(&e.hash)
}

// After implements Symmetric.
func (s *Machine) After(before Snapshot, touched, watched []Access) Dependence {
	e := &s.equal
	at := before.(*machineSnapshot).Snapshot
	d := Dependence{Exact: true}
	for _, list := range [2][]Access{touched, watched} {
		for i := range list {
			a := &list[i]
			if !e.own.HashUse(&e.hash, e.namer, at, e.actor, emu.Loc(a.Loc), a.Mask) {
				d.Exact = false
			}
		}
	}
	d.Key, d.Actors = e.hash.Sum(), e.namer.Met
	return d
}
