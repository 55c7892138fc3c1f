package silicon_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/generate"
	"trapline/internal/rigs/silicon/native"
)

// segment is a descriptor of ring 3 (SDM vol. 3, 3.4.5). The limit is in bytes
// if it has at most 20 bits, else in pages.
func segment(base, limit uint32, access uint8, big bool) uint64 {
	flags := uint64(0)
	if limit > 0xfffff {
		limit, flags = limit>>12, 8
	}
	if big {
		flags |= 4
	}
	return uint64(limit&0xffff) | uint64(base&0xffffff)<<16 | uint64(access)<<40 | uint64(limit>>16)<<48 |
		flags<<52 | uint64(base>>24)<<56
}

// Access bytes of ring 3, accessed as Linux has them.
const (
	userData       = 0xf3
	userReadOnly   = 0xf1
	userExpandDown = 0xf7
	userCode       = 0xfb
)

// randomSegment covers some of the memory around the region at base: often its
// bound runs through the region.
func randomSegment(r *rand.Rand, region uint64, writable bool) uint64 {
	base := uint32(0)
	if r.IntN(4) == 0 {
		base = -uint32(r.IntN(3)) * 0x800 // the region's linear addresses are beyond the offsets
	}
	bound := uint32(region) - base + uint32(r.IntN(2*silicon.PageSize))
	if r.IntN(3) == 0 {
		bound = 0xffffffff
	}
	switch kind := r.IntN(6); {
	case kind == 0:
		return segment(base, 0, userExpandDown, true)
	case kind == 1:
		return segment(base, bound&^0xfff-1, userExpandDown, true)
	case kind == 2 && !writable:
		return segment(base, bound|0xfff, userReadOnly, true)
	case kind == 3 && !writable:
		return segment(base, bound|0xfff, userCode, true)
	}
	return segment(base, bound|0xfff, userData, true)
}

// TestMachineChecksSegments compares sequences whose segments have bases, limits and types of
// every kind, by a local descriptor table: the same accesses are refused.
func TestMachineChecksSegments(t *testing.T) {
	const groups = generate.Arithmetic | generate.Shift | generate.Bit | generate.Move | generate.Conditional | generate.Exchange |
		generate.Stack | generate.String | generate.Flow | generate.Wild
	p, m := processor(t, silicon.Mode32), machine(t, silicon.Mode32)
	g := generate.New(generate.Config{Mode: silicon.Mode32, Seed: *seed, Groups: groups})
	r := rand.New(rand.NewPCG(*seed, 0))
	c := silicon.Comparer{Exceptions: append(fromOtherVendors(), &silicon.Exception{
		Reason: "of two faults of CMPS, the processor raises now this, now that one",
		Match:  func(d *silicon.Difference) bool { return d.Field == "signal" && strings.Contains(d.Text, "cmps") },
	})}
	refused := map[int]int{}
	for i := range *sequences / 20 {
		s := g.Sequence(i)
		stack := uint64(silicon.Mode32.StackBase())
		s.Program.LDT = []uint64{randomSegment(r, silicon.DataBase, false), randomSegment(r, silicon.DataBase, false), randomSegment(r, stack, true)}
		ldt := func(entry uint16) uint16 { return entry<<3 | 4 | 3 }
		for seg, entry := range map[int]uint16{silicon.DS: 0, silicon.ES: 1, silicon.SS: 2} {
			if r.IntN(2) == 0 {
				s.Program.Init.Selectors[seg] = ldt(entry)
			}
		}
		if r.IntN(8) == 0 {
			s.Program.Init.Selectors[silicon.ES] = 0
		}
		want, err := p.Run(s.Program, maxSteps)
		if errors.Is(err, native.ErrUnavailable) {
			t.Skip(err)
		}
		require.NoError(t, err)
		got, err := m.Run(s.Program, maxSteps)
		require.NoError(t, err)
		if d := c.Compare(s.Program, want, got); d != nil {
			t.Errorf("sequence %d %v, ldt %x, selectors %x: %s", i, s.Units, s.Program.LDT, s.Program.Init.Selectors, d)
		}
		if last := want[len(want)-1].Signal; last.Code == silicon.CodeKernel {
			refused[last.Number]++
		}
	}
	t.Logf("%d sequences, %d ended in #GP, %d in #SS", c.Programs, refused[silicon.SIGSEGV], refused[silicon.SIGBUS])
	require.Greater(t, refused[silicon.SIGSEGV], c.Programs/20)
	require.Greater(t, refused[silicon.SIGBUS], c.Programs/50)
}
