package scenario_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// BenchmarkGrains is the table of docs/engines.md: each built-in race of kernel
// code under engine 2002, as its file judges it and without a check, that is
// over all schedules, by micro-steps and through the C text by lines and by
// instructions. Time is the processor's, with the making of one machine.
func BenchmarkGrains(b *testing.B) {
	list, err := scenario.Library()
	require.NoError(b, err)
	for _, x := range list {
		if x.Group != "races" {
			continue
		}
		for _, all := range []bool{false, true} {
			for _, by := range []struct {
				name string
				scenario.Options
			}{
				{"micro-steps", scenario.Options{}},
				{"lines", scenario.Options{KernelText: true, Grain: explore.WholeLines}},
				{"instructions", scenario.Options{KernelText: true}},
			} {
				f, err := scenario.Load(x.Name)
				require.NoError(b, err)
				by.Engine = "2002"
				if all {
					f.Check, f.HasCheck = nil, true
				}
				if !runs2002(b, f, by.Options) {
					continue
				}
				what := "first violation"
				if all {
					what = "all schedules"
				}
				b.Run(fmt.Sprintf("%s/%s/%s", x.Name, what, by.name), func(b *testing.B) { benchmarkGrain(b, f, by.Options) })
			}
		}
	}
}

// runs2002 reports whether engine 2002 has all that the scenario asks for.
func runs2002(b *testing.B, f *scenario.File, o scenario.Options) bool {
	if f.Linux != nil {
		return false
	}
	s, err := scenario.NewSystems(b.Context(), f, o)
	if err == nil {
		s.Close()
	}
	return err == nil
}

func benchmarkGrain(b *testing.B, f *scenario.File, o scenario.Options) {
	var last *explore.Report
	n := 0
	before := processorTime(b)
	for b.Loop() {
		systems, err := scenario.NewSystems(b.Context(), f, o)
		require.NoError(b, err)
		last, err = explore.Search(b.Context(), systems.New, explore.Options{})
		require.NoError(b, err)
		systems.Close()
		n++
	}
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(n), "cpu-ms")
	b.ReportMetric(float64(last.States), "states")
	b.ReportMetric(float64(last.Steps), "steps")
}

// processorTime is what this process used so far, on all processors.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
