package record_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/record"
	"trapline/internal/scenario"
)

// takeAtRandom makes up to n steps of actors picked at random: vCPUs, and
// interrupts that are raised.
func takeAtRandom(t require.TestingT, r *scenario.Run, l *record.Timeline, rng *rand.Rand, n int) {
	for range n {
		if _, ok := r.Next(); !ok {
			return
		}
		actor := rng.IntN(r.Actors())
		for !r.Can(actor) {
			actor = (actor + 1) % r.Actors()
		}
		require.NoError(t, l.Take(actor))
	}
}

// kernelScenarios are the built-in ones without a Linux program.
func kernelScenarios(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, name := range scenario.Names() {
		f, err := scenario.Load(name)
		require.NoError(t, err)
		if f.Linux == nil {
			names = append(names, name)
		}
	}
	return names
}

// openDrawn opens a drawn scenario under a drawn engine.
func openDrawn(t *testing.T, rt *rapid.T, names []string) (*scenario.Run, *record.Timeline) {
	name := rapid.SampledFrom(names).Draw(rt, "scenario")
	engine := rapid.SampledFrom(engines.Names(engines.Kernel)).Draw(rt, "engine")
	f, err := scenario.Load(name)
	require.NoError(rt, err)
	r, err := scenario.Open(t.Context(), f, scenario.Options{Engine: engine, Scheduled: true})
	if err != nil {
		rt.Skip(err) // not every engine takes every scenario
	}
	return r, record.New(r.Machine, r, record.Options{Actors: r.Actors()})
}

// Back is exact: whatever the scenario, schedule and engine, going back and on
// again gives the state that was there.
func TestBackAndForwardGiveEqualStates(t *testing.T) {
	names := kernelScenarios(t)
	rapid.Check(t, func(rt *rapid.T) {
		r, l := openDrawn(t, rt, names)
		defer r.Close()
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "schedule"), 0))
		takeAtRandom(rt, r, l, rng, rapid.IntRange(1, 2000).Draw(rt, "n"))
		end := l.At()
		want := map[uint64]uint64{end: l.Hash()}
		for range 4 {
			m := rapid.Uint64Range(0, end).Draw(rt, "m")
			require.NoError(rt, l.Back(t.Context(), m))
			require.Equal(rt, end-m, l.At())
			if h, seen := want[l.At()]; seen {
				require.Equal(rt, h, l.Hash())
			}
			want[l.At()] = l.Hash()
			n, err := l.Forward(t.Context(), m)
			require.NoError(rt, err)
			require.Equal(rt, m, n)
			require.Equal(rt, want[end], l.Hash())
		}
	})
}

func TestTheEventOfAMomentIsTheStepThatLedThere(t *testing.T) {
	_, l := open(t, "first-probe", "")
	require.Nil(t, l.Event())
	require.NoError(t, l.Goto(t.Context(), 10))
	kind, pc := l.Event().Kind, l.Event().PC
	require.NoError(t, l.Goto(t.Context(), 200))
	require.NoError(t, l.Goto(t.Context(), 10))
	require.Equal(t, uint64(9), l.Event().Seq)
	require.Equal(t, kind, l.Event().Kind)
	require.Equal(t, pc, l.Event().PC)
}

func TestARunThatIsOverGoesNoFurther(t *testing.T) {
	_, l := open(t, "first-probe", "")
	require.NoError(t, l.Goto(t.Context(), 1<<20))
	end := l.At()
	_, more := l.Turn()
	require.False(t, more)
	require.ErrorIs(t, l.Take(0), record.ErrOver)
	require.NoError(t, l.Back(t.Context(), end))
	require.Zero(t, l.At())
	require.Equal(t, end, l.End(), "the recording stays")
}

// A watchpoint run backwards stops at the last writer.
func TestSearchBackStopsAtTheLastWriter(t *testing.T) {
	r, l := open(t, "first-probe", "")
	target, ok := r.Names().Symbols.Lookup("target")
	require.True(t, ok)
	writes := func(ev *emu.Event) bool {
		for _, w := range ev.Writes {
			if w.Addr <= target.Addr && target.Addr < w.Addr+uint64(w.Size) {
				return true
			}
		}
		return false
	}
	require.NoError(t, l.Goto(t.Context(), 1<<20))
	found, err := l.Search(t.Context(), record.Backward, writes)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "write_breakpoint", l.Event().Micro.Name, "armed again (K5)")
	found, err = l.Search(t.Context(), record.Backward, writes)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "restore_opcode", l.Event().Micro.Name, "taken out for the step (K4)")
	at := l.At()
	found, err = l.Search(t.Context(), record.Backward, writes)
	require.NoError(t, err)
	require.False(t, found)
	require.Equal(t, at, l.At(), "nothing found: stays")
	found, err = l.Search(t.Context(), record.Forward, writes)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "write_breakpoint", l.Event().Micro.Name)
}

func TestSearchBackIsTheMirrorOfSearchForward(t *testing.T) {
	_, l := open(t, "rep-and-tf", "")
	traps := func(ev *emu.Event) bool { return ev.Delivery != nil }
	var on, back []uint64
	for {
		found, err := l.Search(t.Context(), record.Forward, traps)
		require.NoError(t, err)
		if !found {
			break
		}
		on = append([]uint64{l.At()}, on...)
	}
	require.NotEmpty(t, on)
	require.NoError(t, l.Goto(t.Context(), l.End()))
	for {
		found, err := l.Search(t.Context(), record.Backward, traps)
		require.NoError(t, err)
		if !found {
			break
		}
		back = append(back, l.At())
	}
	require.Equal(t, on, back)
}

// The same for any byte that a run writes, at any moment of any scenario: the
// search backwards agrees with a list of the writers made on the way forwards.
func TestSearchBackStopsAtTheLastWriterAnywhere(t *testing.T) {
	names := kernelScenarios(t)
	rapid.Check(t, func(rt *rapid.T) {
		r, l := openDrawn(t, rt, names)
		defer r.Close()
		n := rapid.IntRange(1, 600).Draw(rt, "n")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "schedule"), 0))
		writers := map[uint64][]uint64{} // moments behind a write, by address of its first byte
		var addrs []uint64
		for range n {
			before := l.At()
			takeAtRandom(rt, r, l, rng, 1)
			if l.At() == before {
				break
			}
			for _, w := range l.Event().Writes {
				if writers[w.Addr] == nil {
					addrs = append(addrs, w.Addr)
				}
				if list := writers[w.Addr]; len(list) == 0 || list[len(list)-1] != l.At() {
					writers[w.Addr] = append(list, l.At())
				}
			}
		}
		if len(addrs) == 0 {
			return
		}
		addr := rapid.SampledFrom(addrs).Draw(rt, "addr")
		from := rapid.Uint64Range(0, l.At()).Draw(rt, "from")
		var want uint64
		for _, at := range writers[addr] {
			if at < from {
				want = at
			}
		}
		require.NoError(rt, l.Goto(t.Context(), from))
		found, err := l.Search(t.Context(), record.Backward, func(ev *emu.Event) bool {
			return slices.ContainsFunc(ev.Writes, func(w emu.MemWrite) bool { return w.Addr == addr })
		})
		require.NoError(rt, err)
		require.Equal(rt, want > 0, found)
		if found {
			require.Equal(rt, want, l.At())
		} else {
			require.Equal(rt, from, l.At())
		}
	})
}
