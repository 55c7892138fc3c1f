package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

func readAction(mm *mm.MM, va uint64, c *call) (action, bool) {
	var a abi.Sigaction
	ok := copyFromUser(mm, va, c.word(), &a)
	return action{uint64(a.Handler), uint64(a.Flags), uint64(a.Restorer), sigset(a.Mask), c.compat}, ok
}

func (a action) sigaction() abi.Sigaction {
	return abi.Sigaction{Handler: abi.ULong(a.handler), Flags: abi.ULong(a.flags), Restorer: abi.ULong(a.restorer), Mask: uint64(a.mask)}
}

func sysSigaction(k *Kernel, t *Thread, c *call) int64 {
	n := c.int(0)
	if n < 1 || n > abi.SIGRTMAX || c.arg[3] != 8 {
		return -EINVAL
	}
	old := t.proc.sigs.act[n]
	if c.arg[1] != 0 {
		a, ok := readAction(t.proc.mm, c.arg[1], c)
		if !ok {
			return -EFAULT
		}
		if unblockable.has(n) {
			return -EINVAL
		}
		t.proc.setAction(n, a)
	}
	if c.arg[2] != 0 {
		return t.copyOut(c.arg[2], c.word(), old.sigaction())
	}
	return 0
}

// setAction changes an action; signals that it ignores are forgotten.
func (p *Process) setAction(n int, a action) {
	a.mask &^= unblockable
	p.sigs.act[n] = a
	if p.sigs.ignores(n) {
		p.dropEverywhere(bit(n))
	}
}

func sysSignal(k *Kernel, t *Thread, c *call) int64 {
	n := c.int(0)
	if n < 1 || n > abi.SIGRTMAX || unblockable.has(n) {
		return -EINVAL
	}
	old := t.proc.sigs.act[n].handler
	t.proc.setAction(n, action{handler: c.arg[1], flags: abi.SA_RESETHAND | abi.SA_NODEFER})
	return int64(old)
}

// sysOldSigaction is i386's sigaction.
func sysOldSigaction(k *Kernel, t *Thread, c *call) int64 {
	n := c.int(0)
	if n < 1 || n > abi.SIGRTMAX {
		return -EINVAL
	}
	mm := t.proc.mm
	old := t.proc.sigs.act[n]
	if c.arg[1] != 0 {
		var a abi.OldSigaction
		switch {
		case !copyFromUser(mm, c.arg[1], c.word(), &a):
			return -EFAULT
		case unblockable.has(n):
			return -EINVAL
		}
		t.proc.setAction(n, action{uint64(a.Handler), uint64(a.Flags), uint64(a.Restorer), sigset(a.Mask), true})
	}
	if c.arg[2] != 0 {
		return t.copyOut(c.arg[2], c.word(), abi.OldSigaction{
			Handler: uint32(old.handler), Mask: uint32(old.mask), Flags: uint32(old.flags), Restorer: uint32(old.restorer),
		})
	}
	return 0
}

func sysSigprocmask(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[3] != 8 {
		return -EINVAL
	}
	return t.changeMask(c, 8)
}

func sysOldSigprocmask(k *Kernel, t *Thread, c *call) int64 { return t.changeMask(c, 4) }

// changeMask is sigprocmask with sets of size bytes.
func (t *Thread) changeMask(c *call, size int) int64 {
	mm, old := t.proc.mm, t.blocked
	if c.arg[1] != 0 {
		v, ok := getWord(mm, c.arg[1], size)
		if !ok {
			return -EFAULT
		}
		set := sigset(v)
		switch c.int(0) {
		case abi.SIG_BLOCK:
			t.blocked |= set
		case abi.SIG_UNBLOCK:
			t.blocked &^= set
		case abi.SIG_SETMASK:
			if size == 4 {
				set |= t.blocked &^ 0xffffffff
			}
			t.blocked = set
		default:
			return -EINVAL
		}
		t.blocked &^= unblockable
	}
	if c.arg[2] != 0 && !putWord(mm, c.arg[2], size, uint64(old)) {
		return -EFAULT
	}
	return 0
}

func sysSigpending(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[1] > 8 {
		return -EINVAL
	}
	return k.putPending(t, c.arg[0], int(c.arg[1]))
}

