package walk

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/record"
	"trapline/internal/scenario"
)

// Recordings of earlier versions, of the built-in race smp-missed-probe, are
// refused with the reason: one of another format, and two of this one on
// engine 2002's text and flow as they were before the text was C, when
// recordings did not name them.
func TestOldRecordingsAreRefused(t *testing.T) {
	read := func(name string) (*record.File, error) {
		data, err := os.ReadFile("testdata/old/" + name + ".tlr")
		require.NoError(t, err)
		return Decode(data)
	}
	_, err := read("version-2")
	require.ErrorIs(t, err, record.ErrVersion)
	for _, name := range []string{"assembly-2002", "assembly-2002-direct"} {
		f, err := read(name)
		require.NoError(t, err)
		require.Empty(t, f.Text)
		_, err = Replay(t.Context(), f, emu.DefaultProcessor)
		require.ErrorContains(t, err, "differs from the start on: the kernel's text, or the machine, is another version's")
	}
}

// A recording of a 64-bit program from when those had no vDSO is refused with the reason.
func TestRecordingsWithoutVDSO(t *testing.T) {
	data, err := os.ReadFile("testdata/old/no-vdso-64.tlr")
	require.NoError(t, err)
	f, err := Decode(data)
	require.NoError(t, err)
	_, err = Replay(t.Context(), f, emu.DefaultProcessor)
	require.ErrorIs(t, err, record.ErrVersion)
	require.ErrorContains(t, err, `programs had the vDSOs "", here they have`)
}

// A recording of a program that counted hits of several probes at one address
// otherwise is refused where that shows, and one of the same program replays if
// it does not.
func TestRecordingsOfOtherCounts(t *testing.T) {
	data, err := os.ReadFile("testdata/old/counts-1.tlr")
	require.NoError(t, err)
	f, err := Decode(data)
	require.NoError(t, err)
	_, err = Replay(t.Context(), f, emu.DefaultProcessor)
	require.ErrorIs(t, err, record.ErrVersion)
	require.ErrorContains(t, err, "the states differ at step 256, and its hits were counted by version 1 of the rules, here by version "+kprobes.CountsVersion)

	w := newRace(t, false)
	require.NoError(t, w.Record(t.Context(), 100))
	same, err := w.Recording(t.Context(), "p")
	require.NoError(t, err)
	delete(same.Options, optionCounts)
	again, err := Replay(t.Context(), same, emu.DefaultProcessor)
	require.NoError(t, err)
	again.Close()
}

// A recording names the kernel's text, and one that names another is refused.
func TestRecordingsNameTheirText(t *testing.T) {
	for _, direct := range []bool{false, true} {
		w := newRace(t, direct)
		require.NoError(t, w.Record(t.Context(), 100))
		f, err := w.Recording(t.Context(), "p")
		require.NoError(t, err)
		require.Regexp(t, `^[0-9a-f]{16}$`, f.Text)
		data, err := f.Encode()
		require.NoError(t, err)
		again, err := Decode(data)
		require.NoError(t, err)
		require.Equal(t, f.Text, again.Text)
		replayed, err := Replay(t.Context(), again, emu.DefaultProcessor)
		require.NoError(t, err)
		replayed.Close()
		again.Text = "0123456789abcdef"
		_, err = Replay(t.Context(), again, emu.DefaultProcessor)
		require.ErrorIs(t, err, record.ErrOtherText)
		require.ErrorContains(t, err, "engine 2002 had 0123456789abcdef, here it has "+f.Text)
	}
}

func newRace(t *testing.T, direct bool) *Walk {
	t.Helper()
	f, err := scenario.Load("smp-missed-probe")
	require.NoError(t, err)
	w, err := Open(t.Context(), f, Options{Options: scenario.Options{Direct: direct}})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}
