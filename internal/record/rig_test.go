package record_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/record"
	"trapline/internal/scenario"
)

// open puts a built-in scenario on a timeline.
func open(t testing.TB, name, engine string) (*scenario.Run, *record.Timeline) {
	t.Helper()
	f, err := scenario.Load(name)
	require.NoError(t, err)
	return openFile(t, f, engine)
}

func openFile(t testing.TB, f *scenario.File, engine string) (*scenario.Run, *record.Timeline) {
	t.Helper()
	r, err := scenario.Open(t.Context(), f, scenario.Options{Engine: engine, Scheduled: true})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r, record.New(r.Machine, r, record.Options{Actors: r.Actors()})
}
