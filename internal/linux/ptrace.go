package linux

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// traceStop is why a traced thread stands still (ptrace(2)).
type traceStop uint8

const (
	noStop traceStop = iota
	stopSignal
	stopEntry // of a system call
	stopExit  // of a system call
	stopEvent // PTRACE_EVENT_*
	stopGroup // by a stopping signal
)

// traceMode is how a tracer let its thread go on.
type traceMode uint8

const (
	traceCont traceMode = iota
	traceCalls
	traceEmulate // system calls are not made
	traceStep
)

// tracing is what the kernel keeps of a thread that another one traces.
type tracing struct {
	by      *Thread // nil: nobody
	seized  bool
	options uint64
	mode    traceMode
	stop    traceStop
	code    int  // of the wait status: the signal, and the event above it
	told    bool // a wait has reported the stop
	info    sigInfo
	message uint64
	forced  bool // TF is the tracer's

	resumed traceStop // what it goes on from
	inject  int       // the signal that the tracer lets through
	emulate bool      // the call at whose entry it stands is not made
	event   int       // PTRACE_EVENT_* to stop for next; its message is there
	exitDue bool      // the end of a call to stop at next
	halt    int       // stop to make next, by a stopping signal or PTRACE_INTERRUPT
	leaving bool      // PTRACE_EVENT_EXIT was told
	listens bool      // PTRACE_LISTEN: it stands still, and not for its tracer
}

// endedTracee is a thread that ended and that its tracer has not waited for.
type endedTracee struct {
	tid    int
	status int
	proc   *Process // whose parent waits for it afterwards; nil: only a thread of it ended
}

// ran is how long the process has run, in nanoseconds, with the children it waited for.
func (e endedTracee) ran() uint64 {
	if e.proc == nil {
		return 0
	}
	return e.proc.cpuTime() + e.proc.buried
}

// traced reports whether somebody traces t.
func (t *Thread) traced() bool { return t.trace.by != nil }

// wants reports whether t's tracer asked for an option.
func (t *Thread) wants(option uint64) bool { return t.traced() && t.trace.options&option != 0 }

// stopFor stops t for its tracer.
func (t *Thread) stopFor(why traceStop, code int, info sigInfo) {
	tr := &t.trace
	tr.stop, tr.code, tr.info, tr.told, tr.halt = why, code, info, false, 0
	t.become(stateTraced)
	t.k.micro(emu.Micro{Name: "ptrace_stop", In: "ptrace_do_notify", Why: "the thread stops for its tracer"})
	t.trapping(abi.CLD_TRAPPED, code)
}

// trapping tells the tracer of a stop.
func (t *Thread) trapping(code int32, status int) {
	to := t.trace.by.proc
	if to.sigs.act[abi.SIGCHLD].flags&abi.SA_NOCLDSTOP == 0 && to.sigs.act[abi.SIGCHLD].handler != abi.SIG_IGN {
		to.send(sigInfo{signo: abi.SIGCHLD, code: code, pid: t.TID, status: int32(status & 0x7f)})
	}
	t.k.changed()
}

// ownInfo is the siginfo of a stop that no signal caused (ptrace_do_notify()).
func (t *Thread) ownInfo(code int) sigInfo {
	return sigInfo{signo: abi.SIGTRAP, code: int32(code), addr: uint64(t.TID) | uint64(t.proc.cred.uid.real)<<32}
}

// stopNow makes the next stop that is due before t goes on in ring 3.
func (t *Thread) stopNow() bool {
	tr := &t.trace
	switch {
	case !t.traced():
		tr.event, tr.exitDue, tr.halt = 0, false, 0
		return false
	case tr.event != 0:
		code := abi.SIGTRAP | tr.event<<8
		tr.event = 0
		t.stopFor(stopEvent, code, t.ownInfo(code))
	case tr.exitDue:
		tr.exitDue = false
		code := t.callCode()
		t.stopFor(stopExit, code, t.ownInfo(code))
	case tr.halt != 0:
		code := tr.halt
		if code == abi.SIGTRAP|abi.PTRACE_EVENT_STOP<<8 || tr.seized {
			t.stopFor(stopEvent, code&0xff|abi.PTRACE_EVENT_STOP<<8, t.ownInfo(code&0xff|abi.PTRACE_EVENT_STOP<<8))
		} else {
			t.stopFor(stopGroup, code, sigInfo{})
		}
	default:
		return false
	}
	return true
}

// listen leaves a tracee that stands still with its group to that, until something is to be told
// of it.
func (t *Thread) listen() int64 {
	if !t.trace.seized || t.trace.stop != stopEvent || t.trace.code>>8 != abi.PTRACE_EVENT_STOP {
		return -EIO
	}
	t.trace.listens = true
	return 0
}

