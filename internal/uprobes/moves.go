package uprobes

import "trapline/internal/transition"

// taskState is where a thread is in a hit (enum uprobe_task_state).
type taskState uint8

const (
	running      taskState = iota // not in a hit, or its breakpoint is not looked at yet
	found                         // the uprobe is found, its consumers have not run
	returnWanted                  // they have, and one wants the function's return
	handled                       // all is done that comes before the instruction
	slotWanted                    // the instruction must be stepped; waits for a slot
	stepping                      // runs the copy (UTASK_SSTEP)
	stepped                       // the copy's #DB came (UTASK_SSTEP_ACK)
	trapped                       // the copy faulted, or the thread is to die (UTASK_SSTEP_TRAPPED)
)

func (s taskState) String() string {
	return [...]string{"running", "found", "returnWanted", "handled", "slotWanted", "stepping", "stepped", "trapped"}[s]
}

// moves lists which state may follow which. Every hit can be over at once: a handler changes the instruction pointer, the
// instruction is emulated, there is no room for a copy.
var moves = transition.Table[taskState]{
	running:      {running, found},
	found:        {running, returnWanted, handled},
	returnWanted: {running, handled},
	handled:      {running, handled, slotWanted, stepping}, // handled: another thread is in its step (K6)
	slotWanted:   {running, slotWanted, stepping},          // slotWanted: none is free (U5)
	stepping:     {running, stepped, trapped},              // running: at a breakpoint, or the thread ends
	stepped:      {running, trapped},                       // trapped: the thread is to die
	trapped:      {running, trapped},                       // trapped: a further signal is held back
}

// become moves a thread to another state of its hit. A move that no kernel makes is refused.
func (ut *task) become(state taskState) { ut.state = moves.Next("uprobes: a thread", ut.state, state) }

// next leaves the rest of a hit to the next micro-step.
func (ut *task) next(state taskState) {
	ut.become(state)
	ut.notify = true
}

// run sends the thread to the instruction's copy.
func (ut *task) run() {
	ut.become(stepping)
	ut.notify, ut.hit = false, nil
}

// over ends a hit.
func (ut *task) over() {
	ut.become(running)
	ut.notify, ut.hit = false, nil
}
