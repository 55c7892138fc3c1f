package soak_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/rigs/fuzz"
	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/generate"
	"trapline/internal/rigs/transparent"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

var (
	length = flag.Duration("soak", 4*time.Second, "how long to run")
	seed   = flag.Uint64("seed", 1, "seed of what is run")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// job is one piece of work that makes and closes its machines.
type job struct {
	name string
	run  func(*testing.T, *rand.Rand)
}

var jobs = []job{
	{"scenario", builtIn},
	{"scenario under a random schedule", schedule},
	{"probed sequence", probed},
	{"guest bytes", guestBytes},
	{"snapshots", snapshots},
}

// TestSoak runs random jobs. A first part warms the process up: what it takes there, allocators
// and translation buffers among it, is not growth.
func TestSoak(t *testing.T) {
	const warmUp = 4 // a fourth of the time
	rng := rand.New(rand.NewPCG(*seed, 0))
	counts := map[string]int{}
	work := func(until time.Time) {
		for time.Now().Before(until) {
			j := jobs[rng.IntN(len(jobs))]
			j.run(t, rng)
			counts[j.name]++
		}
	}
	start := time.Now()
	work(start.Add(*length / warmUp))
	before := measure(t)
	t.Logf("after %v: %v", time.Since(start).Round(time.Second), before)
	const parts = 10
	rest := *length - *length/warmUp
	for i := range parts {
		work(start.Add(*length/warmUp + rest*time.Duration(i+1)/parts))
		t.Logf("after %v: %v", time.Since(start).Round(time.Second), measure(t))
	}
	after := measure(t)
	t.Logf("jobs: %v", counts)
	require.LessOrEqual(t, after.goroutines, before.goroutines)
	require.LessOrEqual(t, after.mappings, before.mappings+mappingSlack, "library instances or guest memory left open")
	require.LessOrEqual(t, after.residentMB, before.residentMB+residentSlackMB)
}

// builtIn runs a built-in one to its end.
func builtIn(t *testing.T, rng *rand.Rand) {
	r := open(t, rng)
	defer r.Close()
	ctx, cancel := bounded()
	defer cancel()
	finished(t, r.Finish(ctx, nil))
}

// schedule runs a built-in one in random order.
func schedule(t *testing.T, rng *rand.Rand) {
	r := open(t, rng)
	defer r.Close()
	s := &sched.Random{Seed: rng.Uint64()}
	s.Begin(0)
	ctx, cancel := bounded()
	defer cancel()
	finished(t, r.Follow(ctx, s, func(*emu.Event) {}))
}

// open opens a random scenario under a random engine.
func open(t *testing.T, rng *rand.Rand) *scenario.Run {
	t.Helper()
	names := scenario.Names()
	engines := engines.Names(engines.Kernel)
	for {
		f, err := scenario.Load(names[rng.IntN(len(names))])
		require.NoError(t, err)
		o := scenario.Options{Engine: engines[rng.IntN(len(engines))], Direct: rng.IntN(2) == 0}
		r, err := scenario.Open(context.Background(), f, o)
		if err == nil {
			return r
		}
		// not every scenario can be put under every engine
	}
}

// bounded is a context for a run that may go round for ever.
func bounded() (context.Context, context.CancelFunc) {
	const longest = 2 * time.Second
	return context.WithTimeout(context.Background(), longest)
}

func finished(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, scenario.ErrTime) {
		require.NoError(t, err)
	}
}

// probed runs a generated sequence under engine none, and with all instructions probed.
func probed(t *testing.T, rng *rand.Rand) {
	mode := silicon.Modes[rng.IntN(len(silicon.Modes))]
	g := generate.New(generate.Config{Mode: mode, Seed: rng.Uint64(), Groups: generate.AllGroups})
	p := g.Sequence(rng.Uint64() % uint64(g.Forms())).Program
	run := func(engine string, probes []uint64) *transparent.Result {
		r, err := transparent.NewRig(p, transparent.Config{Engine: engine, Direct: rng.IntN(2) == 0 && engine != "none", Probes: probes})
		require.NoError(t, err)
		defer r.Close()
		res, err := r.Run(probes...)
		require.NoError(t, err)
		return res
	}
	run("2002", run("none", nil).Addresses())
}

// guestBytes tries some arbitrary code.
func guestBytes(t *testing.T, rng *rand.Rand) {
	const cases = 200
	mode := silicon.Modes[rng.IntN(len(silicon.Modes))]
	m, err := fuzz.NewMachine(mode, []int{0, 3}[rng.IntN(2)])
	require.NoError(t, err)
	defer m.Close()
	source := fuzz.NewSource(mode, rng.Uint64())
	for range cases {
		require.NoError(t, m.Do(source.Next()))
	}
}

// snapshots goes back and forth in a scenario.
func snapshots(t *testing.T, rng *rand.Rand) {
	const rounds, steps, kept = 20, 200, 8
	r := open(t, rng)
	defer r.Close()
	saved := []*emu.Snapshot{r.Machine.Snapshot()}
	for range rounds {
		r.Machine.Restore(saved[rng.IntN(len(saved))])
		for range rng.IntN(steps) {
			cpu, ok := r.Next()
			if !ok {
				break
			}
			r.Step(cpu)
		}
		require.NoError(t, r.Machine.Err())
		if len(saved) < kept {
			saved = append(saved, r.Machine.Snapshot())
		}
	}
}

// usage is what the process holds.
type usage struct {
	goroutines int
	mappings   int // lines of /proc/self/maps: each library instance and each guest memory has its own
	residentMB int
}

const (
	mappingSlack    = 64 // the Go heap and malloc arenas map now and then
	residentSlackMB = 96 // freed memory that malloc and the Go heap keep
)

func measure(t *testing.T) usage {
	t.Helper()
	runtime.GC()
	runtime.GC()
	return usage{runtime.NumGoroutine(), mappings(t), residentMB(t)}
}
