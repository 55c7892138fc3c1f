package props_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/props"
	"trapline/internal/sched"
	"trapline/internal/traps"
)

func clock() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

func find(t testing.TB, s *scene, property string, o explore.Options) *explore.Report {
	t.Helper()
	o.Clock = clock()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r, err := explore.Search(ctx, s.factory(t, only(t, s, property)), o)
	require.NoError(t, err)
	return r
}

// only judges one property of a scene.
func only(t testing.TB, s *scene, name string) func(*kprobes.Manager) []explore.Property {
	if name == props.Transparency {
		return transparent(t, s, userMemory)
	}
	return func(g *kprobes.Manager) []explore.Property {
		return slices.DeleteFunc(standard(g), func(p explore.Property) bool { return p.Name() != name })
	}
}

func TestRacesAreFound(t *testing.T) {
	for _, mode := range []string{"text", "direct"} {
		for name, s := range scenes(mode == "direct") {
			t.Run(mode+"/"+name, func(t *testing.T) {
				want := races[name]
				r := find(t, s, want.property, explore.Options{})
				require.NotNil(t, r.Found, "%v", r.Verdict())
				t.Log(r.Elapsed, r.Verdict(), r.Rounds, "rounds", r.Found.Schedule.Format(0), r.Found.Violation)
				require.Equal(t, want.row, r.Found.Violation.ID)
				sys, err := s.factory(t, only(t, s, want.property))()
				require.NoError(t, err)
				defer sys.Close()
				out := explore.Run(sys, sched.NewReplay(r.Found.Schedule), 0)
				require.Equal(t, &r.Found.Violation, out.Violation)
			})
		}
	}
}

// TestK11LaterEnginesMissNothing: the breakpoint stays while its instruction
// is stepped elsewhere (O4), and a search of every schedule finds no miss.
func TestK11LaterEnginesMissNothing(t *testing.T) {
	for _, engine := range []string{"2005", "modern", "modern" + "+boost"} {
		for _, mode := range []string{"text", "direct"} {
			t.Run(engine+"/"+mode, func(t *testing.T) {
				s := scenes(mode == "direct")["smp-missed-probe"]
				s.engine = engine
				r := find(t, s, props.NoMissedProbe, explore.Options{})
				require.Nil(t, r.Found)
				require.True(t, r.Exhausted)
				require.Equal(t, explore.CutNone, r.Cut)
				t.Log(r.Elapsed, r.Verdict(), r.Rounds, "rounds")
			})
		}
	}
}

// TestS5FoundScheduleIsShortAndReplays shrinks what each way of searching finds
// to the same schedule, which replays on a fresh machine.
func TestS5FoundScheduleIsShortAndReplays(t *testing.T) {
	s := scenes(true)["smp-missed-probe"]
	factory := s.factory(t, only(t, s, props.NoMissedProbe))
	ways := map[string]func() (*explore.Report, error){
		"dfs": func() (*explore.Report, error) {
			return explore.Search(context.Background(), factory, explore.Options{Bounds: explore.Bounds{Preemptions: explore.AtMost(3)}, Jobs: 2})
		},
		"random": func() (*explore.Report, error) {
			return explore.Sample(context.Background(), factory, func() (sched.Scheduler, error) { return &sched.Random{Seed: 1}, nil }, 0, explore.Options{Jobs: 2})
		},
		"pct": func() (*explore.Report, error) {
			return explore.Sample(context.Background(), factory, func() (sched.Scheduler, error) { return sched.NewPCT(1, 2, 2, 60) }, 0, explore.Options{})
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			r, err := way()
			require.NoError(t, err)
			require.NotNil(t, r.Found)
			sys, err := factory()
			require.NoError(t, err)
			defer sys.Close()
			f := explore.Shrink(context.Background(), sys, *r.Found, 0)
			require.Equal(t, "t2.000000.0x11,1", f.Schedule.Format(0))
			again, err := factory()
			require.NoError(t, err)
			defer again.Close()
			replay := sched.NewReplay(f.Schedule)
			replay.Strict = true
			out := explore.Run(again, replay, 0)
			require.Equal(t, &f.Violation, out.Violation)
			require.Equal(t, "K11", out.Violation.ID)
		})
	}
}

// TestK6LockConvoy: hits of three vCPUs wait for one another, and all end.
func TestK6LockConvoy(t *testing.T) {
	s := missed(3, true)
	sys, err := s.factory(t, func(g *kprobes.Manager) []explore.Property { return standard(g)[1:] })()
	require.NoError(t, err)
	defer sys.Close()
	waits := 0
	m := sys.(*explore.Machine)
	observe := m.Observe
	m.Observe = func(ev *emu.Event) {
		if ev.Kind == emu.StepSpin {
			waits++
		}
		observe(ev)
	}
	rr := &sched.RoundRobin{Quantum: 1}
	rr.Begin(0)
	out := explore.Run(sys, rr, 0)
	require.True(t, out.Ended)
	require.Nil(t, out.Violation)
	require.Positive(t, waits)
}

// TestInterruptAtAnyStep raises a timer tick at every point of a hit: the step
// runs with interrupts off, so each tick is taken before or after it, and
// nothing else changes.
func TestInterruptAtAnyStep(t *testing.T) {
	s := missed(1, true)
	var ticks []uint64
	r, err := explore.Search(context.Background(), func() (explore.System, error) {
		g := s.build(t)
		m := system(g, standard(g)...)
		m.Interrupts = []explore.Interrupt{{CPU: 0, Vector: 0x20}}
		return m, nil
	}, explore.Options{AtEnd: func(sys explore.System) {
		m := sys.(*explore.Machine).M
		v, _ := m.PeekWord(m.CPUs[0].Space, m.Kernel.(*traps.Kernel).Symbol("jiffies"), 4)
		ticks = append(ticks, v)
	}})
	require.NoError(t, err)
	require.Nil(t, r.Found)
	require.True(t, r.Exhausted)
	require.Contains(t, ticks, uint64(1))
	require.Greater(t, r.States, 10)
}

// TestM4LockOrder: register_multiprobe and a hit take the two locks in opposite
// orders; the search meets the moment in which each waits for the other.
func TestM4LockOrder(t *testing.T) {
	r := find(t, scenes(true)["multiprobe-abba"], races["multiprobe-abba"].property, explore.Options{})
	require.NotNil(t, r.Found, "%v", r.Verdict())
	require.Equal(t, "M4", r.Found.Violation.ID)
}
