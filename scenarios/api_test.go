package scenarios_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/scenario"
	"trapline/scenarios"
)

func opened(t *testing.T, f *scenarios.File, o scenarios.Options) *scenarios.Run {
	t.Helper()
	r, err := scenarios.Open(t.Context(), f, o)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r
}

// TestEventsOfAProperty: they have no texts and no lock's value, whoever runs the
// property; those of a run have.
func TestEventsOfAProperty(t *testing.T) {
	f := load("smp-missed-probe")
	require.NoError(t, f.Check(scenarios.Property{Name: "texts", Step: func(_ *scenarios.View, ev *scenarios.Event) string {
		data, err := json.Marshal(ev)
		if err != nil || string(data) != "null" || ev.Text() != "" || ev.String() != "" || ev.Kind() == scenarios.Spin {
			return ev.Place()
		}
		for _, n := range ev.Notes() {
			if n.Text != "" {
				return n.Text
			}
		}
		return ""
	}}))
	var locks int
	require.NoError(t, f.Check(scenarios.Property{Name: "locks", Step: func(v *scenarios.View, ev *scenarios.Event) string {
		at, err := v.Eval("kprobe_lock")
		for _, a := range ev.Reads() {
			if ev.Work() != "" && err == nil && a.Addr == at {
				return "the lock's word is read"
			}
		}
		return ""
	}}))
	r := opened(t, f, scenarios.Options{Direct: true})
	at, err := r.Eval(0, "kprobe_lock")
	require.NoError(t, err)
	texts, notes := 0, 0
	require.NoError(t, r.Finish(t.Context(), func(ev *scenarios.Event) {
		for _, a := range ev.Reads() {
			if a.Addr == at {
				locks++
			}
		}
		texts += len(ev.Text()) + len(ev.String())
		for _, n := range ev.Notes() {
			notes += len(n.Text)
		}
	}))
	require.Empty(t, r.Violations())
	require.Positive(t, texts)
	require.Positive(t, notes)
	require.Positive(t, locks, "a run's own events have the lock")
	x, err := scenarios.Search{Engine: "2005"}.Do(t.Context(), f)
	require.NoError(t, err)
	require.True(t, x.Exhausted, x.Verdict)
}

// TestSchedulesOfOthers: a schedule decides alone, and only where it belongs.
func TestSchedulesOfOthers(t *testing.T) {
	f := load("smp-missed-probe")
	x, err := scenarios.Search{}.Do(t.Context(), f)
	require.NoError(t, err)
	r := opened(t, f, x.Found.Options)
	require.ErrorIs(t, r.StepCPU(0), scenarios.ErrNotNow)
	told := uint64(0)
	for r.Step() {
		told++
	}
	require.NoError(t, r.Err())
	require.Equal(t, told, r.Steps())
	require.Equal(t, x.Found.Violations, r.Violations())
	require.Equal(t, x.Found.Violation, r.Violations()[0])
	require.Len(t, r.Failures(), 1)
	require.True(t, strings.HasPrefix(r.Failures()[0], f.Name()+":"), "%q", r.Failures())
	for _, o := range []scenarios.Options{{Schedule: x.Found.Schedule, Engine: "2005"}, {Schedule: "t2.000000.0x1"}, {Schedule: "x"}} {
		_, err = scenarios.Open(t.Context(), f, o)
		require.ErrorIs(t, err, scenarios.ErrBadSchedule)
	}
	require.NoError(t, f.Handle("entry", "pre", func(*scenarios.Hit) {}))
	_, err = scenarios.Open(t.Context(), f, x.Found.Options)
	require.ErrorIs(t, err, scenarios.ErrBadSchedule)
}

// TestRunsThatAreStopped: by their time, and whether they are told or not.
func TestRunsThatAreStopped(t *testing.T) {
	f, err := scenarios.LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(
		"A loop that goes on for ever\n-- machine --\nsteps 100000000\n-- text.S --\nl:\tincl n\n\tjmp l\n\t.data\nn:\t.long 0\n-- tasks --\ncpu 0 at l\n")}}, "s.txtar")
	require.NoError(t, err)
	for _, see := range []func(*scenarios.Event){nil, func(*scenarios.Event) {}} {
		ctx, cancel := context.WithCancel(t.Context())
		r := opened(t, f, scenarios.Options{})
		cancel()
		require.ErrorIs(t, r.Finish(ctx, see), scenarios.ErrStopped)
	}
}

// program is a Linux program with a probe that has handlers in Go.
const program = `A Linux program whose probe has handlers in Go

-- machine --
arch x86_64
-- linux --
-- text.S --
	.globl _start, f
	.type f, @function
_start:	movl $3, %edi
	call f
	movl %eax, %edi
	movl $60, %eax
	syscall
f:	leal 1(%rdi), %eax
	ret
-- probes --
p at f
`