func sysOldSigpending(k *Kernel, t *Thread, c *call) int64 { return k.putPending(t, c.arg[0], 4) }

func (k *Kernel) putPending(t *Thread, va uint64, size int) int64 {
	if !putWord(t.proc.mm, va, size, uint64((t.sig.set|t.proc.pend.set)&t.blocked)) {
		return -EFAULT
	}
	return 0
}

func sysSigsuspend(k *Kernel, t *Thread, c *call) int64 {
	set, ok := getWord(t.proc.mm, c.arg[0], 8)
	switch {
	case c.arg[1] != 8:
		return -EINVAL
	case !ok:
		return -EFAULT
	}
	return t.suspend(sigset(set))
}

func sysOldSigsuspend(k *Kernel, t *Thread, c *call) int64 { return t.suspend(sigset(c.arg[2])) }

// suspend waits with another mask until a handler has run.
func (t *Thread) suspend(set sigset) int64 {
	t.useMask(set)
	return t.block(restartNoHand, never)
}

// useMask sets a mask for the length of the present call; the old one comes
// back when the call is over and a handler's frame, if any, holds it.
func (t *Thread) useMask(set sigset) {
	if !t.restore {
		t.savedMask, t.restore = t.blocked, true
	}
	t.blocked = set &^ unblockable
}

func sysPause(k *Kernel, t *Thread, c *call) int64 { return t.block(restartNoHand, never) }

func sysSigtimedwait(k *Kernel, t *Thread, c *call) int64 {
	return k.sigWait(t, c, c.word())
}

func sysSigtimedwait64(k *Kernel, t *Thread, c *call) int64 { return k.sigWait(t, c, 8) }

// sigWait takes a waiting signal of a set without running its handler.
func (k *Kernel) sigWait(t *Thread, c *call, word int) int64 {
	mm := t.proc.mm
	set, ok := getWord(mm, c.arg[0], 8)
	if !ok {
		return -EFAULT
	}
	if info, ok := t.take(sigset(set) &^ unblockable); ok {
		if c.arg[1] != 0 && !copyToUser(mm, c.arg[1], c.word(), info.siginfo()) {
			return -EFAULT
		}
		return int64(info.signo)
	}
	deadline := uint64(never)
	if c.arg[2] != 0 {
		d, r := k.readTimespec(t, c.arg[2], word)
		if r != 0 {
			return r
		}
		deadline = t.until(d)
		if t.deadlinePassed() {
			return -EAGAIN
		}
	}
	return t.block(-EINTR, deadline)
}

func sysRtSigreturn(k *Kernel, t *Thread, c *call) int64 {
	if c.compat {
		return k.sigreturn32(t, true)
	}
	return k.sigreturn64(t)
}

func sysSigreturn(k *Kernel, t *Thread, c *call) int64 {
	if !c.compat {
		return k.badFrame(t)
	}
	return k.sigreturn32(t, false)
}

func sysSigaltstack(k *Kernel, t *Thread, c *call) int64 {
	mm, word := t.proc.mm, c.word()
	old := t.alt
	sp := t.Core().GPR[x86.RSP]
	if c.arg[0] != 0 {
		var s abi.Sigaltstack
		if !copyFromUser(mm, c.arg[0], word, &s) {
			return -EFAULT
		}
		if r := t.setAltStack(uint64(s.Sp), s.Flags, uint64(s.Size), sp); r != 0 {
			return r
		}
	}
	if c.arg[1] != 0 {
		s := old.sigaltstack(sp)
		s.Flags |= old.flags & abi.SS_AUTODISARM
		return t.copyOut(c.arg[1], word, s)
	}
	return 0
}

// sigaltstack is the stack as a program whose stack pointer is sp sees it.
func (a *altStack) sigaltstack(sp uint64) abi.Sigaltstack {
	return abi.Sigaltstack{Sp: abi.ULong(a.sp), Flags: a.state(sp), Size: abi.ULong(a.size)}
}

