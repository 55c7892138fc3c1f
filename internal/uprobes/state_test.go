package uprobes_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
)

// walk is what steps show: their events, and the state after each some of them.
type walk struct {
	events []*emu.Event
	hashes []uint64
	trace  string
	out    string
	end    bool
}

// walk makes up to n steps of vCPUs that rng picks.
func (r *running) walk(rng *rand.Rand, n int) (w walk) {
	for i := range n {
		if _, ok := r.Next(); !ok {
			w.end = true
			break
		}
		id := rng.IntN(len(r.Machine().CPUs))
		for !r.CanStep(id) {
			id = (id + 1) % len(r.Machine().CPUs)
		}
		ev := r.Step(id)
		w.events = append(w.events, ev.Clone())
		if i%101 == 0 {
			w.hashes = append(w.hashes, r.Machine().Hash(true))
		}
	}
	w.hashes = append(w.hashes, r.Machine().Hash(true))
	stdout, _, _, _ := r.Output()
	w.trace, w.out = r.session.Lines(), string(stdout)
	return w
}

// same compares two walks by what a reader of events can see.
func same(t *testing.T, want, got walk) {
	t.Helper()
	require.Equal(t, want.hashes, got.hashes)
	require.Equal(t, want.trace, got.trace)
	require.Equal(t, want.out, got.out)
	require.Equal(t, len(want.events), len(got.events))
	for i := range want.events {
		w, g := *want.events[i], *got.events[i]
		if !equal(&w, &g) {
			require.EqualExportedValues(t, w, g, "step %d", i)
			require.Fail(t, "events differ", "step %d", i)
		}
	}
}

// equal compares events, in the fields that differ first.
func equal(a, b *emu.Event) bool {
	return a.Seq == b.Seq && a.Kind == b.Kind && a.PC == b.PC && a.CPU == b.CPU && a.Before == b.Before && a.After == b.After &&
		slices.Equal(a.Writes, b.Writes) && slices.Equal(a.Reads, b.Reads) && slices.Equal(a.Notes, b.Notes) &&
		bytes.Equal(a.Bytes, b.Bytes) && reflect.DeepEqual(a.Micro, b.Micro) && reflect.DeepEqual(a.Delivery, b.Delivery) &&
		reflect.DeepEqual(a.Raised, b.Raised)
}

// Back and on again gives the same steps and states, wherever one goes back from and to; what the program writes goes
// out once.
func TestBackAndOnAgain(t *testing.T) {
	eachProgram(t, func(t *testing.T, p program) {
		rng := rand.New(rand.NewPCG(1, 2))
		piece := p.steps(t) / 4
		r := p.start(t)
		m := r.Machine()
		for round := range 3 {
			r.walk(rng, rng.IntN(2*piece))
			s := m.Snapshot()
			before := m.Hash(true)
			seed := uint64(round)
			n := rng.IntN(piece)
			once := r.walk(rand.New(rand.NewPCG(seed, 0)), n)
			r.walk(rng, rng.IntN(piece))
			m.Restore(s)
			require.Equal(t, before, m.Hash(true))
			same(t, once, r.walk(rand.New(rand.NewPCG(seed, 0)), n))
		}
		for r.Step(0) != nil || r.walk(rng, 1000).events != nil {
		}
		require.NoError(t, m.Err())
		stdout, stderr, _, _ := r.Output()
		require.Equal(t, len(stdout)+len(stderr), r.out.Len(), "each byte went out once")
	})
}

// steps is how many the program takes.
func (p program) steps(t *testing.T) (n int) {
	r := p.start(t)
	for id, ok := r.Next(); ok; id, ok = r.Next() {
		r.Step(id)
		n++
	}
	return n
}

// A kernel made in the same way and stepped the same has the same hashes.
func TestHashesOfTwoKernels(t *testing.T) {
	eachProgram(t, func(t *testing.T, p program) {
		a, b := p.start(t), p.start(t)
		for range 5 {
			same(t, a.walk(rand.New(rand.NewPCG(3, 4)), 2000), b.walk(rand.New(rand.NewPCG(3, 4)), 2000))
		}
	})
}

func BenchmarkStep(b *testing.B) {
	p := program{args: []string{find(b, "beh"), "fib", "20"}, events: []string{"p PROG:0x17d1"}}
	r := p.start(b)
	for b.Loop() {
		if r.Step(0) == nil {
			r = p.start(b)
		}
	}
}

// BenchmarkSnapshot takes a snapshot, makes 100 steps, and goes back.
func BenchmarkSnapshot(b *testing.B) {
	for _, p := range programs {
		if p.name != "steps" && p.name != "threads" {
			continue
		}
		b.Run(p.name, func(b *testing.B) {
			p.args = append([]string{find(b, p.args[0])}, p.args[1:]...)
			r := p.start(b)
			r.walk(rand.New(rand.NewPCG(1, 2)), 3000)
			bytes := 0
			for b.Loop() {
				s := r.Machine().Snapshot()
				bytes += s.Bytes()
				for range 100 {
					r.Step(0)
				}
				r.Machine().Restore(s)
			}
			b.ReportMetric(float64(bytes)/float64(b.N), "bytes/snapshot")
		})
	}
}
