package linux

import (
	"slices"

	"trapline/internal/linux/abi"
)

// waited is what a wait has found: a child or tracee that ended or stopped.
type waited struct {
	pid    int
	status int
	info   sigInfo
	ran    uint64 // nanoseconds that a child has run, with those of its own that it waited for
	take   func() // what WNOWAIT leaves out
}

// waitFor finds a child or tracee that matches id (as waitpid's pid); nil: none
// has changed, and the result says what that means.
func (k *Kernel) waitFor(t *Thread, id int, options uint64, ends, stops bool) (*waited, int64) {
	any := false
	for _, o := range k.threads {
		if o.traced() && o.trace.by.proc == t.proc && (options&abi.WNOTHREAD == 0 || o.trace.by == t) && matchesThread(o, id, t.proc) {
			any = true
			if o.trace.stop != noStop && !o.trace.told {
				code := o.trace.code
				info := sigInfo{signo: abi.SIGCHLD, code: abi.CLD_TRAPPED, pid: o.TID, status: int32(code)}
				return &waited{o.TID, code<<8 | 0x7f, info, o.proc.cpuTime() + o.proc.buried, func() { o.trace.told = true }}, 0
			}
		}
	}
	for _, e := range t.proc.ended {
		if id > 0 && e.tid != id || id == 0 && e.proc != nil && e.proc.pgid != t.proc.pgid || id < -1 && (e.proc == nil || e.proc.pgid != -id) {
			continue
		}
		any = true
		if ends {
			return &waited{e.tid, e.status, childInfoOf(e.tid, e.status, abi.SIGCHLD), e.ran(), func() { k.reapTracee(t.proc, e) }}, 0
		}
	}
	for _, c := range t.proc.children {
		if !matches(c, id, t.proc) || options&abi.WALL == 0 && (c.exitSig != abi.SIGCHLD) != (options&abi.WCLONE != 0) {
			continue
		}
		any = true
		ran := c.cpuTime() + c.buried
		switch {
		case c.isZombie() && !c.withheld && ends:
			return &waited{c.PID, c.status, childInfo(c, abi.SIGCHLD), ran, func() { k.bury(c) }}, 0
		case c.isStopped() && c.status&0xff == 0x7f && stops:
			info := sigInfo{signo: abi.SIGCHLD, code: abi.CLD_STOPPED, pid: c.PID, status: int32(c.status >> 8)}
			return &waited{c.PID, c.status, info, ran, func() { c.status = 0 }}, 0
		case c.continued && options&abi.WCONTINUED != 0:
			info := sigInfo{signo: abi.SIGCHLD, code: abi.CLD_CONTINUED, pid: c.PID, status: abi.SIGCONT}
			return &waited{c.PID, 0xffff, info, ran, func() { c.continued = false }}, 0
		}
	}
	switch {
	case !any:
		return nil, -ECHILD
	case options&abi.WNOHANG != 0:
		return nil, 0
	}
	return nil, t.block(restartSys, never)
}

// reapTracee takes an ended tracee off its tracer's list.
func (k *Kernel) reapTracee(p *Process, e endedTracee) {
	p.ended = slices.DeleteFunc(slices.Clone(p.ended), func(o endedTracee) bool { return o.tid == e.tid })
	k.release(e)
}

// matchesThread is matches for a thread.
func matchesThread(o *Thread, id int, p *Process) bool {
	if id > 0 {
		return o.TID == id
	}
	return matches(o.proc, id, p)
}

func (k *Kernel) wait4(t *Thread, id int, status, options, usage uint64) int64 {
	options &= 0xffffffff
	if options&^(abi.WNOHANG|abi.WUNTRACED|abi.WCONTINUED|abi.WNOTHREAD|abi.WALL|abi.WCLONE) != 0 {
		return -EINVAL
	}
	if id == -1<<31 {
		return -ESRCH
	}
	w, r := k.waitFor(t, id, options, true, options&abi.WUNTRACED != 0)
	if w == nil {
		return r
	}
	w.take()
	if status != 0 && !putWord(t.proc.mm, status, 4, uint64(w.status)) {
		return -EFAULT
	}
	if usage != 0 {
		if r := k.putUsage(t, usage, w.ran); r != 0 {
			return r
		}
	}
	return int64(w.pid)
}

func sysWaitid(k *Kernel, t *Thread, c *call) int64 {
	id, options := c.int(1), c.arg[3]&0xffffffff
	const states = abi.WEXITED | abi.WUNTRACED | abi.WCONTINUED
	if options&^(abi.WNOHANG|abi.WNOWAIT|states|abi.WNOTHREAD|abi.WALL|abi.WCLONE) != 0 || options&states == 0 {
		return -EINVAL
	}
	again := false // of a descriptor that does not block
	switch c.int(0) {
	case abi.P_ALL:
		id = -1
	case abi.P_PID:
		if id <= 0 {
			return -EINVAL
		}
	case abi.P_PGID:
		if id < 0 {
			return -EINVAL
		}
		if id == 0 {
			id = t.proc.pgid
		}
		id = -id
	case abi.P_PIDFD:
		if id < 0 {
			return -EINVAL
		}
		p := t.processOf(id, false)
		if p == nil {
			return -EBADF
		}
		if t.proc.files.get(id).flags&abi.O_NONBLOCK != 0 && options&abi.WNOHANG == 0 {
			options |= abi.WNOHANG
			again = true
		}
		id = p.PID
	default:
		return -EINVAL
	}
	w, r := k.waitFor(t, id, options, options&abi.WEXITED != 0, options&abi.WUNTRACED != 0)
	if w == nil {
		if r == 0 && again {
			return -EAGAIN
		}
		if r == 0 && c.arg[2] != 0 && !copyToUser(t.proc.mm, c.arg[2], c.word(), abi.Siginfo{}) {
			return -EFAULT
		}
		return r
	}
	if c.arg[2] != 0 && !copyToUser(t.proc.mm, c.arg[2], c.word(), k.signed(w.info).siginfo()) {
		return -EFAULT
	}
	if options&abi.WNOWAIT == 0 {
		w.take()
	}
	if c.arg[4] != 0 {
		return k.putUsage(t, c.arg[4], w.ran)
	}
	return 0
}
