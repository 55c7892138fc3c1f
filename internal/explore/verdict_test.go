package explore

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestV1VerdictSaysWhatItHoldsFor: each verdict names bounds, memory model and
// grain, and none that is not exhausted begins like one that is.
func TestV1VerdictSaysWhatItHoldsFor(t *testing.T) {
	const model = "; sequentially consistent memory; instructions indivisible)"
	for want, r := range map[string]Summary{
		"exhausted: every schedule (no bound on preemptions" + model:                                                                    {Exhausted: true},
		"exhausted: every schedule (at most 0 preemptions" + model:                                                                      {Exhausted: true, Bound: AtMost(0), Cut: CutPreemptions},
		"exhausted: every schedule (at most 1 preemption" + model:                                                                       {Exhausted: true, Bound: AtMost(1), Cut: CutPreemptions},
		"not exhausted: it stopped at a violation (no bound on preemptions" + model:                                                     {Cut: CutViolation},
		"not exhausted: it was interrupted (no bound on preemptions" + model:                                                            {Cut: CutCancelled, Preemptions: -1},
		"not exhausted: the bound on memory ended it; schedules with at most 3 preemptions are complete (at most 7 preemptions" + model: {Cut: CutMemory, Preemptions: 3, Bound: AtMost(7)},
		"not exhausted: the bound on clocks ended it (no bound on preemptions" + model:                                                  {Cut: CutClocks, Clocks: true, Preemptions: -1},
		"not exhausted: the bound on states ended it; besides, code reads a clock (no bound on preemptions" + model:                     {Cut: CutStates, Clocks: true, Preemptions: -1},
		"not exhausted: the bound on executions ended it; of 9 executions, 2 met the bound on depth and were judged so far only (no bound on preemptions" + model: {
			Cut: CutExecutions, Preemptions: -1, Schedules: 9, Unended: 2,
		},
	} {
		require.Equal(t, want, (&Report{Summary: r}).Verdict().String())
	}
}
