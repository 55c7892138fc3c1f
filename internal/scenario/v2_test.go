package scenario_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// reads are scenarios of testdata/search in which something else than an
// instruction reads what another vCPU changes, by what some schedule violates.
var reads = map[string]string{
	"handler-reads-memory":     "not-five",
	"handler-reads-other-cpu":  "six",
	"handler-reads-halted":     "x",
	"handlers-count-in-memory": "", // each action is one step
	"handler-reads-count":      "all",
	"property-reads-cpus":      "both",
	"property-counts-hits":     "always-hit",
	"reads-time-stamp":         "early",
	"program-reads-clock":      "early",
}

// TestV2WhatCodeReadsIsSearched: whatever the workers, the engine and whether
// kernel text runs. The answers are the same for any number of workers.
func TestV2WhatCodeReadsIsSearched(t *testing.T) {
	for name, want := range reads {
		f, err := scenario.LoadFS(os.DirFS("testdata/search"), name+scenario.Ext)
		require.NoError(t, err)
		engines := []string{f.Machine.Engine}
		if len(f.Probes) > 0 && f.Linux == nil {
			engines = []string{"2002", "2005", "modern"}
		}
		for _, engine := range engines {
			for _, text := range []bool{false, true} {
				t.Run(fmt.Sprint(name, "/", engine, "/text=", text), func(t *testing.T) {
					first := ""
					for _, jobs := range []int{1, 2, 4, 8} {
						r := search(t, f, scenario.Options{Engine: engine, KernelText: text}, jobs)
						got := fmt.Sprint(r.Found, r.Exhausted, r.Cut, r.Outcomes)
						if first == "" {
							first = got
							require.Equal(t, want, found(r), "%v", r.Summary)
							require.Equal(t, want == "", r.Exhausted, "%v", r.Summary)
						}
						require.Equal(t, first, got, "with %d workers", jobs)
					}
				})
			}
		}
	}
}

// TestV2ClocksAreNotExhausted: a search whose code reads a clock says so where
// loops could make it show other values.
func TestV2ClocksAreNotExhausted(t *testing.T) {
	f, err := scenario.LoadFS(os.DirFS("testdata/search"), "reads-time-stamp"+scenario.Ext)
	require.NoError(t, err)
	f.Check = nil // nothing to find
	r := search(t, f, scenario.Options{}, 1)
	require.Nil(t, r.Found)
	require.False(t, r.Exhausted)
	require.Equal(t, explore.CutClocks, r.Cut)
}

func search(t *testing.T, f *scenario.File, o scenario.Options, jobs int) *explore.Report {
	t.Helper()
	s, err := scenario.NewSystems(context.Background(), f, o)
	require.NoError(t, err)
	defer s.Close()
	r, err := explore.Search(context.Background(), s.New, explore.Options{Jobs: s.Jobs(jobs), KeepOutcomes: true})
	require.NoError(t, err)
	return r
}

// found is the property violated, or "".
func found(r *explore.Report) string {
	if r.Found == nil {
		return ""
	}
	return r.Found.Violation.Property
}

// TestV5AClockIsNoFalseAlarm: the probes' own work moves a clock that code
// keeps. Transparency is neither violated nor said to hold.
func TestV5AClockIsNoFalseAlarm(t *testing.T) {
	f, err := scenario.LoadFS(os.DirFS("testdata/search"), "clock-under-probe"+scenario.Ext)
	require.NoError(t, err)
	s, err := scenario.NewSystems(context.Background(), f, scenario.Options{})
	require.NoError(t, err)
	defer s.Close()
	r, err := explore.Search(context.Background(), s.New, explore.Options{})
	require.NoError(t, err)
	s.Settle(r)
	require.Nil(t, r.Found)
	require.Contains(t, r.Unjudged, "reads a clock")
	require.NotContains(t, r.Verdict().String(), "exhausted: every schedule (")
}
