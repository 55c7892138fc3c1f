package walk

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/record"
	"trapline/internal/rigs/recordtest"
)

const endless = `Goes round for ever.
-- machine --
engine none
steps 5000
-- text.S --
	.globl main
main:	jmp main
-- tasks --
cpu 0 at main
`

func forgedWalk(t *testing.T, meta recordtest.Meta, steps uint64, files ...recordtest.Packed) (*record.File, error) {
	t.Helper()
	m := recordtest.Meta{"producer": "p", "name": "n", "engine": "none", "actors": 1, "steps": steps}
	for k, v := range meta {
		m[k] = v
	}
	p := &recordtest.Parts{
		Meta: m.JSON(), Scenario: recordtest.Pack([]byte(endless)), Files: files,
		Runs:   recordtest.Pack(recordtest.Run(0, steps)),
		Hashes: recordtest.Pack(recordtest.Hashes(record.Hash{}, record.Hash{Step: steps})),
	}
	return Decode(p.Bytes())
}

func TestOnlyFilesThatTheScenarioNamesAreTaken(t *testing.T) {
	_, err := forgedWalk(t, recordtest.Meta{"files": []string{"secret"}}, 10, recordtest.Pack(nil))
	require.ErrorIs(t, err, record.ErrDamaged)
	require.ErrorContains(t, err, `META: file "secret"; expected only files that the scenario names`)
}

func TestARecordingIsNoLongerThanItsScenario(t *testing.T) {
	f, err := forgedWalk(t, nil, 5001)
	require.NoError(t, err)
	_, err = Replay(t.Context(), f, emu.DefaultProcessor)
	require.ErrorIs(t, err, record.ErrDamaged)
	require.ErrorContains(t, err, "5001 steps of a scenario whose bound is 5000")
}

func TestOnlyKnownOptionsAreTaken(t *testing.T) {
	for _, o := range []map[string]string{{"direct": "false"}, {"more": "true"}, {"direct": "true", "\x1b": ""}} {
		f, err := forgedWalk(t, recordtest.Meta{"options": o}, 10)
		require.NoError(t, err)
		_, err = Replay(t.Context(), f, emu.DefaultProcessor)
		require.ErrorIs(t, err, record.ErrDamaged)
		require.ErrorContains(t, err, "option")
	}
}
