package record_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/record"
	"trapline/scenarios"
)

// open puts a built-in scenario on a timeline.
func open(t testing.TB, name, engine string) (*scenarios.Run, *record.Timeline) {
	t.Helper()
	f, err := scenarios.Load(name)
	require.NoError(t, err)
	return openFile(t, f, engine)
}

func openFile(t testing.TB, f *scenarios.File, engine string) (*scenarios.Run, *record.Timeline) {
	t.Helper()
	r, err := scenarios.Open(t.Context(), f, scenarios.Options{Engine: engine, Scheduled: true})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r, record.New(r.Machine, r, record.Options{Actors: r.Actors()})
}
