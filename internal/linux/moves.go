package linux

import "trapline/internal/transition"

// threadState is what the scheduler knows of a thread.
type threadState uint8

const (
	stateRunning threadState = iota // TASK_RUNNING: runs or waits for a vCPU
	stateBlocked                    // TASK_INTERRUPTIBLE: in a system call, see Thread.wait
	stateVfork                      // TASK_KILLABLE: until the child execs or exits
	stateTraced                     // TASK_TRACED: stands still for its tracer
	stateDead                       // EXIT_DEAD
)

func (s threadState) String() string {
	return [...]string{"running", "blocked", "waiting for a vfork's child", "stopped for its tracer", "dead"}[s]
}

// threadStates lists which state may follow which.
var threadStates = transition.Table[threadState]{
	stateRunning: {stateRunning, stateBlocked, stateVfork, stateTraced, stateDead}, // running: what a call began to wait for it does not need
	stateBlocked: {stateRunning, stateBlocked, stateDead},                          // blocked: the call was tried again
	stateVfork:   {stateRunning, stateTraced, stateDead},
	stateTraced:  {stateRunning, stateTraced, stateVfork, stateDead}, // traced: it listens, and is told; vfork: its tracer was told of the child
	stateDead:    {},
}

func (t *Thread) become(s threadState) { t.state = threadStates.Next("linux: a thread", t.state, s) }

// processState is what of a process its parent can wait for.
type processState uint8

const (
	procRunning processState = iota
	procStopped              // by a signal (TASK_STOPPED)
	procZombie               // EXIT_ZOMBIE
	procDead                 // EXIT_DEAD: its parent has waited for it
)

func (s processState) String() string {
	return [...]string{"running", "stopped", "a zombie", "dead"}[s]
}

// processStates lists which state may follow which.
var processStates = transition.Table[processState]{
	procRunning: {procStopped, procZombie},
	procStopped: {procRunning, procStopped, procZombie}, // stopped: by another signal; zombie: a tracee of it has ended it
	procZombie:  {procDead},
	procDead:    {},
}

func (p *Process) become(s processState) {
	p.state = processStates.Next("linux: a process", p.state, s)
}

// isZombie reports whether the process has ended.
func (p *Process) isZombie() bool { return p.state >= procZombie }

// isStopped reports whether a signal has stopped the process.
func (p *Process) isStopped() bool { return p.state == procStopped }
