package record_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"trapline/internal/record"
)

const million = 1_000_000

// percentile95 runs f b.N times (at least 40) and reports the 95th percentile.
func percentile95(b *testing.B, f func()) {
	var d []time.Duration
	for range max(b.N, 40) {
		start := time.Now()
		f()
		d = append(d, time.Since(start))
	}
	slices.Sort(d)
	b.ReportMetric(float64(d[len(d)*95/100].Microseconds())/1000, "p95-ms")
}

func recordedRun(b *testing.B, steps uint64) *record.Timeline {
	b.Helper()
	_, l := openText(b, twoTasks)
	_, err := l.Forward(b.Context(), steps)
	require.NoError(b, err)
	require.Equal(b, steps, l.At())
	return l
}

func BenchmarkBackOneStep(b *testing.B) {
	l := recordedRun(b, million)
	rng := rand.New(rand.NewPCG(1, 1))
	percentile95(b, func() {
		if l.At() < 2 || rng.IntN(8) == 0 {
			require.NoError(b, l.Goto(b.Context(), 2+rng.Uint64N(million-2)))
		}
		require.NoError(b, l.Back(b.Context(), 1))
	})
}

func BenchmarkJump(b *testing.B) {
	l := recordedRun(b, million)
	rng := rand.New(rand.NewPCG(1, 1))
	percentile95(b, func() { require.NoError(b, l.Goto(b.Context(), rng.Uint64N(million+1))) })
}

// processorTime is what the process has used so far, the garbage collector's
// threads included: other load on the machine does not count.
func processorTime(b *testing.B) float64 {
	b.Helper()
	var u unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// probedTasks is a machine whose two vCPUs hit a probe without end.
const probedTasks = `Two vCPUs hit a probe.
-- machine --
cpus 2
engine 2002
steps 100000000
-- text.S --
	.globl main, target
	.type target, @function
main:
	call target
	jmp main
target:
	addl $2, %eax
	ret
-- probes --
entry at target
-- tasks --
cpu 0 at main
cpu 1 at main
`

// BenchmarkCost compares a recorded run with the same one stepped alone, by
// processor time.
func BenchmarkCost(b *testing.B) {
	b.Run("counting", func(b *testing.B) { compareCost(b, twoTasks) })
	b.Run("hits", func(b *testing.B) { compareCost(b, probedTasks) })
}

func compareCost(b *testing.B, text string) {
	const steps = million / 2
	var alone, recorded []float64
	for range max(b.N, 5) {
		r, _ := openText(b, text)
		runtime.GC()
		start := processorTime(b)
		for range steps {
			cpu, _ := r.Next()
			r.Step(cpu)
		}
		alone = append(alone, processorTime(b)-start)
		_, l := openText(b, text)
		runtime.GC()
		start = processorTime(b)
		_, err := l.Forward(b.Context(), steps)
		require.NoError(b, err)
		require.Equal(b, uint64(steps), l.At())
		recorded = append(recorded, processorTime(b)-start)
	}
	slices.Sort(alone)
	slices.Sort(recorded)
	b.ReportMetric(recorded[len(recorded)/2]/alone[len(alone)/2], "times")
	b.ReportMetric(alone[len(alone)/2]/steps*1e9, "alone-ns/step")
}

// BenchmarkDisk is the size of recordings whose schedule has the most to tell.
func BenchmarkDisk(b *testing.B) {
	for _, mode := range []string{"default", "random"} {
		b.Run(mode, func(b *testing.B) {
			r, l := openText(b, twoTasks)
			if mode == "random" {
				takeAtRandom(b, r, l, rand.New(rand.NewPCG(1, 1)), million)
			} else {
				_, err := l.Forward(b.Context(), million)
				require.NoError(b, err)
			}
			f := &record.File{Scenario: []byte(twoTasks)}
			l.Save(f)
			data, err := f.Encode()
			require.NoError(b, err)
			b.ReportMetric(float64(len(data))/million, "bytes/step")
		})
	}
}

func BenchmarkMemoryOfTenMillionSteps(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l := recordedRun(b, 10*million)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB")
	b.ReportMetric(float64(after.HeapSys)/(1<<20), "heap-MB")
	rng := rand.New(rand.NewPCG(1, 1))
	percentile95(b, func() { require.NoError(b, l.Goto(b.Context(), rng.Uint64N(10*million))) })
}
