package record_test

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/record"
	"trapline/internal/rigs/recordtest"
)

func recorded(t testing.TB) []byte {
	t.Helper()
	r, l := openText(t, twoTasks)
	takeAtRandom(t, r, l, rand.New(rand.NewPCG(1, 2)), 3000)
	f := &record.File{Producer: "test", Name: "two", Scenario: []byte(twoTasks), Engine: "2002", Files: map[string][]byte{"a": {1}}}
	l.Save(f)
	data, err := f.Encode()
	require.NoError(t, err)
	return data
}

func TestARecordingReplaysToTheSameHashes(t *testing.T) {
	f, err := record.Decode(recorded(t), named("a"))
	require.NoError(t, err)
	require.Equal(t, uint64(3000), f.Steps())
	require.Equal(t, []byte{1}, f.Files["a"])
	require.GreaterOrEqual(t, len(f.Hashes), 10)
	_, l := openText(t, string(f.Scenario)) // another machine
	require.NoError(t, f.Verify(t.Context(), l))
	require.Equal(t, uint64(3000), l.At())
}

func TestAReplayThatGoesAnotherWaySaysWhere(t *testing.T) {
	f, err := record.Decode(recorded(t), named("a"))
	require.NoError(t, err)
	f.Hashes[3].Sum++
	_, l := openText(t, twoTasks)
	var diverged *record.DivergedError
	require.ErrorAs(t, f.Verify(t.Context(), l), &diverged)
	require.Equal(t, f.Hashes[3].Step, diverged.Step)
	require.ErrorContains(t, diverged, "by test")
}

func TestEveryCutIsDamage(t *testing.T) {
	data := recorded(t)
	for n := range data {
		_, err := record.Decode(data[:n], named("a"))
		require.ErrorIs(t, err, record.ErrDamaged, "cut at %d", n)
	}
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	data := recorded(t)
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1 << (i % 8)
		_, err := record.Decode(bad, named("a"))
		require.Error(t, err, "byte %d", i)
	}
}

func TestForeignFilesAreToldApart(t *testing.T) {
	for _, text := range []string{"#!/bin/sh\n", "\x7fELF\x02\x01", "A scenario.\n-- machine --\n", string(make([]byte, 100))} {
		_, err := record.Decode([]byte(text), named("a"))
		require.ErrorIs(t, err, record.ErrForeign)
	}
	_, err := record.Decode([]byte("trapline recording 99\nfoo"), named("a"))
	require.ErrorIs(t, err, record.ErrVersion)
	_, err = record.Decode(append(recorded(t), '\n'), named("a"))
	require.ErrorIs(t, err, record.ErrDamaged)
}

func FuzzDecode(f *testing.F) {
	f.Add(recorded(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > sha256.Size+12 { // signed anew, so that what is inside is read
			data = recordtest.Sign(data)
		}
		if file, err := record.Decode(data, named("a")); err == nil {
			out, err := file.Encode()
			require.NoError(t, err)
			_, err = record.Decode(out, named("a"))
			require.NoError(t, err)
		}
	})
}
