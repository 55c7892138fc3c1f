package scenario_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// everyEngine has the same verdict under every engine.
func everyEngine(verdict string) map[string]string {
	m := map[string]string{}
	for _, e := range engines.Names(engines.Kernel) {
		m[e] = verdict
	}
	return m
}

// truths are what an exhausted search of testdata/truths says by engine: the
// property that some schedule violates, or "" if it holds.
var truths = map[string]map[string]string{
	"prefetch-and-fault":  {"2002": "", "2005": "", "modern": "", "modern+boost": ""},
	"two-faults-one-page": everyEngine(""),
	// 2002 leaves eip behind the byte that a hit was for (K8), in the middle of
	// an instruction.
	"unregister-then-free":      {"2002": "no-unhandled-trap", "2005": "", "modern": "", "modern+boost": ""},
	"nested-probe-modern":       {"modern": "", "modern+boost": "", "modern+int3": ""},
	"probe-in-post-modern":      {"modern": "no-missed-probe", "modern+boost": "no-missed-probe"},
	"watchpoint-on-step-modern": {"2005": "", "modern": "", "modern+boost": ""},
	"divide-error-2005":         {"2002": "", "2005": "no-unhandled-trap", "modern": "no-unhandled-trap"},
	"int1-ring3-2005":           {"none": "sigtrap", "2002": "", "2005": "sigtrap", "modern": "sigtrap"},
	"stale-dr6-2005":            {"2002": "", "2005": "", "modern": ""},
	// What tasks do to events and modules is placed anywhere.
	"rmmod-instance-out":  {"2005": "no-unhandled-trap", "modern": "no-unhandled-trap", "modern+boost": "no-unhandled-trap"},
	"rmmod-under-handler": {"2002": "no-unhandled-trap", "2005": "no-unhandled-trap", "modern": "no-unhandled-trap"},
	// Behind the int3 nobody serialises: the old opcode runs with new operands (T4).
	"patch-int3-first-torn-fetch": {"none": "no-unhandled-trap"},
	"event-taken-out":             {"2002": "no-unhandled-trap", "2005": "", "modern": "", "modern+boost": ""},
	"register-without-sync":       {"2002": "seen", "2005": "seen", "modern": "", "modern+boost": ""},
}

// TestV5Truths: an engine does what the kernel that it is named after can do,
// and nothing else, in direct mode and in kernel text.
func TestV5Truths(t *testing.T) {
	for name, engines := range truths {
		for engine, want := range engines {
			for _, text := range []bool{false, true} {
				t.Run(name+"/"+engine+map[bool]string{true: "/text"}[text], func(t *testing.T) {
					require.Equal(t, want, verdict(t, name, scenario.Options{Engine: engine, KernelText: text}))
				})
			}
		}
	}
}

// verdict searches every schedule: the first property violated, or "".
func verdict(t *testing.T, name string, o scenario.Options) string {
	f, err := scenario.LoadFS(os.DirFS("testdata/truths"), name+scenario.Ext)
	require.NoError(t, err)
	s, err := scenario.NewSystems(context.Background(), f, o)
	require.NoError(t, err)
	defer s.Close()
	r, err := explore.Search(context.Background(), s.New, explore.Options{})
	require.NoError(t, err)
	if r.Found != nil {
		return r.Found.Violation.Property
	}
	require.True(t, r.Exhausted, "%v", r.Summary)
	return ""
}

// TestO5RefusedProbeIsNoScenario: before the run, a probe that the kernel
// refuses is an error at its place; under another engine than the file's, the
// engine's.
func TestO5RefusedProbeIsNoScenario(t *testing.T) {
	f, err := scenario.LoadFS(os.DirFS("testdata/truths"), "iretq-modern-int3"+scenario.Ext)
	require.NoError(t, err)
	for engine, want := range map[string]string{
		"":                  "iretq-modern-int3.txtar:23:6: probe a: the kernel refuses it with EOPNOTSUPP; expected an instruction that the engine can probe",
		"modern+int3+boost": "engine modern+int3+boost refuses probe a with EOPNOTSUPP: it can neither emulate nor step the instruction there",
		"modern":            "",
	} {
		r, err := scenario.Open(context.Background(), f, scenario.Options{Engine: engine})
		if err == nil {
			r.Close()
		}
		if want == "" {
			require.NoError(t, err, engine)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}
