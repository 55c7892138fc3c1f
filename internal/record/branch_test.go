package record_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/x86"
)

// twoTasks is a machine whose two vCPUs never stop by themselves.
const twoTasks = `Two vCPUs count.
-- machine --
cpus 2
steps 100000000
-- text.S --
	.globl main
main:
1:	incl %eax
	pushl %eax
	popl %ecx
	jmp 1b
-- probes --
-- tasks --
cpu 0 at main
cpu 1 at main
`

func openText(t testing.TB, text string) (*scenario.Run, *record.Timeline) {
	t.Helper()
	f, err := format.Parse("test.txtar", []byte(text))
	require.NoError(t, err)
	return openFile(t, &scenario.File{File: f}, "")
}

func take(t *testing.T, l *record.Timeline, cpus ...int) {
	t.Helper()
	for _, c := range cpus {
		require.NoError(t, l.Take(c))
	}
}

func TestAnotherChoiceInThePastIsABranch(t *testing.T) {
	_, l := openText(t, twoTasks)
	take(t, l, 0, 0, 1, 1, 0)
	end := l.Hash()
	require.NoError(t, l.Goto(t.Context(), 2))
	take(t, l, 1)
	require.Len(t, l.Lines(), 1, "the recorded choice is no branch")
	take(t, l, 0, 0)
	require.Len(t, l.Lines(), 2)
	require.Equal(t, uint64(3), l.Line().Fork)
	require.Equal(t, uint64(5), l.End())
	require.NotEqual(t, end, l.Hash())

	require.NoError(t, l.Return(t.Context()))
	require.Equal(t, uint64(3), l.At(), "back where it left")
	require.Zero(t, l.Line().ID)
	require.NoError(t, l.Goto(t.Context(), 5))
	require.Equal(t, end, l.Hash(), "the old line is as it was")
	require.Error(t, l.Return(t.Context()), "the first line has nothing to return to")
}

func TestBranchesAreBounded(t *testing.T) {
	_, l := openText(t, twoTasks)
	take(t, l, 0, 0)
	for range 3 * record.MaxLines {
		require.NoError(t, l.Back(t.Context(), 1))
		last := l.Lines()[len(l.Lines())-1]
		cpu, _ := l.Turn()
		take(t, l, 1-cpu)
		require.NotSame(t, last, l.Line())
	}
	require.Len(t, l.Lines(), record.MaxLines)
	require.Zero(t, l.Lines()[0].ID, "the first run is never forgotten")
}

func TestMarksLeadToTheirSteps(t *testing.T) {
	f, err := scenario.Load("first-probe")
	require.NoError(t, err)
	r, err := scenario.Open(t.Context(), f, scenario.Options{})
	require.NoError(t, err)
	defer r.Close()
	const trap record.Kind = 1
	l := record.New(r.Machine, r, record.Options{Mark: func(ev *emu.Event) record.Kind {
		if ev.Delivery != nil {
			return trap
		}
		return 0
	}})
	require.NoError(t, l.Record(t.Context(), 1<<20))
	require.Zero(t, l.At(), "recording returns")
	require.Len(t, l.Marks(), 2)
	m, ok := l.Marked(record.Forward, trap)
	require.True(t, ok)
	require.NoError(t, l.Goto(t.Context(), m.At))
	require.Equal(t, x86.VecBP, l.Event().Delivery.Trap.Vector)
	_, ok = l.Marked(record.Backward, trap)
	require.False(t, ok)
	m, ok = l.Marked(record.Forward, trap)
	require.True(t, ok)
	require.NoError(t, l.Goto(t.Context(), m.At))
	require.Equal(t, x86.VecDB, l.Event().Delivery.Trap.Vector)
}