// TestHandlersOfAProgram: at a hit, and when the function returns.
func TestHandlersOfAProgram(t *testing.T) {
	f, err := scenarios.LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(program)}}, "s.txtar")
	require.NoError(t, err)
	require.Equal(t, []string{"p"}, f.Probes())
	var seen []string
	for _, kind := range []string{"pre", "ret"} {
		require.NoError(t, f.Handle("p", kind, func(h *scenarios.Hit) {
			seen = append(seen, h.Probe()+" "+h.Kind())
			place := map[string]string{"pre": "%rdi", "ret": "%rax"}[h.Kind()]
			n, err := h.Eval(place)
			require.NoError(t, err)
			require.NoError(t, h.Set(place, n+10))
			require.ErrorContains(t, h.Set("1+1", 1), "no place")
			require.Zero(t, h.CPU())
		}))
	}
	require.Error(t, f.Handle("p", "post", func(*scenarios.Hit) {}))
	r := opened(t, f, scenarios.Options{})
	require.NoError(t, r.Finish(t.Context(), nil))
	require.Equal(t, []string{"p pre", "p ret"}, seen)
	require.Contains(t, r.Exit(), "24")
}

// TestWhatFilesAndRunsTell: each from where it is.
func TestWhatFilesAndRunsTell(t *testing.T) {
	require.Contains(t, scenarios.Names(), "events-first")
	f := load("events-first")
	require.Equal(t, "lessons/events-first"+scenarios.Ext, f.Name())
	require.Contains(t, string(f.Bytes()), f.Title())
	require.Equal(t, 1, f.CPUs())
	require.Contains(t, f.Engines(), f.Engine())
	r := opened(t, f, scenarios.Options{Engine: "2005"})
	require.Equal(t, "2005", r.Engine())
	require.Nil(t, r.Event())
	require.NoError(t, r.Finish(t.Context(), nil))
	require.NotEmpty(t, r.Trace())
	require.Empty(t, r.Output()+r.Exit())
	_, err := r.Eval(7, "%eax")
	require.ErrorContains(t, err, "no cpu 7")
	_, err = r.Eval(0, "nowhere")
	require.ErrorContains(t, err, "nowhere")
	require.Zero(t, r.Read(0, 0, make([]byte, 1)))

	_, err = scenarios.Load("no-such-scenario")
	require.ErrorIs(t, err, scenarios.ErrNotFound)
	_, err = scenarios.Search{Lines: true}.Do(t.Context(), f)
	require.Error(t, err)
}

// TestDefaultsOfASearch: the numbers of Search's documentation.
func TestDefaultsOfASearch(t *testing.T) {
	require.EqualValues(t, 3, scenario.DefaultPCTDepth)
	require.EqualValues(t, 10_000, explore.DefaultExecutions)
	require.EqualValues(t, 8_388_608, explore.DefaultStates)
	require.EqualValues(t, 2<<30, explore.DefaultMemory)
}

// TestBoundsOfASearch: what a bound leaves out, the verdict says.
func TestBoundsOfASearch(t *testing.T) {
	f := load("smp-missed-probe")
	x, err := scenarios.Search{Preemptions: scenarios.AtMost(0)}.Do(t.Context(), f)
	require.NoError(t, err)
	require.True(t, x.Exhausted, x.Verdict)
	require.Contains(t, x.Verdict, "at most 0 preemptions")
	x, err = scenarios.Search{Engine: "2005", States: 1}.Do(t.Context(), f)
	require.NoError(t, err)
	require.False(t, x.Exhausted, x.Verdict)
	for _, s := range []scenarios.Strategy{scenarios.PCT, scenarios.Random} {
		x, err = scenarios.Search{Strategy: s, Executions: 200, Seed: 1}.Do(t.Context(), f)
		require.NoError(t, err)
		require.False(t, x.Exhausted, "random schedules cover nothing")
		require.LessOrEqual(t, x.Schedules, uint64(200))
		require.Positive(t, x.Schedules)
	}
}

// faulting is a scenario whose probed instruction faults.
const faulting = `A probed load from nowhere, whose fault handler is in Go

-- machine --
arch i386
engine modern
-- text.S --
main:	xorl %ecx, %ecx
target:	movl (%ecx), %eax
	ret
	.data
seven:	.long 7
-- probes --
p at target
-- tasks --
cpu 0 at main
-- check --
no-unhandled-trap
`

// TestAFaultHandlerThatReturns: 1 says that it has handled the fault, and the
// instruction is tried again.
func TestAFaultHandlerThatReturns(t *testing.T) {
	for result := range uint64(2) {
		f, err := scenarios.LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(faulting)}}, "s.txtar")
		require.NoError(t, err)
		require.NoError(t, f.Handle("p", "fault", func(h *scenarios.Hit) {
			seven, err := h.Eval("seven")
			require.NoError(t, err)
			require.NoError(t, h.Set("%ecx", seven))
			h.Return(result)
		}))
		r := opened(t, f, scenarios.Options{Engine: "2005"})
		require.NoError(t, r.Finish(t.Context(), nil))
		eax, err := r.Eval(0, "%eax")
		require.NoError(t, err)
		require.Equal(t, result == 1, eax == 7)
		require.Equal(t, result == 1, len(r.Violations()) == 0, "%v", r.Violations())
	}
}

