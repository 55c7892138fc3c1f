// Package state keeps what a kernel's state consists of: objects of several kinds that
// point at each other. Each kind says once how its objects are found, hashed and saved.
package state

import (
	"reflect"

	"trapline/internal/emu"
	"trapline/internal/memento"
)

// Row is a line of the table of kinds: a Kind, or Values between two of them.
type Row interface{ list() list }

// Kind is objects of one type. What a member does not apply to leaves it nil.
type Kind[T any] struct {
	Reach func(*T, *Objects)              // visits the objects that one points to
	Hash  func(*T, *emu.Hasher, *Objects) // feeds its values, and other objects by their numbers
	// Own replaces the slices and maps that a copied value shares with its original, but for
	// those whose content never changes.
	Own      func(*T)
	Saving   func(*T)     // precedes the copy that a snapshot makes
	Restored func(*T)     // follows the return of a snapshot's value
	Bytes    func(*T) int // what it holds beside its value
}

// Values feeds what of the state is hashed at its place among the kinds.
type Values func(*emu.Hasher, *Objects)

func (k Kind[T]) list() list { return &objects[T]{kind: k} }
func (v Values) list() list  { return v }

// list is the objects of one kind.
type list interface {
	of() reflect.Type
	hash(*emu.Hasher, *Objects)
	save() saved
	each(visit func(at any))
}

// objects are in the order in which they were visited.
type objects[T any] struct {
	kind Kind[T]
	l    []*T
}

func (l *objects[T]) of() reflect.Type { return reflect.TypeFor[T]() }

func (l *objects[T]) hash(h *emu.Hasher, o *Objects) {
	if l.kind.Hash == nil {
		return
	}
	for _, at := range l.l {
		l.kind.Hash(at, h, o)
	}
}

func (l *objects[T]) each(visit func(at any)) {
	for _, at := range l.l {
		visit(at)
	}
}

func (Values) each(func(any))                   {}
func (Values) of() reflect.Type                 { return nil }
func (v Values) hash(h *emu.Hasher, o *Objects) { v(h, o) }
func (Values) save() saved                      { return nil }

// saved is what a snapshot has of one kind.
type saved interface {
	restore()
	bytes() int
}

type savedObjects[T any] struct {
	memento.Set[T]
	restored func(*T)
	held     int
}

func (l *objects[T]) save() saved {
	s := &savedObjects[T]{restored: l.kind.Restored}
	for _, at := range l.l {
		if l.kind.Saving != nil {
			l.kind.Saving(at)
		}
		if l.kind.Bytes != nil {
			s.held += l.kind.Bytes(at)
		}
	}
	s.Set = memento.Of(l.l, l.kind.Own)
	return s
}

func (s *savedObjects[T]) restore() {
	s.Restore()
	if s.restored != nil {
		s.Each(func(at, _ *T) { s.restored(at) })
	}
}

func (s *savedObjects[T]) bytes() int { return s.Bytes() + s.held }