// hears stops a tracee that listens for its tracer, which is told of the signal that its group
// stands still by, or of SIGTRAP if it does not any more (do_jobctl_trap()).
func (t *Thread) hears(continued bool) {
	if !t.trace.listens {
		return
	}
	code := t.trace.code
	if continued {
		code = abi.SIGTRAP | abi.PTRACE_EVENT_STOP<<8
	}
	t.trace.listens = false
	t.stopFor(stopEvent, code, t.ownInfo(code))
}

// callCode is the code of stops at system calls.
func (t *Thread) callCode() int {
	if t.wants(abi.PTRACE_O_TRACESYSGOOD) {
		return abi.SIGTRAP | 0x80
	}
	return abi.SIGTRAP
}

// stopAtEntry stops t before the call that it enters, if its tracer wants that.
func (t *Thread) stopAtEntry() bool {
	if !t.traced() || t.trace.mode != traceCalls && t.trace.mode != traceEmulate {
		return false
	}
	t.trace.emulate = t.trace.mode == traceEmulate
	t.setResult(-ENOSYS)
	code := t.callCode()
	t.stopFor(stopEntry, code, t.ownInfo(code))
	return true
}

// callEnds notes what stops follow the end of a call.
func (t *Thread) callEnds() {
	if !t.traced() {
		return
	}
	switch t.trace.mode {
	case traceCalls:
		t.trace.exitDue = true
	case traceStep:
		t.force(sigInfo{signo: abi.SIGTRAP, code: abi.TRAP_BRKPT, addr: t.Core().RIP})
	}
}

// goOn lets a stopped thread go on (ptrace_resume()).
func (t *Thread) goOn(mode traceMode, signal int) {
	tr := &t.trace
	tr.mode, tr.inject = mode, signal
	tr.resumed, tr.stop = tr.stop, noStop
	if tr.info.signo == abi.SIGTRAP && tr.resumed == stopEvent && tr.code>>8 == abi.PTRACE_EVENT_VFORK && t.vforks() {
		t.become(stateVfork)
	} else {
		t.become(stateRunning)
	}
	t.stepping(mode == traceStep)
	t.k.loadSegments(t)
	t.k.changed()
}

// vforks reports whether t waits for a child in vfork.
func (t *Thread) vforks() bool {
	return slices.ContainsFunc(t.k.threads, func(o *Thread) bool { return o.vforkOf == t })
}

// stepping sets TF for the tracer, or takes back what it set.
func (t *Thread) stepping(on bool) {
	core := t.Core()
	switch {
	case on && core.RFLAGS&x86.TF == 0:
		core.RFLAGS |= x86.TF
		t.trace.forced = true
	case !on && t.trace.forced:
		core.RFLAGS &^= x86.TF
		t.trace.forced = false
	}
}

// goesOn continues a thread from the stop that its tracer has ended.
func (k *Kernel) goesOn(t *Thread) {
	tr := &t.trace
	from, signal := tr.resumed, tr.inject
	tr.resumed, tr.inject = noStop, 0
	k.micro(emu.Micro{Name: "ptrace_stop", In: "get_signal", Why: "the thread goes on as its tracer asked"})
	switch from {
	case stopSignal:
		k.letThrough(t, signal)
	case stopEntry:
		if signal != 0 {
			t.send(sigInfo{signo: signal, code: abi.SI_USER, pid: t.proc.PID})
		}
		k.madeCall(t)
	case stopExit:
		if signal != 0 {
			t.send(sigInfo{signo: signal, code: abi.SI_USER, pid: t.proc.PID})
		}
	case stopEvent: // which lets no signal through
		if tr.leaving {
			k.left(t)
		}
	}
}

// letThrough delivers the signal that a tracer lets through.
func (k *Kernel) letThrough(t *Thread, signal int) {
	if signal == 0 {
		return
	}
	info := t.trace.info
	if signal != info.signo {
		info = sigInfo{signo: signal, code: abi.SI_USER, pid: t.proc.PID}
		if t.traced() {
			info.pid = t.trace.by.proc.PID
		}
	}
	if t.blocked.has(signal) {
		t.sig.add(info)
		return
	}
	if k.act(t, info) {
		t.inCall = false
		if t.traced() && t.trace.mode == traceStep {
			t.trace.forced = false
			t.stopFor(stopEvent, abi.SIGTRAP, t.ownInfo(abi.SIGTRAP))
		}
	}
}

