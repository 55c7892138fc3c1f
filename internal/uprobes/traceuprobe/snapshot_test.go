package traceuprobe

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// Snapshots of the machine hold the events, what triggers still do, what histograms have counted, and the trace.
func TestSnapshotsHoldTheSession(t *testing.T) {
	r := newRig(t, guestRoot(t, "beh"), x86.AMD64)
	r.load(t, "/t/beh", "leafn", "5")
	s, m := r.session, r.kernel.Machine()
	before := m.Snapshot()
	for _, w := range [][2]string{{"uprobe_events", "p:o/a /t/beh:0x170e"}, {"events/o/a/trigger", "hist:keys=common_pid"}, {"events/o/a/trigger", "stacktrace:2"},
		{"events/o/a/enable", "1"}} {
		require.NoError(t, s.WriteFile(w[0], w[1], false), w)
	}
	shown := func() (l []string) {
		for _, name := range []string{"trace", "events/o/a/hist", "events/o/a/trigger", "uprobe_profile"} {
			text, err := s.ReadFile(name)
			require.NoError(t, err)
			l = append(l, text)
		}
		return l
	}
	start, first := m.Snapshot(), shown()
	var last []string
	for range 2 {
		for !r.kernel.Done() {
			cpu, ok := r.kernel.Next()
			require.True(t, ok)
			r.kernel.Step(cpu)
		}
		if last == nil {
			last = shown()
		}
		require.Equal(t, last, shown())
		require.Contains(t, last[0], "# entries-in-buffer/entries-written: 7/7")
		require.Contains(t, last[1], "hitcount:          5\n")
		require.Contains(t, last[2], "stacktrace:count=0\n")
		m.Restore(start)
		require.Equal(t, first, shown())
	}
	m.Restore(before)
	require.Empty(t, s.Registry().Events())
}

// Two states that differ only in what a trigger still does are two for who looks at the trace, and one for who does not.
func TestTriggersAreInHashes(t *testing.T) {
	r := newRig(t, guestRoot(t, "beh"), x86.AMD64)
	r.load(t, "/t/beh", "leafn", "5")
	m := r.kernel.Machine()
	require.NoError(t, r.session.WriteFile("uprobe_events", "p:o/a /t/beh:0x170e", false))
	hash := func(text string) uint64 {
		start := m.Snapshot()
		defer m.Restore(start)
		require.NoError(t, r.session.WriteFile("events/o/a/trigger", text, false))
		return m.Hash(false)
	}
	require.NotEqual(t, hash("traceoff:1"), hash("traceoff:2"))
	r.session.LeaveOutTrace(true)
	require.Equal(t, hash("traceoff:1"), hash("traceoff:2"))
}
