package linux

import (
	"strings"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/tty"
	"trapline/internal/linux/vfs"
)

// never is the deadline of a wait without one.
const never = ^uint64(0)

// wait is how a blocked call ends other than by itself.
type wait struct {
	deadline  uint64 // virtual time, in nanoseconds
	interrupt int64  // the call's result if a signal comes
	tried     uint64 // Kernel.changes when the call was last tried
}

// Thread is one guest thread: a register context and what the kernel keeps.
type Thread struct {
	TID    int
	Probes any // what the uprobes layer keeps of this thread

	k     *Kernel
	proc  *Process
	ctx   *emu.Context // registers while cpu is nil
	cpu   *emu.CPU     // the vCPU that holds the registers
	state threadState
	held  bool // by the uprobes layer, until Kernel.changes is another than wait.tried
	wait  wait

	orig     uint64 // RAX at the entry of the system call
	call     call   // the system call that is being run or retried
	inCall   bool   // its result is not yet looked at for a restart
	progress int    // bytes that a blocked write has moved
	opening  *File  // a pipe whose other end it waits for
	messages int    // messages that a blocked sendmmsg or recvmmsg has moved
	expiry   uint64
	kept     uint64 // expiry of an interrupted call that is made again

	sig       signals // sent to this thread
	blocked   sigset
	savedMask sigset // to be put back after sigsuspend and the like
	restore   bool
	alt       altStack
	trapNo    uint64 // of the last exception, for sigcontext
	errCode   uint64
	cr2       uint64

	tls       [3]uint64 // descriptors of set_thread_area
	clearTID  uint64    // address to clear and wake at exit
	robust    uint64
	futex     futexWait
	futexes   []futexWait // of futex_waitv; replaced, and changed in place only while it waits
	sched     scheduling
	policy    policy // of memory
	ran       uint64 // nanoseconds
	trace     tracing
	dr        [8]uint64 // debug registers; DR6 without the bits that are always set
	exit      int       // wait status that it ends with
	exitGroup bool      // the process ends with it
	noTSC     bool      // PR_SET_TSC: reading the time stamp is SIGSEGV
	persona   uint32    // of personality(2)
	sem       semWait
	mq        mqWait
	nap       nap
	vforkOf   *Thread // the parent that waits for this thread's process
	waited    *File   // what its call waits for, if its descriptor waitedFD was closed since
	waitedFD  int
	name      string // of a thread that is not its process's first
}

// Name is the thread's, at most abi.TASK_COMM_LEN-1 bytes: the program's until PR_SET_NAME or a write to /proc changes it.
// The first thread's is the process's.
func (t *Thread) Name() string {
	if t.TID == t.proc.PID {
		return t.proc.Name
	}
	return t.name
}

func (t *Thread) setName(s string) {
	s = commOf(s)
	if t.TID == t.proc.PID {
		t.proc.Name = s
	} else {
		t.name = s
	}
}

// commOf is how much of a name there is room for.
func commOf(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s[:min(len(s), abi.TASK_COMM_LEN-1)]
}

// Process is the thread's process.
func (t *Thread) Process() *Process { return t.proc }

// Core is the thread's registers, on its vCPU or saved.
func (t *Thread) Core() *emu.Core {
	if t.cpu != nil {
		return &t.cpu.Core
	}
	return &t.ctx.Core
}

// block makes the thread wait: the call is tried again whenever something
// changed, until the deadline passes or a signal ends it with interrupt.
func (t *Thread) block(interrupt int64, deadline uint64) int64 {
	t.become(stateBlocked)
	t.wait = wait{deadline: deadline, interrupt: interrupt, tried: t.k.changes}
	return resultBlock
}

// waitFor makes the thread wait until f can be read or written, unless f is opened with O_NONBLOCK or the call does not wait.
func (t *Thread) waitFor(f *File, nonblock bool) int64 {
	switch {
	case nonblock || f.flags&abi.O_NONBLOCK != 0:
		return -EAGAIN
	case f.sock != nil:
		return socketCaller{t, f}.Wait(0, f.sock.Opts.SendTimeout, -EAGAIN)
	}
	return t.block(restartSys, never)
}

// partial is the result of a call that moved some bytes and then met r.
func (t *Thread) partial(r int64) int64 {
	if t.progress > 0 {
		return int64(t.progress)
	}
	return r
}

// until is the deadline of the present call, d nanoseconds after it began.
// It stays the same when the call is tried again.
func (t *Thread) until(d uint64) uint64 {
	if t.expiry == 0 {
		t.expiry = t.k.Now() + d
		if t.expiry < d {
			t.expiry = never
		}
	}
	return t.expiry
}

// deadlinePassed reports whether until's deadline is over.
func (t *Thread) deadlinePassed() bool { return t.expiry != 0 && t.k.Now() >= t.expiry }

// Process is one guest process.
type Process struct {
	PID    int
	Name   string // of the first thread: the program's, without directory
	k      *Kernel
	parent *Process
	mm     *mm.MM
	files  *fdTable
	fs     *fsState
	sigs   *handlers
	pend   signals // sent to the process
	thr    []*Thread

	children  []*Process
	pgid      int
	sid       int
	state     processState
	status    int // wait status, once a zombie
	exitSig   int // sent to the parent at exit
	cred      credentials
	tty       *tty.Pair // its session's controlling terminal
	oldGroup  int       // in the foreground of the terminal that was taken from its session, whose leader it is
	limits    rlimits
	attr      attributes
	itimers   [3]interval   // ITIMER_REAL on the time since the start, the others on the process's own
	timers    []posixTimer  // in the order they were made in
	ended     []endedTracee // replaced when it changes
	withheld  bool          // its tracer waits for it before its parent can
	continued bool          // by SIGCONT, and no wait has reported that
	undo      *undoList     // nil: it has done nothing that is taken back
	nextTimer int           // number of the next one
	ran       uint64        // nanoseconds that threads which ended have run
	buried    uint64        // and children that were waited for
}

// fsState is a process's place in the file tree, shared under CLONE_FS.
type fsState struct {
	users int
	cwd   *vfs.Dentry
	umask uint32
}

// MM is the process's address space.
func (p *Process) MM() *mm.MM { return p.mm }

// Threads lists the process's live threads.
func (p *Process) Threads() []*Thread { return p.thr }
