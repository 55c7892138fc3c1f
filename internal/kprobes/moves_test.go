package kprobes

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/emu"
)

// V2: hits that count otherwise are other states, where they are as where they return to.
func TestV2HitsThatCountOtherwiseHashOtherwise(t *testing.T) {
	const at = 0xc0400000
	seen := map[uint64]stepOf{}
	sets := []members{{}, {first: 1}, {first: 2}, {first: 3}, {first: 1 << 63}, members{}.with(64), members{first: 1}.with(72)}
	for _, addr := range []uint64{0, at} {
		for _, outer := range []uint64{0, at} {
			for _, set := range sets {
				for _, others := range sets {
					for _, skipped := range []members{{}, {first: 1}, {first: 1 << 63}, members{}.with(80)} {
						for bits := range 16 {
							s := stepOf{
								hitAt: hitAt{addr: addr, members: set, boosted: bits&1 != 0},
								outer: hitAt{addr: outer, members: others, active: bits&2 != 0}, skipped: skipped,
							}
							if bits&4 != 0 {
								s.due = members{}.with(65)
							}
							if bits&8 != 0 {
								s.outer.due = members{first: 1}
							}
							var h emu.Hasher
							s.hash(&h)
							require.NotContains(t, seen, h.Sum(), "%+v", s)
							seen[h.Sum()] = s
						}
					}
				}
			}
		}
	}
}

// A set of places is what was put in, and one of the same places is equal.
func TestMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m members
		want := map[int]bool{}
		for _, n := range rapid.SliceOf(rapid.IntRange(-200, 200)).Draw(t, "places") {
			if n < 0 {
				delete(want, -n)
				m = m.without(-n)
			} else {
				want[n] = true
				m = m.with(n)
			}
		}
		var again members
		for n := range 300 {
			require.Equal(t, want[n], m.has(n), n)
			if want[n] {
				again = again.with(n)
			}
		}
		require.Equal(t, again, m)
	})
}
