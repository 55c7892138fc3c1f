package uprobes

import (
	"trapline/internal/linux"
	"trapline/internal/linux/mm"
)

// Stage is where a thread is in a hit, as a viewer shows it: enum uprobe_task_state with what lies between its states.
type Stage uint8

// Stages, in the order of a hit.
const (
	StageRunning    Stage = iota // in no hit (UTASK_RUNNING)
	StageTrapped                 // its #BP has come and is not looked at yet
	StageHandlers                // the uprobe is found: its consumers are next, or the return address
	StagePrepare                 // the probed instruction is next: it is about to be sent to the copy
	StageEmulate                 // the same, and its effect is made without a step (U8, U9)
	StageWaiting                 // no slot is free, or another thread is in a step in place (U5, K5)
	StageStep                    // runs the copy (UTASK_SSTEP)
	StageStepped                 // the copy's #DB has come (UTASK_SSTEP_ACK)
	StageFaulted                 // the copy faulted, or the thread is to die (UTASK_SSTEP_TRAPPED)
	StageTrampoline              // the #BP was the trampoline's: a probed function has returned (U13)
)

// Activity is what a thread does with uprobes at a moment.
type Activity struct {
	Stage   Stage
	Addr    uint64 // linear address of the probed instruction; 0: in no hit, or not looked for yet
	Copy    uint64 // where it is stepped; 0: it is not
	Returns int    // functions whose return is awaited (U13)
}

// Activity tells what a thread does. It changes nothing.
func (s *System) Activity(t *linux.Thread) Activity {
	ut, ok := t.Probes.(*task)
	if !ok {
		return Activity{}
	}
	a := Activity{Returns: len(ut.returns)}
	switch ut.state {
	case running:
		a.Stage = s.trapStage(t, ut)
	case found, returnWanted:
		a.Stage, a.Addr = StageHandlers, ut.addr
	case handled:
		a.Stage, a.Addr = s.prepareStage(t, ut), ut.addr
	case slotWanted:
		a.Stage, a.Addr = StageWaiting, ut.addr
	default:
		stage := map[taskState]Stage{stepping: StageStep, stepped: StageStepped, trapped: StageFaulted}
		a.Stage, a.Addr, a.Copy = stage[ut.state], ut.step.Addr, ut.step.Slot
		if ut.state == stepping && (t.FatalPending() || t.TrapNo() != untrapped) { // the signal is not looked at yet
			a.Stage = StageFaulted
		}
	}
	return a
}

func (s *System) trapStage(t *linux.Thread, ut *task) Stage {
	switch {
	case !ut.notify:
		return StageRunning
	case s.atTrampoline(t):
		return StageTrampoline
	}
	return StageTrapped
}

func (s *System) atTrampoline(t *linux.Thread) bool {
	mm := t.Process().MM()
	start, _, ok := s.Area(mm)
	return ok && mm.ABI().Mask(t.Core().RIP-1) == start
}

func (s *System) prepareStage(t *linux.Thread, ut *task) Stage {
	switch {
	case s.stepper != 0 && s.stepper != t.TID:
		return StageWaiting
	case s.engine == Modern && ut.hit.insn.Method != StepOutOfLine:
		return StageEmulate
	}
	return StagePrepare
}

// Area is the page of a process in which copies are stepped, with the numbers of the slots that threads have; slot 0
// is the trampoline's. False if the process has none yet.
func (s *System) Area(mm *mm.MM) (start uint64, taken []int, ok bool) {
	if mm == nil {
		return 0, nil, false
	}
	st, ok := mm.Probes.(*mmState)
	if !ok || st.area == nil {
		return 0, nil, false
	}
	for n := 1; n < Slots; n++ {
		if st.area.taken[n] {
			taken = append(taken, n)
		}
	}
	return st.area.start, taken, true
}

// InPlace is the number of the thread that is in a step in place, with the breakpoint out for all (engine Inline, K11);
// 0: none.
func (s *System) InPlace() int {
	if s.engine != Inline {
		return 0
	}
	return s.stepper
}

// Armed reports whether the breakpoint stands at an address of a process now.
func (s *System) Armed(mm *mm.MM, va uint64) bool {
	var b [1]byte
	return mm != nil && mm.Space().Peek(va, b[:]) == 1 && b[0] == Breakpoint
}
