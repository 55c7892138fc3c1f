package uprobes_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/record"
)

// A program under uprobes is walked on a timeline as any machine is.
func TestTimelineOfAProgram(t *testing.T) {
	p := program{args: []string{find(t, "beh"), "fork"}, events: []string{"p PROG:0x170e a=%di:u32"}}
	r := p.start(t)
	l := record.New(r.Machine(), r.Kernel, record.Options{})
	hits := func(ev *emu.Event) bool { return ev.Micro != nil && ev.Micro.Name == "handler_chain" }
	var on, back []uint64
	for {
		found, err := l.Search(t.Context(), record.Forward, hits)
		require.NoError(t, err)
		if !found {
			break
		}
		on = append([]uint64{l.At()}, on...)
	}
	require.NotEmpty(t, on)
	require.NoError(t, l.Goto(t.Context(), 1<<20))
	end, hash := l.At(), l.Hash()
	require.Less(t, end, uint64(1<<20))
	out := r.out.String()
	for {
		found, err := l.Search(t.Context(), record.Backward, hits)
		require.NoError(t, err)
		if !found {
			break
		}
		back = append(back, l.At())
	}
	require.Equal(t, on, back)
	require.NoError(t, l.Goto(t.Context(), 0))
	require.Empty(t, r.session.Entries())
	require.NoError(t, l.Goto(t.Context(), end))
	require.Equal(t, hash, l.Hash())
	require.Equal(t, out, r.out.String(), "nothing is written again")
	require.Len(t, r.session.Entries(), len(on))
}

// explore.Machine steps it without knowing of the kernel.
func TestExploredMachineSteps(t *testing.T) {
	p := program{args: []string{find(t, "beh"), "threads"}, events: []string{"p PROG:0x170e"}, cpus: 2}
	r := p.start(t)
	s := explore.NewMachine(r.Machine(), explore.MachineConfig{Close: func() {}})
	seen := [2]int{}
	for turn := 0; ; turn++ {
		actor := turn % 2
		if _, ok := s.Place(actor); !ok {
			if actor = 1 - actor; func() bool { _, ok := s.Place(actor); return !ok }() {
				break
			}
		}
		require.Nil(t, s.Step(actor).Violation)
		seen[actor]++
	}
	require.True(t, r.Done())
	require.NotZero(t, seen[0])
	require.NotZero(t, seen[1])
	require.NotEmpty(t, r.session.Entries())
}
