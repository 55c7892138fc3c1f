package main

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/atomicfile"
	"trapline/internal/emu"
	"trapline/internal/scenario"
	"trapline/internal/tui/course"
	"trapline/internal/tui/walk"
)

func openedWalk(t *testing.T, f *scenario.File, engine string) *walk.Walk {
	t.Helper()
	w, err := walk.Open(t.Context(), f, walk.Options{Options: scenario.Options{Engine: engine}, Record: walk.DefaultRecord})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

func loaded(t *testing.T, name string) *scenario.File {
	t.Helper()
	f, err := scenario.Load(name)
	require.NoError(t, err)
	return f
}

func replayed(t *testing.T, w *walk.Walk) *walk.Walk {
	t.Helper()
	f, err := w.Recording(context.Background(), "test")
	require.NoError(t, err)
	data, err := f.Encode()
	require.NoError(t, err)
	f, err = walk.Decode(data)
	require.NoError(t, err)
	r, err := walk.Replay(t.Context(), f, emu.DefaultProcessor)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r
}

// A lesson's run has its questions as a built-in scenario, as a copy of the file and as a recording.
func TestALessonKeepsItsQuestions(t *testing.T) {
	gates, err := course.Find("gates")
	require.NoError(t, err)
	w := openedWalk(t, loaded(t, gates.Scenario), "")
	require.Equal(t, gates.Asked(), questionsOf(w).Questions)
	require.Equal(t, gates.Asked(), questionsOf(replayed(t, w)).Questions)

	file := filepath.Join(t.TempDir(), "copy.txtar")
	require.NoError(t, atomicfile.Write(t.Context(), file, loaded(t, gates.Scenario).Bytes()))
	require.Equal(t, gates.Asked(), questionsOf(openedWalk(t, loaded(t, file), "")).Questions)
}

// Two lessons may be about one scenario; an answer is true only under the engine that it was asked for.
func TestQuestionsAreThoseOfTheEngine(t *testing.T) {
	two, err := course.Find("two-cpus-one-probe")
	require.NoError(t, err)
	why, err := course.Find("why-out-of-line")
	require.NoError(t, err)
	require.Equal(t, two.Scenario, why.Scenario)
	f := loaded(t, two.Scenario)
	require.Equal(t, two.Asked(), questionsOf(openedWalk(t, f, "")).Questions)
	require.Equal(t, why.Asked(), questionsOf(openedWalk(t, f, why.Engine)).Questions)
	require.Nil(t, questionsOf(openedWalk(t, f, "none")))
}
