package uprobes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/mementotest"
)

// A field that is added to what uprobes keep is in snapshots and hashes, or named here.
func TestSnapshotsHaveEveryField(t *testing.T) {
	mementotest.References(t, System{}, "k tree printk account parts machine")
	mementotest.References(t, uprobe{}, "consumers insn")
	mementotest.References(t, mmState{}, "area delayed")
	mementotest.References(t, area{}, "")
	mementotest.References(t, task{}, "hit active step returns")
	mementotest.References(t, Step{}, "Instruction")
	mementotest.References(t, returnInstance{}, "uprobe")
}

func TestHashesSeeEveryField(t *testing.T) {
	s, k := loaded(t)
	u, errno := s.tree.at(Place{Offset: 1})
	require.Zero(t, errno)
	ut := taskOf(k.Init().Threads()[0])
	ut.active, ut.returns = u, []returnInstance{{uprobe: u}}
	a := s.areaOf(k.Init().MM(), 0)
	hash := func() uint64 { return k.Machine().Hash(false) }
	mementotest.Hashed(t, s, hash, "mode countMissed")
	mementotest.Hashed(t, u, hash, "missed") // with countMissed only
	mementotest.Hashed(t, stateOf(k.Init().MM()), hash, "")
	mementotest.Hashed(t, a, hash, "")
	mementotest.Hashed(t, ut, hash, "")
	mementotest.Hashed(t, &ut.returns[0], hash, "")
}
