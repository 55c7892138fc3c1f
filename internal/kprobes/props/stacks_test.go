package props_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/props"
	"trapline/internal/x86"
)

// TestG0StacksThatExceptionsHaveInterrupted: where an NMI has interrupted #DB, which has
// interrupted the kernel, each one's stack is live from its stack pointer on, and one
// on which nothing is under way is dead.
func TestG0StacksThatExceptionsHaveInterrupted(t *testing.T) {
	m, err := emu.New(emu.Config{Arch: x86.AMD64, CPUs: 1})
	require.NoError(t, err)
	g, err := kprobes.Boot(m, "2005")
	require.NoError(t, err)
	s := system(g)
	defer s.Close()
	k, c := g.K, m.CPUs[0]
	nmi, db, fault := k.ExceptionStack(0, x86.VecNMI), k.ExceptionStack(0, x86.VecDB), k.ExceptionStack(0, x86.VecSS)
	top := k.Layout.StackTop(0)
	c.GPR[x86.RSP] = nmi.High - 200
	k.Poke(c.Space, nmi.High-16, db.High-300, 8)
	k.Poke(c.Space, db.High-16, top-400, 8)
	live := make(explore.Bits, len(s.Scratch(0))*emu.PageSize/64)
	s.Shown(0, live)
	stacks, from := props.Stacks(g), map[uint64]uint64{}
	n := 0
	for _, stack := range stacks {
		for at := stack.Low; at < stack.High; at++ {
			if live.Has(n) && from[stack.High] == 0 {
				from[stack.High] = stack.High - at
			}
			require.Equal(t, from[stack.High] != 0, live.Has(n))
			n++
		}
	}
	require.Equal(t, map[uint64]uint64{top: 400, nmi.High: 200, db.High: 300}, from)
	require.Zero(t, from[fault.High])
	_, key := s.Standing(0) // no task was started
	k.Poke(c.Space, db.High-16, top-408, 8)
	_, other := s.Standing(0)
	require.NotEqual(t, key, other)
}
