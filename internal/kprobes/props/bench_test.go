package props_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/kprobes/props"
)

// missed is smp-missed-probe on several vCPUs.
func missed(cpus int, direct bool) *scene { return missedLoop(cpus, 1, direct) }

// missedLoop is the same with the probed code run so many times.
func missedLoop(cpus int, times byte, direct bool) *scene {
	s := &scene{engine: "2002", direct: direct, cpus: cpus, probes: []uint64{5},
		// mov $times,%ecx; 1: add $2,%eax; dec %ecx; jnz 1b; ret
		code: []byte{0xb9, times, 0, 0, 0, 0x83, 0xc0, 2, 0x49, 0x75, 0xfa, 0xc3}}
	for range cpus {
		s.start = append(s.start, 0)
	}
	return s
}

// BenchmarkExhaust searches all schedules of smp-missed-probe for a property
// that holds. Under engine modern the vCPUs share so little that reduction
// leaves two schedules, so there it asks at every step. Beside wall clock
// rates it gives rates by processor time, which other load disturbs less.
func BenchmarkExhaust(b *testing.B) {
	times := map[string][2]byte{ // the probed loop's turns, with 2 and 3 vCPUs
		"2002": {8, 2}, "2005": {8, 2}, "modern": {8, 1},
	}
	for _, mode := range []string{"direct", "text"} {
		for _, engine := range []string{"2002", "2005", "modern"} {
			for _, cpus := range []int{2, 3} {
				for _, jobs := range []int{1, 2} {
					s := missedLoop(cpus, times[engine][cpus-2], mode == "direct")
					s.engine = engine
					o := explore.Options{Jobs: jobs, NoReduction: engine == "modern"}
					b.Run(fmt.Sprintf("%s/%s/cpus=%d/jobs=%d", mode, engine, cpus, jobs), func(b *testing.B) { exhaust(b, s, o) })
				}
			}
		}
	}
}

func exhaust(b *testing.B, s *scene, o explore.Options) {
	var last *explore.Report
	n := 0.0
	before := processorTime(b)
	for b.Loop() {
		r, err := explore.Search(context.Background(), s.factory(b, only(b, s, props.NoDoubleUnlock)), o)
		require.NoError(b, err)
		require.True(b, r.Exhausted)
		last = r
		n++
	}
	wall, cpu := b.Elapsed().Seconds(), (processorTime(b) - before).Seconds()
	schedules, states := float64(last.Schedules), float64(last.States)
	b.ReportMetric(n*schedules/wall, "schedules/s")
	b.ReportMetric(n*states/wall, "states/s")
	b.ReportMetric(n*schedules/cpu, "schedules/cpu-s")
	b.ReportMetric(n*states/cpu, "states/cpu-s")
	b.ReportMetric(states, "states")
	b.ReportMetric(schedules, "schedules")
	b.ReportMetric(float64(last.Memory)/states, "held-B/state")
}

// processorTime is what this process used so far, on all processors.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSnapshot gives the bytes of a snapshot that follows another one by
// one step.
func BenchmarkSnapshot(b *testing.B) {
	sys, err := missedLoop(2, 8, true).factory(b, none)()
	require.NoError(b, err)
	defer sys.Close()
	start := sys.Snapshot()
	bytes, steps := 0.0, 0.0
	for b.Loop() {
		if _, ok := sys.Place(0); !ok {
			sys.Restore(start)
		}
		sys.Step(0)
		bytes += float64(sys.Snapshot().Bytes())
		steps++
	}
	b.ReportMetric(bytes/steps, "B/snapshot")
}

// BenchmarkFirstViolation is the time until each race is found, machine
// building included.
func BenchmarkFirstViolation(b *testing.B) {
	for name, s := range scenes(true) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				require.NotNil(b, find(b, s, races[name].property, explore.Options{}).Found)
			}
		})
	}
}

// BenchmarkReduction compares a search with a plain enumeration of the same
// machine, whose schedules are counted, not run.
func BenchmarkReduction(b *testing.B) {
	for _, cpus := range []int{2, 3} {
		b.Run(fmt.Sprintf("cpus=%d", cpus), func(b *testing.B) {
			o := explore.Options{}
			var less, all *explore.Report
			for b.Loop() {
				var err error
				less, err = explore.Search(context.Background(), missed(cpus, true).factory(b, none), o)
				require.NoError(b, err)
				o := o
				o.NoReduction = true
				all, err = explore.Search(context.Background(), missed(cpus, true).factory(b, none), o)
				require.NoError(b, err)
			}
			b.ReportMetric(all.Interleavings, "interleavings")
			b.ReportMetric(float64(less.Schedules), "schedules")
			b.ReportMetric(all.Interleavings/float64(less.Schedules), "factor")
			b.ReportMetric(float64(all.States)/float64(less.States), "states-factor")
		})
	}
}
