package scenario_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// BenchmarkFirstViolation is the time from a scenario file to its first
// violation, machine building included, and to the shortest schedule of it.
func BenchmarkFirstViolation(b *testing.B) {
	list, err := scenario.Library()
	require.NoError(b, err)
	for _, x := range list {
		if x.Group != "races" {
			continue
		}
		b.Run(x.Name, func(b *testing.B) {
			var last *explore.Report
			for b.Loop() {
				last = firstViolation(b, x.Name)
			}
			b.ReportMetric(float64(last.States), "states")
			b.ReportMetric(float64(last.Schedules), "schedules")
			b.ReportMetric(float64(last.Memory)/float64(last.States), "B/state")
		})
	}
}

func firstViolation(b *testing.B, name string) *explore.Report {
	ctx := context.Background()
	f, err := scenario.Load(name)
	require.NoError(b, err)
	systems, err := scenario.NewSystems(ctx, f, scenario.Options{})
	require.NoError(b, err)
	defer systems.Close()
	r, err := explore.Search(ctx, systems.New, explore.Options{})
	require.NoError(b, err)
	if r.Found != nil {
		sys, err := systems.New()
		require.NoError(b, err)
		defer sys.Close()
		explore.Shrink(ctx, sys, *r.Found, 0)
	}
	return r
}
