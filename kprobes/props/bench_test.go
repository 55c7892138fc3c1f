package props_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu/explore"
	"trapline/kprobes"
	"trapline/kprobes/props"
)

// missed is smp-missed-probe on several vCPUs.
func missed(cpus int, direct bool) *scene { return missedLoop(cpus, 1, direct) }

// missedLoop is the same with the probed code run so many times.
func missedLoop(cpus int, times byte, direct bool) *scene {
	s := &scene{engine: kprobes.Engine2002, direct: direct, cpus: cpus, probes: []uint64{5},
		// mov $times,%ecx; 1: add $2,%eax; dec %ecx; jnz 1b; ret
		code: []byte{0xb9, times, 0, 0, 0, 0x83, 0xc0, 2, 0x49, 0x75, 0xfa, 0xc3}}
	for range cpus {
		s.start = append(s.start, 0)
	}
	return s
}

// BenchmarkExhaust searches all schedules of smp-missed-probe for a property
// that holds.
func BenchmarkExhaust(b *testing.B) {
	for _, direct := range []bool{true, false} {
		for _, cpus := range []int{2, 3} {
			times := map[int]byte{2: 12, 3: 3}[cpus]
			for _, jobs := range []int{1, 2} {
				mode := map[bool]string{true: "direct", false: "text"}[direct]
				b.Run(fmt.Sprintf("%s/cpus=%d/jobs=%d", mode, cpus, jobs), func(b *testing.B) {
					var last *explore.Report
					var states, schedules, steps float64
					for b.Loop() {
						r, err := explore.Search(context.Background(), missedLoop(cpus, times, direct).factory(b, only(b, missed(cpus, true), props.NoDoubleUnlock)),
							explore.Options{Jobs: jobs, Bounds: explore.Bounds{Preemptions: explore.Unbounded}})
						require.NoError(b, err)
						require.True(b, r.Exhausted)
						last = r
						states += float64(r.States)
						schedules += float64(r.Schedules)
						steps += float64(r.Steps)
					}
					t := b.Elapsed().Seconds()
					b.ReportMetric(schedules/t, "schedules/s")
					b.ReportMetric(states/t, "states/s")
					b.ReportMetric(steps/t, "steps/s")
					b.ReportMetric(float64(last.States), "states")
					b.ReportMetric(float64(last.Schedules), "schedules")
					b.ReportMetric(float64(last.Memory)/float64(last.States), "B/state")
					b.ReportMetric(float64(last.Rounds), "rounds")
				})
			}
		}
	}
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
			o := explore.Options{Bounds: explore.Bounds{Preemptions: explore.Unbounded}}
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