func (t *Thread) setAltStack(base uint64, flags uint32, size, sp uint64) int64 {
	switch mode := flags &^ abi.SS_AUTODISARM; {
	case t.alt.state(sp) == abi.SS_ONSTACK:
		return -EPERM
	case mode != 0 && mode != abi.SS_ONSTACK && mode != abi.SS_DISABLE:
		return -EINVAL
	case mode == abi.SS_DISABLE:
		t.alt = altStack{}
		return 0
	case size < abi.MINSIGSTKSZ:
		return -ENOMEM
	}
	t.alt = altStack{base, size, flags & abi.SS_AUTODISARM}
	return 0
}

func sysKill(k *Kernel, t *Thread, c *call) int64 {
	id, n := c.int(0), c.int(1)
	if n < 0 || n > abi.SIGRTMAX {
		return -EINVAL
	}
	found, sent, refused := false, 0, 0
	for _, p := range k.processes() {
		if p.isZombie() && id != p.PID || id != -1 && !matches(p, id, t.proc) || id == -1 && p == t.proc {
			continue
		}
		found = true
		if !t.maySignal(p, n) {
			refused++
			continue
		}
		sent++
		if n != 0 {
			p.send(sigInfo{signo: n, code: abi.SI_USER, pid: t.proc.PID, status: int32(t.proc.cred.uid.real)})
		}
	}
	switch {
	case !found:
		return -ESRCH
	case sent == 0 && refused > 0 && id != -1:
		return -EPERM
	}
	return 0
}

func sysTkill(k *Kernel, t *Thread, c *call) int64 { return k.killThread(t, 0, c.int(0), c.int(1)) }

func sysTgkill(k *Kernel, t *Thread, c *call) int64 {
	return k.killThread(t, c.int(0), c.int(1), c.int(2))
}

func (k *Kernel) killThread(t *Thread, pid, tid, n int) int64 {
	if tid <= 0 || n < 0 || n > abi.SIGRTMAX {
		return -EINVAL
	}
	return k.sendThread(t, pid, tid, sigInfo{signo: n, code: abi.SI_TKILL, pid: t.proc.PID, status: int32(t.proc.cred.uid.real)})
}

// sendThread sends to one thread; pid 0: of any process.
func (k *Kernel) sendThread(t *Thread, pid, tid int, info sigInfo) int64 {
	for _, o := range k.threads {
		if o.TID == tid && (pid == 0 || o.proc.PID == pid) {
			if !t.maySignal(o.proc, info.signo) {
				return -EPERM
			}
			if info.signo != 0 {
				o.send(info)
			}
			return 0
		}
	}
	return -ESRCH
}

// readInfo reads what a program passes to the sigqueueinfo calls.
// Only to oneself may it have a code of the kernel's own.
func (k *Kernel) readInfo(t *Thread, c *call, n int, va uint64, self bool) (sigInfo, int64) {
	var s abi.Siginfo
	if !copyFromUser(t.proc.mm, va, c.word(), &s) {
		return sigInfo{}, -EFAULT
	}
	rt := s.Sifields.Rt
	i := sigInfo{signo: n, code: s.Code, pid: int(rt.Pid), status: int32(rt.Uid), value: uint64(rt.Sigval)}
	if (i.code >= 0 || i.code == abi.SI_TKILL) && !self {
		return i, -EPERM
	}
	return i, 0
}

func sysSigqueueinfo(k *Kernel, t *Thread, c *call) int64 {
	info, r := k.readInfo(t, c, c.int(1), c.arg[2], c.int(0) == t.TID)
	if r != 0 {
		return r
	}
	p := k.procs[c.int(0)]
	switch {
	case p == nil:
		return -ESRCH
	case info.signo < 0 || info.signo > abi.SIGRTMAX:
		return -EINVAL
	case !t.maySignal(p, info.signo):
		return -EPERM
	case info.signo != 0:
		p.send(info)
	}
	return 0
}

func sysTgsigqueueinfo(k *Kernel, t *Thread, c *call) int64 {
	info, r := k.readInfo(t, c, c.int(2), c.arg[3], c.int(1) == t.TID)
	switch {
	case r != 0:
		return r
	case c.int(0) <= 0 || c.int(1) <= 0:
		return -EINVAL
	case info.signo < 0 || info.signo > abi.SIGRTMAX:
		return -EINVAL
	}
	return k.sendThread(t, c.int(0), c.int(1), info)
}
