package panel_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/record"
	"trapline/internal/rigs/testkit"
	"trapline/internal/scenario"
	"trapline/internal/tui/panel"
	"trapline/internal/tui/text"
	"trapline/internal/tui/walk"
)

// sizes are those of panels in terminals of 80x24, 120x40 and 200x60.
var sizes = []struct{ w, h int }{{38, 9}, {52, 14}, {84, 22}}

// scene is a moment that a panel has something to show of.
type scene struct {
	name, scenario, engine string
	mark                   record.Kind
	steps                  uint64     // told steps behind the mark
	phase                  walk.Phase // instead of a mark: the first step into it
}

var scenes = map[string]scene{
	"trap":    {"trap", "first-probe", "2002", walk.Trap, 0, walk.Away},
	"lock":    {"lock", "lock-convoy", "2002", walk.Hit, 2, walk.Away},
	"long":    {"long", "x86-64-first-probe", "modern", walk.Stepped, 0, walk.Away},
	"inside":  {"inside", "reentry-lost", "2002", walk.Missed, 0, walk.Away},
	"nested":  {"nested", "reentry-lost", "2002", 0, 0, walk.Reenter},
	"again":   {"again", "reentry-lost", "modern", 0, 0, walk.Reenter},
	"emulate": {"emulate", "push-emulation", "uprobes", 0, 0, walk.Emulating},
	"event":   {"event", "events-first", "modern", walk.Fired, 0, walk.Away},
	"timer":   {"timer", "timer-during-step", "2002", walk.Hit, 0, walk.Away},
	"slot":    {"slot", "xol-slot", "uprobes", walk.Hit, 1, walk.Away},
	"fork":    {"fork", "cow-two-processes", "uprobes", walk.Hit, 0, walk.Away},
	"signal":  {"signal", "signal-during-step", "uprobes", walk.Signal, 0, walk.Away},
	"wait":    {"wait", "threads-inline-miss", "uprobes-inline", walk.Wait, 0, walk.Away},
}

func at(t *testing.T, s scene) *walk.Walk {
	t.Helper()
	f, err := scenario.Load(s.scenario)
	require.NoError(t, err)
	w, err := walk.Open(t.Context(), f, walk.Options{Options: scenario.Options{Engine: s.engine}, Record: walk.DefaultRecord})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	if s.phase != walk.Away {
		for w.Phases()[firstActor(w)] != s.phase {
			n, err := w.Forward(t.Context(), 1)
			require.NoError(t, err)
			require.EqualValues(t, 1, n)
		}
		return w
	}
	found, err := w.ToMark(t.Context(), record.Forward, s.mark)
	require.NoError(t, err)
	require.True(t, found)
	for range s.steps {
		require.NoError(t, w.To(t.Context(), record.Forward, w.Told))
	}
	return w
}

// firstActor is the lowest number of a vCPU or thread.
func firstActor(w *walk.Walk) int {
	return slices.Min(slices.Collect(maps.Keys(w.Phases())))
}

// Every panel at three sizes, each at a moment that it has something to show of:
// each line exactly as wide as the panel, what does not fit marked.
func TestEveryPanelAtThreeSizes(t *testing.T) {
	for _, x := range []struct {
		name   string
		scenes []string
		make   func(*walk.Walk) panel.Panel
	}{
		{"code", []string{"trap", "lock", "long", "slot"}, func(*walk.Walk) panel.Panel { return &panel.Code{} }},
		{"source", []string{"trap", "inside", "lock", "long"}, func(*walk.Walk) panel.Panel { return &panel.Source{} }},
		{"registers", []string{"trap", "long"}, func(*walk.Walk) panel.Panel { return &panel.Registers{} }},
		{"stack", []string{"trap", "inside", "long", "signal"}, func(*walk.Walk) panel.Panel { return &panel.Stack{} }},
		{"memory", []string{"trap", "lock", "slot"}, func(*walk.Walk) panel.Panel { return &panel.Memory{} }},
		{"gates", []string{"trap", "long"}, func(*walk.Walk) panel.Panel { return &panel.Gates{} }},
		{"process", []string{"slot", "fork", "wait"}, func(*walk.Walk) panel.Panel { return &panel.Process{} }},
		{"probes", []string{"inside", "event", "fork"}, func(*walk.Walk) panel.Panel { return &panel.Probes{} }},
		{"diagram", []string{"trap", "lock", "long", "slot", "wait", "nested", "again", "emulate"}, func(*walk.Walk) panel.Panel { return &panel.Diagram{} }},
		{"big", []string{"trap", "lock", "slot"}, func(*walk.Walk) panel.Panel { return &panel.Big{} }},
		{"locks", []string{"lock", "long", "slot", "wait"}, func(*walk.Walk) panel.Panel { return &panel.Locks{} }},
		{"cpus", []string{"lock", "timer", "wait"}, func(*walk.Walk) panel.Panel { return &panel.CPUs{} }},
		{"lesson", []string{"trap"}, func(w *walk.Walk) panel.Panel { return &panel.Lesson{Text: w.Run.File.Text} }},
		{"log", []string{"inside"}, func(*walk.Walk) panel.Panel { return &panel.Log{} }},
		{"trace", []string{"event"}, func(*walk.Walk) panel.Panel { return &panel.Trace{} }},
		{"timeline", []string{"lock", "inside", "event", "signal"}, func(w *walk.Walk) panel.Panel {
			return &panel.Timeline{Marks: w.Marks(), Books: []uint64{w.End() / 2}}
		}},
		{"why", []string{"trap", "inside", "event"}, func(*walk.Walk) panel.Panel { return &panel.Why{} }},
	} {
		t.Run(x.name, func(t *testing.T) {
			var all strings.Builder
			for _, name := range x.scenes {
				w := at(t, scenes[name])
				p := x.make(w)
				p.Show(w.Moment(walk.Look{CPU: -1, Code: 64, Stack: 48}))
				for _, s := range sizes {
					p.SetSize(s.w, s.h)
					fmt.Fprintf(&all, "-- %s, %dx%d: %s\n", name, s.w, s.h, p.Title())
					all.WriteString(drawn(t, panel.View(p), s.w, s.h))
				}
			}
			golden(t, x.name, all.String())
		})
	}
}

// drawn is a panel's cells without colours.
func drawn(t *testing.T, lines []text.Line, w, h int) string {
	t.Helper()
	require.Len(t, lines, h)
	var b strings.Builder
	for _, l := range lines {
		require.Equal(t, w, l.Width(), "%q", l)
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	testkit.Golden(t, filepath.Join("testdata", name+".txt"), got)
}
