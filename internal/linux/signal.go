package linux

import "trapline/internal/linux/abi"

// sigset is a set of signals: bit n-1 for signal n.
type sigset uint64

func bit(n int) sigset          { return 1 << (n - 1) }
func (s sigset) has(n int) bool { return s&bit(n) != 0 }
func sigsetOf(l ...int) (s sigset) {
	for _, n := range l {
		s |= bit(n)
	}
	return s
}

var (
	unblockable      = sigsetOf(abi.SIGKILL, abi.SIGSTOP)
	synchronous      = sigsetOf(abi.SIGSEGV, abi.SIGBUS, abi.SIGILL, abi.SIGTRAP, abi.SIGFPE, abi.SIGSYS)
	ignoredByDefault = sigsetOf(abi.SIGCONT, abi.SIGCHLD, abi.SIGWINCH, abi.SIGURG)
	stopByDefault    = sigsetOf(abi.SIGSTOP, abi.SIGTSTP, abi.SIGTTIN, abi.SIGTTOU)
	coreByDefault    = sigsetOf(abi.SIGQUIT, abi.SIGILL, abi.SIGTRAP, abi.SIGABRT, abi.SIGFPE, abi.SIGSEGV, abi.SIGBUS, abi.SIGSYS, abi.SIGXCPU, abi.SIGXFSZ)
)

// sigInfo is what siginfo_t tells of one signal.
type sigInfo struct {
	signo  int
	code   int32
	addr   uint64 // faults
	pid    int    // SI_USER and SIGCHLD
	status int32  // SIGCHLD; who sent it of SI_USER; overruns of SI_TIMER
	value  uint64 // SI_QUEUE
	uid    uint32 // SIGCHLD
	timer  int    // number of the timer that it is of, plus one
}

// signals are the ones that wait for delivery. Standard signals wait once
// each, real-time ones in a queue.
type signals struct {
	set   sigset
	queue []sigInfo
}

// add reports whether the signal waits now and did not before.
func (s *signals) add(i sigInfo) bool {
	if s.set.has(i.signo) && i.signo < abi.SIGRTMIN && i.timer == 0 || s.full() {
		return false
	}
	s.set |= bit(i.signo)
	s.queue = append(s.queue, i)
	return true
}

// full reports whether there is no room for more.
func (s *signals) full() bool { return len(s.queue) >= maxQueued }

// take removes the first waiting signal n.
func (s *signals) take(n int) sigInfo {
	info := sigInfo{signo: n}
	found := false
	rest := s.queue[:0]
	more := false
	for _, q := range s.queue {
		switch {
		case q.signo == n && !found:
			info, found = q, true
			continue
		case q.signo == n:
			more = true
		}
		rest = append(rest, q)
	}
	s.queue = rest
	if !more {
		s.set &^= bit(n)
	}
	return info
}

// drop forgets the waiting signals in set.
func (s *signals) drop(set sigset) {
	rest := s.queue[:0]
	for _, q := range s.queue {
		if !set.has(q.signo) {
			rest = append(rest, q)
		}
	}
	s.queue = rest
	s.set &^= set
}

// action is what a process does on a signal.
type action struct {
	handler  uint64 // 0: default, 1: ignore
	flags    uint64
	restorer uint64
	mask     sigset
	compat   bool // set by a 32-bit call: the handler is 32-bit code (SA_IA32_ABI)
}

// handlers are the actions of a process, shared under CLONE_SIGHAND.
type handlers struct {
	users int
	sent  uint64 // signals: the edges of a signalfd
	act   [abi.SIGRTMAX + 1]action
}

// ignores reports whether signal n has no effect.
func (h *handlers) ignores(n int) bool {
	a := h.act[n].handler
	return a == abi.SIG_IGN || a == abi.SIG_DFL && ignoredByDefault.has(n)
}

// altStack is the stack of sigaltstack(2).
type altStack struct {
	sp, size uint64
	flags    uint32
}

func (a *altStack) holds(sp uint64) bool {
	return a.flags&abi.SS_AUTODISARM == 0 && a.onIt(sp)
}

func (a *altStack) onIt(sp uint64) bool { return a.size != 0 && sp > a.sp && sp-a.sp <= a.size }

// state says whether sp is on the stack: 0, abi.SS_ONSTACK or abi.SS_DISABLE.
func (a *altStack) state(sp uint64) uint32 {
	switch {
	case a.size == 0:
		return abi.SS_DISABLE
	case a.holds(sp):
		return abi.SS_ONSTACK
	}
	return 0
}

