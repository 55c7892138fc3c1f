package traceuprobe

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// BenchmarkTrace runs a program of 20000 calls of a function with an event on it, and prints the trace, and without. The
// difference is what a hit with its entry costs of processor time: "ns/entry", and "entry/call" beside a call. Goal: under 3000 ns.
func BenchmarkTrace(b *testing.B) {
	const calls = 20000
	root := guestRoot(b, "beh")
	run := func(entries int) time.Duration {
		r := newRig(b, root, x86.AMD64)
		require.NoError(b, r.session.Registry().Write(tracefs.UprobeEvents, []byte("p:b/leaf /t/beh:0x170e a=%di:u32\n")))
		r.load(b, "/t/beh", "leafn", "20000")
		require.NoError(b, r.session.Registry().SetEvent("b", "leaf", entries > 0))
		start := processorTime(b)
		r.run(b)
		require.Len(b, r.session.Entries(), entries)
		require.Equal(b, entries, strings.Count(r.session.Lines(), "leaf: "))
		return processorTime(b) - start
	}
	var with, without time.Duration
	for b.Loop() {
		with += run(calls)
		without += run(0)
	}
	b.ReportMetric(float64(with-without)/float64(b.N)/calls, "ns/entry")
	b.ReportMetric(float64(with-without)/float64(without), "entry/call")
}

// processorTime is that of the process, user and system.
func processorTime(b *testing.B) time.Duration {
	var u unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
