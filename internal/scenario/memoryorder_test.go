package scenario

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/engines"
	"trapline/internal/explore"
)

// ordered are the built-in scenarios of kernel code on several vCPUs.
func ordered(t *testing.T) []*File {
	list, err := Library()
	require.NoError(t, err)
	var files []*File
	for _, b := range list {
		f, err := Load(b.Name)
		require.NoError(t, err)
		if f.Linux != nil || f.Machine.CPUs == 1 || b.Name == "multiprobe-fault-livelock" {
			continue
		}
		f.Check, f.HasCheck = nil, true
		files = append(files, f)
	}
	return files
}

// T2: under x86-TSO too, C and its abstraction in micro-steps come to the same
// ends: what a micro-step stores is buffered as what its C stores is.
func TestT2MicroStepsAndCHaveTheSameOutcomes(t *testing.T) {
	for _, engine := range []string{"2002", "2005", "modern"} {
		searched := 0
		for _, f := range ordered(t) {
			f.Machine.StoreBuffer = 4
			micro, c := searchOutcomes(t, f, engine, byMicroSteps), searchOutcomes(t, f, engine, byInstructions)
			if c == nil {
				continue
			}
			require.Equal(t, micro.Exhausted, c.Exhausted, "%s: %+v %+v", f.Name, micro.Summary, c.Summary)
			require.Equal(t, micro.Outcomes, c.Outcomes, f.Name)
			searched++
		}
		require.GreaterOrEqual(t, searched, 9)
	}
}

// T2: the reductions of the search, and flushing at once what nobody else can see,
// lose no end.
func TestT2ReductionsKeepOutcomes(t *testing.T) {
	compared := 0
	for _, engine := range engines.Names(engines.Kernel) {
		for _, f := range ordered(t) {
			f.Machine.StoreBuffer = 2
			micro := searchOutcomes(t, f, engine, byMicroSteps)
			if micro == nil {
				continue
			}
			plain := searchOutcomesBy(t, f, engine, byMicroSteps, explore.Options{NoReduction: true, Bounds: explore.Bounds{States: 4000}})
			if plain.Exhausted {
				require.Equal(t, plain.Outcomes, micro.Outcomes, "%s %s", engine, f.Name)
				compared++
			} else {
				require.Subset(t, micro.Outcomes, plain.Outcomes)
			}
		}
	}
	require.Greater(t, compared, 20)
}

// T1: what is certified has the same ends under both memory models.
func TestT1CertifiedScenariosEndTheSame(t *testing.T) {
	certified, others := 0, 0
	for _, engine := range engines.Names(engines.Kernel) {
		for _, f := range ordered(t) {
			sc := searchOutcomesBy(t, f, engine, byMicroSteps, explore.Options{Certify: true})
			if sc == nil {
				continue
			}
			f.Machine.StoreBuffer = 8
			tso := searchOutcomes(t, f, engine, byMicroSteps)
			if !sc.Certificate.Given {
				others++
				require.Subset(t, tso.Outcomes, sc.Outcomes, "%s %s", engine, f.Name)
				continue
			}
			certified++
			require.Equal(t, sc.Outcomes, tso.Outcomes, "%s %s", engine, f.Name)
		}
	}
	require.Greater(t, certified, 25)
	require.Positive(t, others)
}

// costs are searches that need no store buffers: they are certified.
func costs(t testing.TB) map[string]*File {
	list := map[string]*File{}
	for name, engines := range map[string][]string{
		"lock-convoy": {"2002", "2005", "modern"}, "smp-missed-probe": {"2005", "modern"}, "two-probes-two-cpus": {"2005", "modern"},
		"timer-during-step": {"2002", "2005", "modern"}, "reentry-lost-smp": {"modern"},
	} {
		for _, engine := range engines {
			f, err := Load(name)
			require.NoError(t, err)
			f.Machine.Engine, f.Schedules, f.Expect = engine, nil, nil
			list[name+"/"+engine] = f
		}
	}
	for _, engine := range []string{"2005", "modern"} {
		f, err := Load("../../cmd/trapline/testdata/cases/scale.txtar")
		require.NoError(t, err)
		f.Machine.Engine, f.Machine.CPUs, f.Tasks, f.Check = engine, 2, f.Tasks[:2], nil
		list["scale/"+engine] = f
	}
	return list
}

// under is a search of f with store buffers of as many stores.
func under(t testing.TB, f *File, stores int) *Searched {
	f.Machine.StoreBuffer = stores
	x, err := Search{}.Do(t.Context(), f)
	require.NoError(t, err)
	require.True(t, x.Exhausted, "%v", x.Verdict())
	return x
}

// T2: what nobody else can see is no choice, and costs no state.
func TestT2StoresThatNobodySeesCostNothing(t *testing.T) {
	for name, f := range costs(t) {
		sc, tso := under(t, f, 0), under(t, f, 8)
		require.True(t, sc.Certificate.Given, name)
		require.LessOrEqual(t, 10*tso.States, 13*sc.States, name)
		require.LessOrEqual(t, 10*tso.Steps, 13*sc.Steps, name)
	}
}

// BenchmarkMemoryModels has the time and the states of these searches with store
// buffers, as multiples of those without.
func BenchmarkMemoryModels(b *testing.B) {
	for name, f := range costs(b) {
		b.Run(name, func(b *testing.B) {
			var spent [2]time.Duration
			var states [2]int
			for b.Loop() {
				for i, stores := range []int{0, 8} {
					start := time.Now()
					states[i] = under(b, f, stores).States
					spent[i] += time.Since(start)
				}
			}
			b.ReportMetric(float64(spent[1])/float64(spent[0]), "time-ratio")
			b.ReportMetric(float64(states[1])/float64(states[0]), "state-ratio")
		})
	}
}

// T2, T4: which built-in scenarios violate something in plain memory, and which
// need store buffers or a prefetch window.
func TestT2WhichRacesNeedStoreBuffers(t *testing.T) {
	list, err := Library()
	require.NoError(t, err)
	var needBuffers, needWindow []string
	for _, b := range list {
		f, err := Load(b.Name)
		require.NoError(t, err)
		if f.Linux != nil || f.Machine.CPUs == 1 {
			continue
		}
		window := f.Machine.Prefetch
		found := func(stores, prefetch int) string {
			f.Machine.StoreBuffer, f.Machine.Prefetch = stores, prefetch
			x, err := Search{}.Do(t.Context(), f)
			require.NoError(t, err)
			if x.Found == nil {
				require.True(t, x.Exhausted, b.Name)
				return ""
			}
			return x.Violation.Property
		}
		sc, tso := found(0, 0), found(8, 0)
		switch {
		case sc != tso:
			needBuffers = append(needBuffers, b.Name)
		case sc == "" && window > 0 && found(0, window) != "":
			needWindow = append(needWindow, b.Name)
		}
	}
	require.Equal(t, []string{"plain-unlock", "store-buffering"}, needBuffers)
	require.Equal(t, []string{"torn-instruction", "self-modifying-neighbour"}, needWindow)
}