// signed adds to what tells of a child whose it was.
func (k *Kernel) signed(i sigInfo) sigInfo {
	if i.signo == abi.SIGCHLD && i.code > 0 {
		if p := k.procs[i.pid]; p != nil {
			i.uid = p.cred.uid.real
		}
	}
	return i
}

// send adds a signal for the thread. Ignored ones go nowhere.
func (t *Thread) send(i sigInfo) {
	i = t.k.signed(i)
	t.proc.stopOrContinue(i.signo)
	if t.proc.sigs.ignores(i.signo) && !t.blocked.has(i.signo) && !t.traced() {
		return
	}
	if t.sig.add(i) {
		t.proc.sigs.sent++
	}
	t.interruptFor(i.signo)
	t.k.changed()
}

// send adds a signal for the process: whichever thread does not block it
// takes it.
func (p *Process) send(i sigInfo) {
	if p.isZombie() {
		return
	}
	i = p.k.signed(i)
	p.stopOrContinue(i.signo)
	if p.sigs.ignores(i.signo) && !p.allBlock(i.signo) && !p.thr[0].traced() {
		return
	}
	if p.pend.add(i) {
		p.sigs.sent++
	}
	for _, t := range p.thr {
		t.interruptFor(i.signo)
	}
	p.k.changed()
}

func (p *Process) allBlock(n int) bool {
	for _, t := range p.thr {
		if !t.blocked.has(n) {
			return false
		}
	}
	return true
}

// stopOrContinue does what sending a stop or continue signal does at once.
func (p *Process) stopOrContinue(n int) {
	switch {
	case n == abi.SIGCONT || n == abi.SIGKILL:
		if p.isStopped() {
			p.become(procRunning)
			p.continued = n == abi.SIGCONT
			p.k.changed()
		}
		for _, t := range p.thr {
			if n == abi.SIGCONT {
				t.hears(true)
			}
		}
		p.dropEverywhere(stopByDefault)
	case stopByDefault.has(n):
		p.dropEverywhere(bit(abi.SIGCONT))
	}
}

func (p *Process) dropEverywhere(s sigset) {
	p.pend.drop(s)
	for _, t := range p.thr {
		t.sig.drop(s)
	}
}

// force sends a signal that cannot be blocked or ignored: the thread would
// only fault again.
func (t *Thread) force(i sigInfo) {
	a := &t.proc.sigs.act[i.signo]
	if t.blocked.has(i.signo) || a.handler == abi.SIG_IGN {
		a.handler = abi.SIG_DFL
		t.blocked &^= bit(i.signo)
	}
	t.sig.drop(bit(i.signo))
	t.sig.add(i)
}

// deliverable are the signals that t would take now.
func (t *Thread) deliverable() sigset { return (t.sig.set | t.proc.pend.set) &^ t.blocked }

// signalReady reports whether a signal ends t's wait: one that is not
// ignored in the meantime.
func (t *Thread) signalReady() bool {
	for s := t.deliverable(); s != 0; s &= s - 1 {
		if n := lowest(s); !t.proc.sigs.ignores(n) || t.traced() {
			return true
		}
	}
	return false
}

// fatalPending reports whether SIGKILL waits.
func (t *Thread) fatalPending() bool { return (t.sig.set | t.proc.pend.set).has(abi.SIGKILL) }

// dying reports whether t's process has begun to end by a signal, which ends a wait that no other signal ends:
// SIGKILL, or one without a handler and a core file that came when no other waited for t (complete_signal()).
func (t *Thread) dying() bool {
	if t.fatalPending() {
		return true
	}
	for _, queue := range [][]sigInfo{t.sig.queue, t.proc.pend.queue} {
		for _, i := range queue {
			if t.blocked.has(i.signo) || t.proc.sigs.ignores(i.signo) {
				continue
			}
			if t.proc.sigs.act[i.signo].handler == abi.SIG_DFL && !(stopByDefault | coreByDefault).has(i.signo) && !t.traced() {
				return true
			}
			break
		}
	}
	return false
}

// next takes the signal to deliver now: synchronous ones first, then by
// number, the thread's before the process's.
func (t *Thread) next() (sigInfo, bool) {
	return t.take(^t.blocked)
}
