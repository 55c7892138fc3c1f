package silicon_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/generate"
	"trapline/internal/rigs/silicon/native"
)

// maxSteps bounds a generated sequence: one may jump backwards or repeat a string instruction.
const maxSteps = 200

// processor starts a native processor, and skips the test where the machine does not allow it.
func processor(t testing.TB, mode silicon.Mode) *native.Processor {
	t.Helper()
	p, err := native.Open(mode)
	if errors.Is(err, native.ErrUnavailable) {
		t.Skipf("%s: %v", mode, err)
	}
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// TestProcessorAgreesWithItself runs sequences in two children: whatever differs would be state
// that the runner fails to reset, or a result that is not a function of the program.
func TestProcessorAgreesWithItself(t *testing.T) {
	const sequences = 1500
	for _, mode := range silicon.Modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			a, b := processor(t, mode), processor(t, mode)
			g := generate.New(generate.Config{Mode: mode, Seed: 2, Groups: generate.AllGroups})
			var c silicon.Comparer
			for i := range uint64(sequences) {
				s := g.Sequence(i)
				want, err := a.Run(s.Program, maxSteps)
				require.NoError(t, err)
				s = g.Sequence(i)
				got, err := b.Run(s.Program, maxSteps)
				require.NoError(t, err)
				if d := c.Compare(s.Program, want, got); d != nil {
					t.Errorf("sequence %d %v: %s", i, s.Units, d)
				}
			}
			require.Less(t, c.Cut, sequences/100, "comparisons cut short at an undefined flag")
			require.Greater(t, c.Steps, 5*sequences)
		})
	}
}

// TestEveryFormExecutes finds, for each form, a sequence that begins with it and that the processor
// executes to its end, or for a form that is meant to fault, one that faults.
func TestEveryFormExecutes(t *testing.T) {
	const (
		tries  = 40
		faults = generate.Fault | generate.IllegalLock
		quiet  = generate.AllGroups &^ (faults | generate.Wild | generate.Misaligned)
	)
	for _, mode := range silicon.Modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			p := processor(t, mode)
			for _, groups := range []generate.Group{quiet, faults} {
				g := generate.New(generate.Config{Mode: mode, Seed: 3, Groups: groups, MaxInstructions: 1})
				for form, name := range g.FormNames() {
					found := false
					for try := 0; try < tries && !found; try++ {
						s := g.Sequence(uint64(form + try*g.Forms()))
						steps, err := p.Run(s.Program, maxSteps)
						require.NoError(t, err)
						signal := steps[len(steps)-1].Signal
						found = (signal != silicon.Signal{}) == (groups == faults)
					}
					require.True(t, found, "%q: none of %d sequences", name, tries)
				}
			}
		})
	}
}