// madeCall makes the system call at whose entry t stood, with the registers as
// they are now.
func (k *Kernel) madeCall(t *Thread) {
	if t.trace.emulate || t.call.nr == -1 {
		t.trace.emulate = false
		t.callEnds()
		return
	}
	t.readArgs()
	if r := k.dispatch(t, &t.call); r != resultBlock {
		k.finish(t, r)
	}
}

// tellsExit tells the tracer that t is about to end, once; true: it stands there
// first. How it ends is kept.
func (k *Kernel) tellsExit(t *Thread, status int, group bool) bool {
	if !t.wants(abi.PTRACE_O_TRACEEXIT) || t.trace.leaving {
		return false
	}
	t.trace.leaving = true
	t.exit, t.exitGroup = status, group
	t.trace.message = uint64(status)
	code := abi.SIGTRAP | abi.PTRACE_EVENT_EXIT<<8
	t.stopFor(stopEvent, code, t.ownInfo(code))
	return true
}

// left ends a thread whose tracer was told.
func (k *Kernel) left(t *Thread) {
	t.inCall = false
	if t.exitGroup || len(t.proc.thr) == 1 {
		k.exitProcess(t.proc, t.exit)
	} else {
		k.exitThread(t)
	}
}

// traceChild lets a tracer have the thread or process that t made.
func (t *Thread) traceChild(n *Thread, flags uint64, exitSignal int) {
	if !t.traced() || flags&abi.CLONE_UNTRACED != 0 {
		return
	}
	event := abi.PTRACE_EVENT_FORK
	switch {
	case flags&abi.CLONE_VFORK != 0:
		event = abi.PTRACE_EVENT_VFORK
	case exitSignal != abi.SIGCHLD || flags&abi.CLONE_THREAD != 0:
		event = abi.PTRACE_EVENT_CLONE
	}
	asked := t.wants(1 << event)
	if asked {
		t.trace.event, t.trace.message = event, uint64(n.TID)
	}
	if !asked && flags&abi.CLONE_PTRACE == 0 {
		return
	}
	n.trace = tracing{by: t.trace.by, seized: t.trace.seized, options: t.trace.options}
	if n.trace.seized {
		n.trace.halt = abi.SIGTRAP | abi.PTRACE_EVENT_STOP<<8
	} else {
		n.sig.add(sigInfo{signo: abi.SIGSTOP, code: abi.SI_USER})
	}
}

// traceExec tells the tracer of a new program.
func (t *Thread) traceExec(oldTID int) {
	t.clearDebugRegs()
	t.trace.forced = false
	switch {
	case t.wants(abi.PTRACE_O_TRACEEXEC):
		t.trace.event, t.trace.message = abi.PTRACE_EVENT_EXEC, uint64(oldTID)
	case t.traced() && !t.trace.seized:
		t.send(sigInfo{signo: abi.SIGTRAP, code: abi.SI_USER, pid: t.proc.PID})
	}
}

// traceEnded has the tracer of a thread that ends wait for it, and frees those
// that it traced.
func (k *Kernel) traceEnded(t *Thread, status int) {
	leader := t.TID == t.proc.PID
	if by := t.trace.by; by != nil && !by.proc.isZombie() && !(leader && by.proc == t.proc.parent) && by.proc != t.proc {
		e := endedTracee{tid: t.TID, status: status}
		if leader {
			e.proc = t.proc
			t.proc.withheld = true
		}
		by.proc.ended = append(slices.Clone(by.proc.ended), e)
		if leader {
			by.proc.send(childInfoOf(t.TID, status, abi.SIGCHLD))
		}
	}
	t.trace = tracing{}
	for _, o := range k.threads {
		if o.trace.by == t {
			if o.wants(abi.PTRACE_O_EXITKILL) {
				o.send(sigInfo{signo: abi.SIGKILL, code: abi.SI_KERNEL})
			}
			o.untrace(0)
		}
	}
}

// forgetTracees gives up what a tracer that ends has not waited for.
func (k *Kernel) forgetTracees(p *Process) {
	ended := p.ended
	p.ended = nil
	for _, e := range ended {
		k.release(e)
	}
}

// release lets the parent of a process that its tracer has waited for wait too.
func (k *Kernel) release(e endedTracee) {
	if e.proc != nil && e.proc.withheld {
		e.proc.withheld = false
		k.notifyParent(e.proc)
		k.changed()
	}
}

// untrace ends a thread's tracing; if it stands, it goes on with a signal.
func (t *Thread) untrace(signal int) {
	t.stepping(false)
	t.clearDebugRegs()
	if t.state == stateTraced {
		t.goOn(traceCont, signal)
	}
	tr := &t.trace
	*tr = tracing{resumed: tr.resumed, inject: tr.inject, info: tr.info, emulate: tr.emulate, leaving: tr.leaving}
	t.k.changed()
}
