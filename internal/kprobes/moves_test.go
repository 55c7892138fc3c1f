package kprobes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
)

// V2: hits that count otherwise are other states, where they are as where they return to.
func TestV2HitsThatCountOtherwiseHashOtherwise(t *testing.T) {
	const at = 0xc0400000
	seen := map[uint64]stepOf{}
	for _, addr := range []uint64{0, at} {
		for _, outer := range []uint64{0, at} {
			for members := range uint64(4) {
				for others := range uint64(4) {
					for skipped := range uint64(2) {
						for bits := range 4 {
							s := stepOf{
								hitAt: hitAt{addr: addr, members: members, boosted: bits&1 != 0},
								outer: hitAt{addr: outer, members: others, active: bits&2 != 0}, skipped: skipped,
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
