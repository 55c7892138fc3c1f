package state

import (
	"fmt"
	"reflect"

	"trapline/internal/emu"
)

// Kinds is a table of kinds, in the order in which they are hashed.
type Kinds struct {
	rows []Row
	at   map[reflect.Type]int
	// Asked, if set, is told of each pointer, but nil, that Number is asked for: which ones a hash has.
	Asked func(at any)
}

// NewKinds makes a table.
func NewKinds(rows ...Row) *Kinds {
	k := &Kinds{rows: rows, at: map[reflect.Type]int{}}
	for i, r := range rows {
		if t := r.list().of(); t != nil {
			k.at[t] = i
		}
	}
	return k
}

// Types lists the types of the objects.
func (k *Kinds) Types() []reflect.Type {
	var l []reflect.Type
	for _, r := range k.rows {
		if t := r.list().of(); t != nil {
			l = append(l, t)
		}
	}
	return l
}

// Objects are the objects of a state, each once. Their order depends on their values only.
type Objects struct {
	kinds   *Kinds
	lists   []list
	numbers map[any]int // of each, within its kind
}

// None has no objects yet.
func (k *Kinds) None() *Objects {
	o := &Objects{kinds: k, numbers: make(map[any]int, 64), lists: make([]list, len(k.rows))}
	for i, r := range k.rows {
		o.lists[i] = r.list()
	}
	return o
}

func listOf[T any](o *Objects) *objects[T] {
	i, ok := o.kinds.at[reflect.TypeFor[T]()]
	if !ok {
		panic(fmt.Sprintf("%v is not in the table of kinds", reflect.TypeFor[T]()))
	}
	return o.lists[i].(*objects[T])
}

// Visit numbers an object and what it points to, if it is none that was visited, or nil.
func Visit[T any](o *Objects, at *T) {
	if at == nil {
		return
	}
	if _, ok := o.numbers[at]; ok {
		return
	}
	l := listOf[T](o)
	o.numbers[at] = len(l.l)
	l.l = append(l.l, at)
	if l.kind.Reach != nil {
		l.kind.Reach(at, o)
	}
}

// Number is what stands for a pointer in hashes: 0 for nil, 1 for what is gone.
func Number[T any](o *Objects, at *T) uint64 {
	if at == nil {
		return 0
	}
	if o.kinds.Asked != nil {
		o.kinds.Asked(at)
	}
	n, ok := o.numbers[at]
	if !ok {
		return 1
	}
	return uint64(n) + 2
}

// Object is an object whose kind those who point to it do not know.
type Object interface {
	VisitIn(*Objects)         // Visit
	NumberIn(*Objects) uint64 // Number
}

// VisitObject is Visit for an Object, or nil.
func VisitObject(o *Objects, at Object) {
	if at != nil {
		at.VisitIn(o)
	}
}

// NumberObject is Number for an Object, or nil.
func NumberObject(o *Objects, at Object) uint64 {
	if at == nil {
		return 0
	}
	return at.NumberIn(o)
}

// All lists the objects of one kind.
func All[T any](o *Objects) []*T { return listOf[T](o).l }

// Each visits all objects, pointers of the kinds' types, kind by kind.
func (o *Objects) Each(visit func(at any)) {
	for _, l := range o.lists {
		l.each(visit)
	}
}

// Hash feeds the whole table, row by row.
func (o *Objects) Hash(h *emu.Hasher) {
	for _, l := range o.lists {
		l.hash(h, o)
	}
}

// Words feeds numbers.
func Words(h *emu.Hasher, l ...uint64) {
	for _, v := range l {
		h.Uint64(v)
	}
}

// Snapshot is what objects were. It is immutable.
type Snapshot struct {
	kinds *Kinds
	sets  []saved
}

// Save makes a snapshot.
func (o *Objects) Save() *Snapshot {
	s := &Snapshot{kinds: o.kinds}
	for _, l := range o.lists {
		s.sets = append(s.sets, l.save())
	}
	return s
}

// Restore gives the objects back what they were, any number of times.
func (s *Snapshot) Restore() {
	for _, set := range s.sets {
		if set != nil {
			set.restore()
		}
	}
}

// Bytes is about what the snapshot holds.
func (s *Snapshot) Bytes() int {
	n := 0
	for _, set := range s.sets {
		if set != nil {
			n += set.bytes()
		}
	}
	return n
}

// EachWas visits the objects of one kind with what they were.
func EachWas[T any](s *Snapshot, visit func(at, was *T)) {
	s.sets[s.kinds.at[reflect.TypeFor[T]()]].(*savedObjects[T]).Each(visit)
}