// TestSetRefusals: a place that is none, a vCPU that is none, and a run that is over or
// follows a schedule.
func TestSetRefusals(t *testing.T) {
	f := load("smp-missed-probe")
	r := opened(t, f, scenarios.Options{})
	require.ErrorContains(t, r.Set(7, "%eax", 1), "no cpu 7")
	require.ErrorContains(t, r.Set(0, "%eax@7", 1), "no cpu 7")
	require.ErrorContains(t, r.Set(0, "1+1", 1), "no place")
	require.ErrorContains(t, r.Set(0, "u32[0]", 1), "no memory")
	require.ErrorContains(t, r.Set(0, "u32[nowhere]", 1), "nowhere")
	require.NoError(t, r.Set(0, "%eax@1", 1<<32+5))
	require.NoError(t, r.Set(1, "%CF", 1))
	require.NoError(t, r.Set(0, "u8[target]", 0xc3))
	for place, want := range map[string]uint64{"%eax@1": 5, "%CF@1": 1, "%CF@0": 0, "u8[target]": 0xc3} {
		v, err := r.Eval(0, place)
		require.NoError(t, err)
		require.Equal(t, want, v, place)
	}
	require.NoError(t, r.Finish(t.Context(), nil))
	require.ErrorIs(t, r.Set(0, "%eax", 1), scenarios.ErrNotNow)

	x, err := scenarios.Search{}.Do(t.Context(), f)
	require.NoError(t, err)
	require.ErrorIs(t, opened(t, f, x.Found.Options).Set(0, "%eax", 1), scenarios.ErrNotNow)
}

// TestAChangedRunIsNotTheFiles: what the file expects to be violated is expected no more.
func TestAChangedRunIsNotTheFiles(t *testing.T) {
	const text = "A run that violates what it is expected to\n-- machine --\narch i386\n-- text.S --\nmain:\tmovl %ecx, n\n\tret\n\t.data\nn:\t.long 0\n" +
		"-- tasks --\ncpu 0 at main\n-- check --\nfinally set: u32[n]\n-- expect --\nset\n"
	for value, failures := range []int{1, 0} {
		f, err := scenarios.LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(text)}}, "s.txtar")
		require.NoError(t, err)
		r := opened(t, f, scenarios.Options{})
		require.NoError(t, r.Set(0, "%ecx", uint64(value)))
		require.NoError(t, r.Finish(t.Context(), nil))
		require.Len(t, r.Failures(), failures, "%q", r.Failures())
		r = opened(t, f, scenarios.Options{})
		require.NoError(t, r.Finish(t.Context(), nil))
		require.Empty(t, r.Failures())
	}
}

// TestPinsAreBounded: a schedule is kept once, and at most as many as a file can have.
func TestPinsAreBounded(t *testing.T) {
	f := load("smp-missed-probe")
	x, err := scenarios.Search{}.Do(t.Context(), f)
	require.NoError(t, err)
	require.NoError(t, f.Pin(x.Found))
	once := string(f.Bytes())
	require.NoError(t, f.Pin(x.Found))
	require.Equal(t, once, string(f.Bytes()))

	full := string(load("smp-missed-probe").Bytes()) + "-- schedule --\n"
	for i := range 64 {
		full += fmt.Sprintf("t2.000000.0x%d holds\n", i+2)
	}
	f, err = scenarios.LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(full)}}, "s.txtar")
	require.NoError(t, err)
	require.ErrorIs(t, f.Pin(x.Found), scenarios.ErrNotPossible)
	require.Equal(t, full, string(f.Bytes()))
}

// TestGoCodeIsNotPinned: a file knows nothing of handlers and properties in Go, and would not be read again.
func TestGoCodeIsNotPinned(t *testing.T) {
	for name, add := range map[string]func(*scenarios.File) error{
		"property": func(f *scenarios.File) error {
			return f.Check(scenarios.Property{Name: "mine", End: func(*scenarios.View) string { return "wrong" }})
		},
		"handler": func(f *scenarios.File) error { return f.Handle("entry", "pre", func(*scenarios.Hit) {}) },
	} {
		f := load("smp-missed-probe")
		before := string(f.Bytes())
		require.NoError(t, add(f))
		x, err := scenarios.Search{}.Do(t.Context(), f)
		require.NoError(t, err)
		require.NotNil(t, x.Found, name)
		require.ErrorIs(t, f.Pin(x.Found), scenarios.ErrNotPossible, name)
		require.Equal(t, before, string(f.Bytes()))
	}
}
