// Package memento keeps what objects were and gives it back to them. An
// [trapline/internal/emu.Part] whose state is many objects that point at each other
// saves each by its address and value: restored, the objects are the same
// ones, so that every pointer to them, also from other layers, stays right.
package memento

import "unsafe"

// Set is some objects of one type and what they were. It is immutable.
type Set[T any] struct {
	list []memento[T]
	own  func(*T)
}

type memento[T any] struct {
	at  *T
	was T
}

// Of saves objects. own is given copied values: it replaces the slices and
// maps that a copy shares with its original by copies of them, but for those
// whose content never changes. nil: there are none to replace.
func Of[T any](objects []*T, own func(*T)) Set[T] {
	s := Set[T]{list: make([]memento[T], len(objects)), own: own}
	for i, at := range objects {
		s.list[i] = memento[T]{at, *at}
		s.owned(&s.list[i].was)
	}
	return s
}

// Restore gives the objects back what they were, any number of times.
func (s Set[T]) Restore() {
	for i := range s.list {
		m := &s.list[i]
		*m.at = m.was
		s.owned(m.at)
	}
}

func (s Set[T]) owned(at *T) {
	if s.own != nil {
		s.own(at)
	}
}

// Bytes is the memory of the copied values, without what their slices and maps
// refer to.
func (s Set[T]) Bytes() int { return len(s.list) * int(unsafe.Sizeof(memento[T]{})) }

// Each visits the objects with what they were.
func (s Set[T]) Each(visit func(at, was *T)) {
	for i := range s.list {
		visit(s.list[i].at, &s.list[i].was)
	}
}
