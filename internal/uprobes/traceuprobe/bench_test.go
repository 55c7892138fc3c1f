package traceuprobe

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// BenchmarkTrace runs a program of 20000 calls of a probed function and prints the trace.
func BenchmarkTrace(b *testing.B) {
	const calls = 20000
	root := guestRoot(b, "beh")
	for b.Loop() {
		r := newRig(b, root, x86.AMD64)
		require.NoError(b, r.session.Registry().Write(tracefs.UprobeEvents, []byte("p:b/leaf /t/beh:0x170e a=%di:u32\n")))
		r.load(b, "/t/beh", "leafn", "20000")
		require.NoError(b, r.session.Registry().SetEvent("b", "leaf", true))
		r.run(b)
		require.Len(b, r.session.Entries(), calls)
		require.NotEmpty(b, r.session.Lines())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/calls, "ns/hit")
}
