package explore

import (
	"math/bits"
	"slices"
)

// Renaming is a permutation of the first MaxRenamed actors: actor a gets the
// number in bits 4a to 4a+3. Others keep theirs.
type Renaming uint32

// MaxRenamed is how many actors a Renaming can rename.
const MaxRenamed = 8

// unchanged is the Renaming in which all keep their numbers.
const unchanged Renaming = 0x76543210

// Of is the number that actor gets.
func (r Renaming) Of(actor int) int {
	if actor >= MaxRenamed {
		return actor
	}
	return int(r >> (4 * actor) & 7)
}

// with is r but for actor, which gets a number, and whoever had that one.
func (r Renaming) with(actor, number int) Renaming {
	other := r.inverse().Of(number)
	return r.set(other, r.Of(actor)).set(actor, number)
}

func (r Renaming) set(actor, number int) Renaming {
	return r&^(7<<(4*actor)) | Renaming(number)<<(4*actor)
}

func (r Renaming) inverse() (i Renaming) {
	for a := range MaxRenamed {
		i = i.set(r.Of(a), a)
	}
	return i
}

// then is r and s behind it.
func (r Renaming) then(s Renaming) (t Renaming) {
	for a := range MaxRenamed {
		t = t.set(a, s.Of(r.Of(a)))
	}
	return t
}

// swap gives two actors each other's numbers.
func swap(a, b int) Renaming { return unchanged.set(a, b).set(b, a) }

// list are the actors of a set.
func (m mask) list() (l []int) {
	for ; m != 0; m &= m - 1 {
		l = append(l, bits.TrailingZeros32(uint32(m)))
	}
	return l
}

// classOf is the set that an actor is in, or only itself.
func classOf(classes []mask, actor int) mask {
	if i := slices.IndexFunc(classes, func(m mask) bool { return m.has(actor) }); i >= 0 {
		return classes[i]
	}
	return bit(actor)
}
