package transparent_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/generate"
	"trapline/internal/rigs/transparent"
)

const (
	sequences    = 500 // in each mode
	sequenceSeed = 11

	// straightLine leaves out what is meant to fault.
	straightLine = generate.AllGroups &^ (generate.Fault | generate.IllegalLock | generate.Wild | generate.Misaligned)
)

// TestGeneratedSequences does the same with random instructions: what is not transparent is a
// named row, and every such row shows.
func TestGeneratedSequences(t *testing.T) {
	for _, mode := range silicon.Modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			g := generate.New(generate.Config{Mode: mode, Seed: sequenceSeed, Groups: straightLine})
			shown, skipped := map[string]int{}, 0
			for i := range uint64(sequences) {
				s := g.Sequence(i)
				want := plain(t, s.Program)
				if want.Ended != "" || want.ReadsDeadStack {
					skipped++ // it faults, or is not kernel code
					continue
				}
				probeEach(t, s, want, shown)
			}
			for _, row := range transparent.Known {
				require.NotZero(t, shown[row.What], "%s: %s", row.ID, row.What)
			}
			require.Less(t, skipped, sequences/3)
			t.Logf("%d sequences skipped; %v", skipped, shown)
		})
	}
}

// probeEach probes each instruction of s in turn and then all that must be transparent, and
// counts the known rows that show.
func probeEach(t *testing.T, s *generate.Sequence, want *transparent.Result, shown map[string]int) {
	t.Helper()
	code := func(at uint64) []byte { return s.Code[at-s.Origin:] }
	all := want.Addresses()
	r, err := transparent.NewRig(s.Program, transparent.Config{Engine: "2002", Direct: true, Probes: all})
	require.NoError(t, err)
	defer r.Close()
	run := func(probes ...uint64) string {
		got, err := r.Run(probes...)
		require.NoError(t, err)
		return got.Compare(want, probes)
	}
	for _, at := range all {
		d := run(at)
		if d == "" {
			continue
		}
		row, ok := transparent.KnownRow(code(at))
		require.True(t, ok, "% x: %s\n%v", code(at), d, s.Units)
		shown[row.What]++
	}
	rest := slices.DeleteFunc(all, func(at uint64) bool {
		_, known := transparent.KnownRow(code(at))
		return known
	})
	if len(rest) > 0 {
		require.Empty(t, run(rest...), "%v", s.Units)
	}
}
