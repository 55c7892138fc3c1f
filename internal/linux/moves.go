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

// sockState is the state of a connection. A TCP socket in FIN_WAIT1 is in FIN_WAIT2 at
// once, and one in LAST_ACK, CLOSING or TIME_WAIT is closed.
type sockState uint8

const (
	sockClosed sockState = iota
	sockListening
	sockConnecting // TCP, SYN_SENT: the listener has no room
	sockConnected
	sockFinWait   // TCP: it will send no more
	sockCloseWait // TCP: the other end will send no more
)

func (s sockState) String() string {
	return [...]string{"CLOSE", "LISTEN", "SYN_SENT", "ESTABLISHED", "FIN_WAIT2", "CLOSE_WAIT"}[s]
}

// tcpStates lists which state of a TCP socket may follow which (RFC 9293, 3.3.2).
var tcpStates = transition.Table[sockState]{
	sockClosed:     {sockClosed, sockListening, sockConnecting, sockConnected}, // closed: refused at once
	sockListening:  {sockListening, sockClosed},                                // listening: with another backlog
	sockConnecting: {sockConnected, sockClosed},
	sockConnected:  {sockFinWait, sockCloseWait, sockClosed},
	sockFinWait:    {sockClosed},
	sockCloseWait:  {sockClosed},
}

// otherStates are those of UDP and AF_UNIX: SS_UNCONNECTED, listening, SS_CONNECTED. Who is connected may be
// connected to another.
var otherStates = transition.Table[sockState]{
	sockClosed:     {sockClosed, sockListening, sockConnected},
	sockListening:  {sockListening, sockClosed},
	sockConnecting: {},
	sockConnected:  {sockConnected, sockClosed},
	sockFinWait:    {},
	sockCloseWait:  {},
}

func (s *socket) become(to sockState) {
	if s.isTCP() {
		s.state = tcpStates.Next("linux: a TCP socket", s.state, to)
	} else {
		s.state = otherStates.Next("linux: a socket", s.state, to)
	}
}

// connectPhase is what connect(2) makes of a TCP socket.
type connectPhase uint8

const (
	notConnected connectPhase = iota
	connectPending
	connectDone
	connectBroken // shut down before it was there
)

func (p connectPhase) String() string {
	return [...]string{"not connected", "connecting", "connected", "broken"}[p]
}

// connectPhases lists which phase may follow which.
var connectPhases = transition.Table[connectPhase]{
	notConnected:   {notConnected, connectPending, connectDone}, // done: a listener has made it
	connectPending: {connectDone, connectBroken, notConnected},
	connectDone:    {notConnected},
	connectBroken:  {notConnected},
}

func (s *socket) connects(to connectPhase) {
	s.phase = connectPhases.Next("linux: a connect", s.phase, to)
}
