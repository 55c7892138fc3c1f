package record_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/record"
	"trapline/internal/scenario"
)

// interruptions is a machine with an interrupt for each vCPU, to be raised at
// any step.
const interruptions = `Two vCPUs count, and each is interrupted once.
-- machine --
cpus 2
steps 100000
-- text.S --
	.globl main
	.type main, @function
main:
	movl $400, %ecx
1:	incl %eax
	decl %ecx
	jnz 1b
	ret
-- probes --
-- tasks --
cpu 0 at main
cpu 1 at main
-- interrupts --
timer cpu 0
timer cpu 1
`

// S1: the interrupt is a step of its own. Going back over it takes it back,
// going on raises it again, and another machine does the same from the file.
func TestARecordingHasWhereInterruptsWereRaised(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 5 {
		r, l := openText(t, interruptions)
		require.Equal(t, 4, r.Actors())
		takeAtRandom(t, r, l, rng, 400+rng.IntN(1200))
		end, hash := l.At(), l.Hash()

		// The moments around each raising, forwards and backwards.
		raised := 0
		for at := range end {
			require.NoError(t, l.Goto(t.Context(), at))
			if actor, _ := l.Turn(); actor >= len(r.Machine.CPUs) {
				raised++
				before := l.Hash()
				_, err := l.Forward(t.Context(), 1)
				require.NoError(t, err)
				require.Equal(t, scenario.NoteRaised, l.Event().Notes[0].Kind)
				require.False(t, r.Can(actor), "once")
				require.NoError(t, l.Back(t.Context(), 1))
				require.True(t, r.Can(actor))
				require.Equal(t, before, l.Hash())
			}
		}
		require.NoError(t, l.Goto(t.Context(), end))
		require.Equal(t, hash, l.Hash())
		require.LessOrEqual(t, raised, 2)

		f := &record.File{Producer: "test", Name: "interruptions", Scenario: []byte(interruptions), Engine: r.Engine()}
		l.Save(f)
		data, err := f.Encode()
		require.NoError(t, err)
		f, err = record.Decode(data, named())
		require.NoError(t, err)
		_, other := openText(t, string(f.Scenario))
		require.NoError(t, f.Verify(t.Context(), other))
		require.Equal(t, hash, other.Hash())
	}
}

// Nobody's choice: both come after the first step, as in a run that nobody
// schedules; passed over, they wait until no vCPU gets further.
func TestWhenInterruptsComeByThemselves(t *testing.T) {
	r, l := openText(t, interruptions)
	_, err := l.Forward(t.Context(), 1)
	require.NoError(t, err)
	actor, ok := l.Turn()
	require.True(t, ok)
	require.Equal(t, 2, actor)
	_, err = l.Forward(t.Context(), 1)
	require.NoError(t, err)
	actor, _ = l.Turn()
	require.Equal(t, 3, actor)

	require.NoError(t, l.Goto(t.Context(), 1))
	take(t, l, 0)
	cpu, _ := l.Turn()
	require.Less(t, cpu, 2, "passed over")
	require.NoError(t, l.Record(t.Context(), 100_000))
	require.NoError(t, l.Goto(t.Context(), l.End()))
	require.False(t, r.Can(2), "raised in the end")
	require.False(t, r.Can(3), "raised in the end")
	require.NotEmpty(t, r.Done())
}

// A script that raises an interrupt twice, or one that is not there, does not
// fit: it is an error, not a failure.
func TestAScriptThatDoesNotFitIsAnError(t *testing.T) {
	_, l := openText(t, interruptions)
	take(t, l, 2)
	require.ErrorIs(t, l.Take(2), record.ErrOver)
	require.ErrorIs(t, l.Take(4), record.ErrOver)
	require.ErrorIs(t, l.Take(-1), record.ErrOver)
}
