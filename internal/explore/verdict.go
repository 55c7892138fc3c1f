package explore

import (
	"fmt"
	"strings"
)

// MemoryModel is how the writes of one actor become visible to the others.
// The zero value is sequentially consistent: each write is seen by all at once,
// in the order of the schedule.
type MemoryModel struct {
	// Stores is how many a vCPU's store buffer holds, as x86-TSO has them: the
	// others see a vCPU's writes later than it does itself, in their order.
	Stores int
	// Split: an instruction without LOCK that reads and writes memory is two
	// accesses.
	Split bool
}

func (m MemoryModel) String() string {
	s := "sequentially consistent memory"
	if m.Stores > 0 {
		s = fmt.Sprintf("x86-TSO with store buffers of %d", m.Stores)
	}
	if m.Split {
		s += ", read-modify-writes without LOCK split"
	}
	return s
}

// Name is the model in JSON.
func (m MemoryModel) Name() string {
	if m.Stores == 0 {
		return "sequentially-consistent"
	}
	return "x86-tso"
}

// Verdict is what a search has shown, and under which bounds and model (V1).
type Verdict struct {
	// Exhausted: every schedule within Bound was covered, and none violates
	// anything.
	Exhausted bool
	Bound     Limit // on preemptions, as it was asked for
	// Cut is why the search is not exhausted.
	Cut Cut
	// Complete: without Exhausted, schedules with up to this many preemptions
	// were all covered; -1: none.
	Complete int
	// Clocks: code reads one, whatever else Cut names.
	Clocks bool
	// Undecided: of those it is not known whether they can all end.
	Undecided bool
	Memory    MemoryModel
	Grain     Grain
	// Equal is how many equal vCPUs were taken for one another, by class.
	Equal []int
	// Unjudged says what could not be judged, or "".
	Unjudged string
	// Unended executions of Schedules were ended by the bound on depth.
	Unended, Schedules uint64
}

// String is the verdict's line.
func (v Verdict) String() string {
	return fmt.Sprintf("%s (%s; %v; %v%s)", v.outcome(), v.Bound, v.Memory, v.Grain, v.equal())
}

// equal says which vCPUs were taken for one another.
func (v Verdict) equal() (text string) {
	for _, n := range v.Equal {
		text += fmt.Sprintf("; %d equal vCPUs as one", n)
	}
	return text
}

func (v Verdict) outcome() string {
	if v.Exhausted {
		return "exhausted: every schedule"
	}
	text := "not exhausted: "
	switch v.Cut {
	case CutViolation:
		return text + "it stopped at a violation"
	case CutUnjudged:
		return text + v.Unjudged
	case CutCancelled:
		text += "it was interrupted"
	default:
		text += fmt.Sprintf("the bound on %s ended it", v.Cut)
	}
	if v.Clocks && v.Cut != CutClocks {
		text += "; besides, code reads a clock"
	}
	if v.Unended > 0 {
		text += fmt.Sprintf("; of %d executions, %d met the bound on depth and were judged so far only", v.Schedules, v.Unended)
	}
	if v.Unjudged != "" {
		text += "; " + v.Unjudged
	}
	if v.Complete >= 0 {
		text += "; schedules with " + preemptions(v.Complete) + " are complete"
		if v.Undecided {
			text += ", but whether each of them can end was not decided"
		}
	}
	return text
}

func (l Limit) String() string {
	if n, bounded := l.Value(); bounded {
		return preemptions(n)
	}
	return "no bound on preemptions"
}

func preemptions(n int) string {
	s := fmt.Sprintf("at most %d preemptions", n)
	if n == 1 {
		s = strings.TrimSuffix(s, "s")
	}
	return s
}

// Unjudge notes that some of the schedules covered could not be judged.
func (r *Report) Unjudge(why string) {
	r.Unjudged = why
	if r.Exhausted {
		r.Exhausted, r.Cut, r.Preemptions = false, CutUnjudged, -1
	}
}

// Verdict is what the search has shown.
func (r *Report) Verdict() Verdict {
	v := Verdict{
		Exhausted: r.Exhausted, Bound: r.Bound, Cut: r.Cut, Complete: r.Preemptions, Undecided: r.Undecided, Clocks: r.Clocks, Unjudged: r.Unjudged,
		Unended: r.Unended, Schedules: r.Schedules, Grain: r.Grain, Memory: r.Model, Equal: r.Equal,
	}
	if v.Cut == CutViolation { // which holds however it was found
		v.Equal = nil
	}
	return v
}
