package explore

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/sched"
)

// crowd loses many updates under many schedules, none of which has few
// preemptions.
func crowd(atMost int) *toy {
	var progs [][]toyOp
	for range 6 {
		progs = append(progs, slices.Concat(incr(0), incr(1), incr(2), incr(0)))
	}
	t := newToy(progs...)
	t.never = func(s *toyState) bool { return s.vars[0] <= atMost }
	return t
}

// What luck finds in a large system is the same for any number of workers, and
// the report says that it was luck and what is complete.
func TestLuckComesBeforeEverySchedule(t *testing.T) {
	s := crowd(6)
	var first *Report
	for _, jobs := range []int{1, 3} {
		var parts []Part
		o := Options{Jobs: jobs, Progress: func(p Progress) { parts = append(parts, p.Part) }}
		r, err := SearchWithLuck(context.Background(), s.factory, o)
		require.NoError(t, err)
		require.NotNil(t, r.Found)
		require.NotEmpty(t, r.Luck)
		require.False(t, r.Exhausted)
		require.Equal(t, "not exhausted: it stopped at a violation (no bound on preemptions; sequentially consistent memory; instructions indivisible)", r.Verdict().String())
		require.Contains(t, parts, PartFew)
		require.NotContains(t, parts, PartAll)
		if first == nil {
			first = r
		}
		require.Equal(t, first.Luck, r.Luck)
		require.Equal(t, first.Found, r.Found)
		require.Equal(t, first.Preemptions, r.Preemptions)
	}

	sys, _ := s.factory()
	small := Shrink(context.Background(), sys, *first.Found, 0)
	require.Less(t, small.Schedule.Switches(), first.Found.Schedule.Switches())
	out := Run(sys, sched.NewReplay(small.Schedule), 0)
	require.NotNil(t, out.Violation)
	require.Equal(t, "never", out.Violation.Property)
}

// Luck that finds nothing changes nothing, and there is none under a bound or
// where few states are all.
func TestLuckOnlyWhereItHelps(t *testing.T) {
	s := crowd(-1)
	o := Options{Bounds: Bounds{States: 4 * FirstStates}, Without: DeadMemory}
	plain, err := Search(context.Background(), s.factory, o)
	require.NoError(t, err)
	r, err := SearchWithLuck(context.Background(), s.factory, o)
	require.NoError(t, err)
	require.Equal(t, plain, r)

	for name, x := range map[string]struct {
		s *toy
		o Options
	}{
		"bound": {crowd(6), Options{Bounds: Bounds{Preemptions: AtMost(1), States: 4 * FirstStates}}},
		"few":   {systems["lost update"], Options{}},
	} {
		plain, err := Search(context.Background(), x.s.factory, x.o)
		require.NoError(t, err)
		r, err := SearchWithLuck(context.Background(), x.s.factory, x.o)
		require.NoError(t, err)
		require.Equal(t, plain, r, name)
	}
}

// A search that is ended while it tries its luck says what ended it, not the bound of its first part.
func TestLuckThatIsEndedSaysSo(t *testing.T) {
	s := crowd(-1)
	o := Options{Bounds: Bounds{States: 4 * FirstStates}, Without: DeadMemory}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	lucky := false
	o.Progress = func(p Progress) {
		if p.Part == PartLuck {
			lucky = true
			cancel()
		}
	}
	r, err := SearchWithLuck(ctx, s.factory, o)
	require.NoError(t, err)
	require.True(t, lucky)
	require.Equal(t, CutCancelled, r.Cut)
	require.Nil(t, r.Found)
	require.False(t, r.Exhausted)
}

// asksToStop is a scheduler whose executions are to end.
type asksToStop struct{ sched.RoundRobin }

func (*asksToStop) Stopped() bool { return true }

// countsSteps is a toy that counts its steps, with those that judge it.
type countsSteps struct {
	*toy
	steps int
}

func (c *countsSteps) Step(a int) *Step {
	c.steps++
	return c.toy.Step(a)
}

// What takes long within an execution ends with it: here, looking whether any schedule ends from a state that came back.
func TestJudgingEndsWithTheExecution(t *testing.T) {
	wait := func(s sched.Scheduler) int {
		c := &countsSteps{toy: newToy([]toyOp{op("load", 0), op("jz", 0)}, []toyOp{op("load", 0), op("jz", 0)})}
		s.Begin(0)
		Run(c, s, 4*livelockAfter)
		return c.steps
	}
	require.Equal(t, 4*livelockAfter, wait(&asksToStop{}))
	require.NotEqual(t, 4*livelockAfter, wait(&sched.RoundRobin{}))
}
