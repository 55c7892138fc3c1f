package story_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/story"
)

// steps are records of a micro-step each, with a reason and what it wrote: two
// lines at the normal level, one at the brief one, none at the quiet one.
func steps(e *story.Endless, part string, n int) {
	for i := range n {
		e.Add(&story.Record{
			Kind: "micro", Micro: &story.Micro{Name: fmt.Sprintf("%s%d", part, i), In: "f", Row: "K4", Why: "why"},
			Writes: []story.Write{{By: "micro", At: "x", New: 1, Size: 4}},
		})
	}
}

func TestEndlessTellsWhatFits(t *testing.T) {
	for _, x := range []struct {
		way, turn       int
		wayAll, turnAll bool // with what was written
	}{
		{10, 10, true, true},
		{25, 24, true, true},
		{25, 40, true, false},
		{40, 55, false, false},
	} {
		e := story.NewEndless()
		steps(e, "way", x.way)
		e.Turn()
		steps(e, "turn", x.turn)
		lines := e.Lines()
		require.LessOrEqual(t, len(lines), story.EndlessLines+1)
		way, turn, ok := strings.Cut(story.Text(lines), "From here on this is repeated:\n")
		require.True(t, ok)
		require.Equal(t, x.way, strings.Count(way, "f: way"))
		require.Equal(t, x.turn, strings.Count(turn, "f: turn"))
		require.Equal(t, x.wayAll, strings.Contains(way, "[x]"), x)
		require.Equal(t, x.turnAll, strings.Contains(turn, "[x]"), x)
	}
}

// TestEndlessSaysWhatItLeavesOut: of a turn that is too long even in brief.
func TestEndlessSaysWhatItLeavesOut(t *testing.T) {
	e := story.NewEndless()
	note := []story.Note{{Kind: "hit", Text: "hit", Row: "K4"}}
	e.Turn()
	for i := range 5000 {
		note[0].Name = fmt.Sprint(i)
		e.Add(&story.Record{Kind: "instruction", At: fmt.Sprint(i), Notes: note})
	}
	text := story.Text(e.Lines())
	require.LessOrEqual(t, strings.Count(text, "\n"), story.EndlessLines+1)
	require.Contains(t, text, "lines are not shown: run it with --verbose)")
	require.Contains(t, text, "hit at 0\n")
	require.Contains(t, text, "hit at 4999\n")
}
