package explore

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// States are found by both halves of their hashes, among as many as there are.
func TestVisitedTellsHashesApart(t *testing.T) {
	v := newVisited(false)
	rng := rand.New(rand.NewPCG(1, 2))
	ids := map[Fingerprint]uint32{}
	for range 5000 {
		h := Fingerprint{rng.Uint64() & 0xfff, rng.Uint64() & 3} // many share a half
		id, isNew := v.reach(h, 0, -1, 0, 0, 3)
		want, known := ids[h]
		require.Equal(t, known, !isNew)
		if known {
			require.Equal(t, want, id)
		}
		ids[h] = id
	}
	for h, id := range ids {
		found, ok := v.find(h)
		require.True(t, ok)
		require.Equal(t, id, found)
		_, ok = v.find(Fingerprint{h[0], h[1] + 4})
		require.False(t, ok)
	}
	require.Equal(t, len(ids), v.count())
}

// BenchmarkVisited is the memory of a state that nobody waits in, with six actors,
// and the time to make it.
func BenchmarkVisited(b *testing.B) {
	const states = 1 << 20
	rng := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		v := newVisited(false)
		for range states {
			v.reach(Fingerprint{rng.Uint64(), rng.Uint64()}, 0, -1, 0, 0, 0x3f)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/states, "B/state")
		runtime.KeepAlive(v)
	}
}
