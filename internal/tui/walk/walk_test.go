package walk

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

func open(t testing.TB, name string, o Options) *Walk {
	t.Helper()
	f, err := scenario.Load(name)
	require.NoError(t, err)
	w, err := Open(t.Context(), f, o)
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

func seen(t testing.TB, w *Walk) string {
	t.Helper()
	b, err := json.Marshal(w.Moment(Look{CPU: -1, Code: 12, Stack: 24}))
	require.NoError(t, err)
	return string(b)
}

// What is shown of a moment depends on the moment alone, not on the way there.
func TestAMomentIsTheSameFromEitherSide(t *testing.T) {
	for _, name := range []string{"first-probe", "reentry-lost", "fault-in-step", "x86-64-first-probe", "smp-missed-probe"} {
		t.Run(name, func(t *testing.T) {
			w := open(t, name, Options{Record: DefaultRecord})
			want := map[uint64]string{}
			for w.At() < w.End() {
				want[w.At()] = seen(t, w)
				_, err := w.Forward(t.Context(), 1)
				require.NoError(t, err)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			for range 200 {
				at := rng.Uint64N(w.End())
				require.NoError(t, w.Goto(t.Context(), at))
				require.True(t, want[at] == seen(t, w), "moment %d", at) // the texts are long
				require.True(t, want[at] == seen(t, w), "moment %d, looked at twice", at)
			}
		})
	}
}

// K4, K5: the diagram's states come in the order of a hit, whatever the engine.
func TestTheStatesOfAHitComeInOrder(t *testing.T) {
	for _, engine := range []string{"2002", "2005", "modern"} {
		t.Run(engine, func(t *testing.T) {
			w := open(t, "first-probe", Options{Options: scenario.Options{Engine: engine}})
			var order []Phase
			last := Away
			for {
				n, err := w.Forward(t.Context(), 1)
				require.NoError(t, err)
				if n == 0 {
					break
				}
				if p := w.trail.phase[0]; p != last {
					order, last = append(order, p), p
				}
			}
			require.Equal(t, []Phase{Trapped, HitActive, HitSS, HitSSDone, Away}, order)
		})
	}
}

func TestMarksOfALostProbe(t *testing.T) {
	w := open(t, "reentry-lost", Options{Record: DefaultRecord})
	found, err := w.ToMark(t.Context(), record.Forward, Missed)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "lookup", w.Place(w.Event().PC))
	found, err = w.ToMark(t.Context(), record.Forward, Violated)
	require.NoError(t, err)
	require.True(t, found, "no-lost-rearm, at the end")
	found, err = w.ToMark(t.Context(), record.Forward, Violated)
	require.NoError(t, err)
	require.False(t, found)
}

// A frame's words have their names, and what is behind the frame has none.
func TestTheStackNamesTheTrapFrame(t *testing.T) {
	w := open(t, "first-probe", Options{})
	require.NoError(t, w.To(t.Context(), record.Forward, func(ev *emu.Event) bool { return ev.Delivery != nil }))
	l := w.Moment(Look{CPU: -1, Code: 8, Stack: 5}).Stack
	var fields []string
	for _, x := range l {
		fields = append(fields, x.Field)
	}
	require.Equal(t, []string{"eip", "xcs", "eflags", "", ""}, fields)
	require.Equal(t, "target+0x1", l[0].Means)
	require.True(t, l[0].Changed)
}

func TestARecordingGoesToAnotherMachine(t *testing.T) {
	w := open(t, "smp-missed-probe", Options{})
	var s sched.Schedule
	s.Append(1, 40)
	s.Append(0, 7)
	require.NoError(t, w.Follow(t.Context(), s))
	require.NoError(t, w.Record(t.Context(), DefaultRecord))
	f, err := w.Recording(t.Context(), "test")
	require.NoError(t, err)
	data, err := f.Encode()
	require.NoError(t, err)
	back, err := Decode(data)
	require.NoError(t, err)
	again, err := Replay(t.Context(), back, emu.DefaultProcessor)
	require.NoError(t, err)
	defer again.Close()
	require.Zero(t, again.At())
	require.Equal(t, w.End(), again.End())
	cpu, _ := again.Turn()
	require.Equal(t, 1, cpu)
}

// In direct mode every micro-step is at one place, which has no name of its own:
// what comes next is not known from what came before.
func TestDirectModeNamesNoMicroStepAhead(t *testing.T) {
	w := open(t, "first-probe", Options{Options: scenario.Options{Direct: true}, Record: DefaultRecord})
	require.NoError(t, w.To(t.Context(), record.Forward, func(ev *emu.Event) bool { return ev.Micro != nil }))
	require.Equal(t, "direct_step", w.Moment(Look{CPU: 0, Code: 4}).CPUs[0].At)
	require.Empty(t, w.Moment(Look{CPU: 0, Code: 4}).Code[0].Micro)
}
