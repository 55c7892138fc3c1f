package walk

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/emu"
	"trapline/internal/record"
	"trapline/internal/scenario"
)

// programs are scenarios of Linux programs: one thread, return probes, two
// processes, two threads in place, signals, a copy on the stack.
var programs = []string{"xol-slot", "uretprobe", "cow-two-processes", "threads-inline-miss", "signal-during-step", "stack-xol-as-coded"}

// What is shown of a moment of a program depends on the moment alone: by any
// way to it, over branches too, it is the same.
func TestAMomentOfAProgramIsTheSameByAnyWay(t *testing.T) {
	for _, name := range programs {
		t.Run(name, func(t *testing.T) {
			w := open(t, name, Options{Record: DefaultRecord})
			var want []string
			for {
				want = append(want, fmt.Sprintf("%016x %s", w.Hash(), seen(t, w)))
				if n, err := w.Forward(t.Context(), 1); n == 0 || w.At() == w.End() {
					require.NoError(t, err)
					break
				}
			}
			rapid.Check(t, func(rt *rapid.T) {
				at := rapid.Uint64Range(0, uint64(len(want)-1)).Draw(rt, "moment")
				if rapid.Bool().Draw(rt, "one back") && at > 0 {
					require.NoError(rt, w.Goto(t.Context(), at+1))
					require.NoError(rt, w.Back(t.Context(), 1))
				} else {
					require.NoError(rt, w.Goto(t.Context(), at))
				}
				if cpu := rapid.IntRange(0, len(w.Run.Machine.CPUs)-1).Draw(rt, "cpu"); w.Run.Can(cpu) {
					require.NoError(rt, w.Take(cpu))
					_, err := w.Forward(t.Context(), rapid.Uint64Range(0, 20).Draw(rt, "steps"))
					require.NoError(rt, err)
					if w.Line().ID != 0 {
						require.NoError(rt, w.Return(t.Context()))
					}
					require.NoError(rt, w.Goto(t.Context(), at))
				}
				require.True(rt, want[at] == fmt.Sprintf("%016x %s", w.Hash(), seen(t, w)), "moment %d", at)
			})
		})
	}
}

// U3, U5, U6: the stages of a hit come in order.
func TestTheStagesOfAUprobesHitComeInOrder(t *testing.T) {
	for engine, order := range map[string][]Phase{
		"uprobes":        {Trapped, HitActive, Preparing, HitSS, HitSSDone, Away},
		"uprobes-2005":   {Trapped, HitActive, Preparing, HitSS, HitSSDone, Away},
		"uprobes-inline": {Trapped, HitActive, Preparing, HitSS, HitSSDone, Away},
	} {
		t.Run(engine, func(t *testing.T) {
			w := open(t, "xol-slot", Options{Options: scenario.Options{Engine: engine}})
			var got []Phase
			last := Away
			for len(got) < len(order) {
				n, err := w.Forward(t.Context(), 1)
				require.NoError(t, err)
				require.NotZero(t, n)
				if p := w.Moment(Look{}).CPUs[0].Phase; p != last {
					got, last = append(got, p), p
				}
			}
			require.Equal(t, order, got)
		})
	}
}

// A move over a trap ends at the program's own code, not in a slot.
func TestOverAUprobesTrap(t *testing.T) {
	w := open(t, "xol-slot", Options{})
	for range 20 {
		require.NoError(t, w.To(t.Context(), record.Forward, w.Own))
		require.NotContains(t, w.Place(w.Event().PC), "xol_slot")
	}
}

// The stack has no trap frame: the kernel under a program is Go.
func TestAProgramsMomentHasProcessesInPlaceOfGates(t *testing.T) {
	w := open(t, "cow-two-processes", Options{Record: DefaultRecord})
	most := 0
	for w.At() < w.End() {
		require.NoError(t, w.To(t.Context(), record.Forward, func(*emu.Event) bool { return true }))
		m := w.Moment(Look{CPU: -1, Code: 4, Stack: 4})
		require.NotEmpty(t, m.Processes)
		require.Empty(t, m.Gates)
		most = max(most, len(m.Processes))
	}
	require.Equal(t, 2, most)
}

// The code panel's present instruction: where the thread is, its copy, or the
// breakpoint that it has just run.
func TestWhereAProgramsThreadStands(t *testing.T) {
	w := open(t, "xol-slot", Options{Record: DefaultRecord})
	for w.At() < w.End() {
		require.NoError(t, w.To(t.Context(), record.Forward, func(*emu.Event) bool { return true }))
		m := w.Moment(Look{CPU: -1, Code: 8, Stack: 1})
		if m.CPUs[0].Thread == 0 {
			continue
		}
		here := ""
		for _, l := range m.Code {
			if l.Here {
				require.Empty(t, here, "one at moment %d", w.At())
				here = l.At
			}
		}
		if m.CPUs[0].Phase == Trapped {
			require.Equal(t, m.Step.At, here)
			continue
		}
		require.Equal(t, m.CPUs[0].At, here, "moment %d", w.At())
	}
}

// U8, U12, U13, K5: the ways aside are told from the usual one.
func TestTheWaysAsideOfAUserHit(t *testing.T) {
	for _, x := range []struct {
		scenario, engine string
		phase            Phase
	}{
		{"branch-emulation", "uprobes", Emulating},
		{"uretprobe", "uprobes", Trampoline},
		{"signal-during-step", "uprobes", Faulted},
		{"threads-inline-miss", "uprobes-inline", Waiting},
	} {
		w := open(t, x.scenario, Options{Options: scenario.Options{Engine: x.engine}, Record: DefaultRecord})
		seen := map[Phase]bool{}
		for w.At() < w.End() {
			_, err := w.Forward(t.Context(), 1)
			require.NoError(t, err)
			for _, p := range w.Moment(Look{}).Processes {
				for _, thread := range p.Threads {
					seen[thread.Phase] = true
				}
			}
		}
		require.True(t, seen[x.phase], "%s", x.scenario)
	}
}

// A signal's frame has its words' names as long as it is on the stack.
func TestTheStackNamesTheSignalFrame(t *testing.T) {
	w := open(t, "signal-during-step", Options{Record: DefaultRecord})
	find := func(micro string) *Moment {
		require.NoError(t, w.To(t.Context(), record.Forward, func(ev *emu.Event) bool { return ev.Micro != nil && ev.Micro.Name == micro }))
		return w.Moment(Look{CPU: -1, Stack: 30})
	}
	m := find("setup_rt_frame")
	require.Equal(t, "pretcode", m.Stack[0].Field)
	require.Equal(t, "restorer", m.Stack[0].Means)
	require.Equal(t, "rip", m.Stack[22].Field)
	at := w.At()
	require.NoError(t, w.To(t.Context(), record.Forward, func(*emu.Event) bool { return len(w.trail.signals) == 0 }))
	require.Greater(t, w.At(), at)
	require.Less(t, w.At(), w.End(), "gone with rt_sigreturn")
	require.Empty(t, w.Moment(Look{CPU: -1, Stack: 30}).Stack[0].Field)
}
