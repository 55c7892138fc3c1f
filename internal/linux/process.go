package linux

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// firstPID is the number of the first process.
const firstPID = 100

func (k *Kernel) newPID() int {
	if k.lastPID == 0 {
		k.lastPID = firstPID - 1
	}
	k.lastPID++
	return k.lastPID
}

func (k *Kernel) newProcess(parent *Process) *Process {
	p := &Process{k: k, PID: k.newPID(), parent: parent, exitSig: abi.SIGCHLD}
	p.pgid, p.sid = p.PID, p.PID
	u := k.firstUser()
	p.cred = credentials{uid: sameIDs(u.UID), gid: sameIDs(u.GID)}
	if parent != nil {
		p.cred = parent.cred
		p.pgid, p.sid, p.tty = parent.pgid, parent.sid, parent.tty
		p.limits, p.attr = parent.limits, parent.attr.child()
		parent.children = append(parent.children, p)
	}
	k.procs[p.PID] = p
	return p
}

// newThread adds a thread to p; the first one has the process's number.
func (k *Kernel) newThread(p *Process, ctx *emu.Context) *Thread {
	t := &Thread{k: k, proc: p, ctx: ctx, TID: p.PID}
	if len(p.thr) > 0 {
		t.TID = k.newPID()
	}
	p.thr = append(p.thr, t)
	k.threads = append(k.threads, t)
	return t
}

// Flags of clone(2).
const (
	cloneNewAny = 0x7e020080 // namespaces: refused
)

// cloneArgs are the arguments of clone in one order for all its forms.
type cloneArgs struct {
	flags                  uint64
	stack, ptid, ctid, tls uint64
	pidfd                  uint64 // where the number of the child's descriptor goes
	exitSig                int
}

// clone makes a thread or a process.
func (k *Kernel) clone(t *Thread, a cloneArgs) int64 {
	thread := a.flags&abi.CLONE_THREAD != 0
	switch {
	case a.flags&cloneNewAny != 0, a.flags&abi.CLONE_PIDFD != 0 && (thread || a.flags&abi.CLONE_DETACHED != 0), a.flags&abi.CLONE_CLEAR_SIGHAND != 0 && a.flags&abi.CLONE_SIGHAND != 0,
		thread && a.flags&abi.CLONE_SIGHAND == 0,
		thread && a.flags&(abi.CLONE_FS|abi.CLONE_FILES) != abi.CLONE_FS|abi.CLONE_FILES, // both are of processes here
		a.flags&abi.CLONE_PARENT != 0 && t.proc.parent == nil,
		a.flags&abi.CLONE_SIGHAND != 0 && a.flags&abi.CLONE_VM == 0:
		return -EINVAL
	case len(k.threads) >= k.cfg.Limits.Threads, !thread && len(k.procs) >= k.cfg.Limits.Processes, !k.mayFork(t.proc):
		return -EAGAIN
	}
	tls, r := k.newTLS(t, a)
	if r != 0 {
		return r
	}
	if a.flags&abi.CLONE_PIDFD != 0 {
		if r := t.tellPidfd(a.pidfd); r != 0 {
			return r
		}
	}
	ctx := emu.NewContext(emu.Core{})
	t.cpu.SaveContext(ctx)
	ctx.GPR[x86.RAX] = 0
	if a.stack != 0 {
		ctx.GPR[x86.RSP] = a.stack
	}
	n, r := k.cloneInto(t, a, ctx)
	if n == nil {
		return r
	}
	n.blocked, n.tls, n.alt = t.blocked, t.tls, t.alt
	n.sched, n.noTSC, n.persona, n.policy = t.sched.child(), t.noTSC, t.persona, t.policy
	if a.flags&abi.CLONE_VM != 0 && a.flags&abi.CLONE_VFORK == 0 {
		n.alt = altStack{}
	}
	if a.flags&abi.CLONE_SETTLS != 0 {
		tls.give(n)
	}
	if a.flags&abi.CLONE_PIDFD != 0 {
		t.open(pidfdOf(n.proc, 0), abi.O_CLOEXEC)
	}
	if a.flags&abi.CLONE_PARENT_SETTID != 0 {
		putWord(t.proc.mm, a.ptid, 4, uint64(n.TID))
	}
	if a.flags&abi.CLONE_CHILD_SETTID != 0 {
		putWord(n.proc.mm, a.ctid, 4, uint64(n.TID))
	}
	if a.flags&abi.CLONE_CHILD_CLEARTID != 0 {
		n.clearTID = a.ctid
	}
	if k.cfg.Hooks != nil {
		k.cfg.Hooks.Forked(t, n)
	}
	t.traceChild(n, a.flags, a.exitSig)
	if a.flags&abi.CLONE_VFORK != 0 {
		n.vforkOf = t
		t.become(stateVfork)
	}
	return int64(n.TID)
}

// cloneInto makes the thread, in t's process or in a new one.
func (k *Kernel) cloneInto(t *Thread, a cloneArgs, ctx *emu.Context) (*Thread, int64) {
	p := t.proc
	if a.flags&abi.CLONE_THREAD != 0 {
		n := k.newThread(p, ctx)
		n.name = t.Name()
		return n, 0
	}
	mm := p.mm
	if a.flags&abi.CLONE_VM != 0 {
		mm.Users++
	} else {
		var err error
		if mm, err = p.mm.Fork(); err != nil {
			k.stop(BoundMemory)
			return nil, -ENOMEM
		}
	}
	n := k.newProcess(p)
	n.mm, n.exitSig, n.Name = mm, a.exitSig, t.Name()
	if a.flags&abi.CLONE_PARENT != 0 {
		p.children = p.children[:len(p.children)-1]
		n.parent, n.exitSig = p.parent, p.exitSig
		n.parent.children = append(n.parent.children, n)
	}
	n.files, n.fs, n.sigs = p.files, p.fs.clone(a.flags&abi.CLONE_FS != 0), p.sigs.clone(a.flags)
	if a.flags&abi.CLONE_FILES != 0 {
		n.files.users++
	} else {
		n.files = p.files.clone()
	}
	if a.flags&abi.CLONE_SYSVSEM != 0 {
		n.undo = p.undoes()
		n.undo.users++
	}
	if a.flags&abi.CLONE_PARENT != 0 {
		k.adopt(n, p)
	}
	return k.newThread(n, ctx), 0
}

// adopt makes n, a new child of p, a sibling of it (CLONE_PARENT).
func (k *Kernel) adopt(n, p *Process) {
	p.children = slices.DeleteFunc(p.children, func(c *Process) bool { return c == n })
	if n.parent, n.exitSig = p.parent, p.exitSig; p.parent != nil {
		p.parent.children = append(p.parent.children, n)
	}
}

// detach takes a thread off its vCPU for good; its registers there are lost.
func (k *Kernel) detach(t *Thread) {
	if t.cpu != nil {
		k.current[t.cpu.ID] = nil
		t.dropDebugRegs()
		t.cpu = nil
	}
}

// exitThread ends one thread.
func (k *Kernel) exitThread(t *Thread) {
	if t.state == stateDead {
		return
	}
	p := t.proc
	t.interrupt()
	k.stopOpening(t)
	k.stopWaiting(t)
	k.releaseVfork(t)
	k.forgetVfork(t)
	k.robustExit(t)
	k.piExit(t)
	if t.clearTID != 0 && p.mm.Users > 0 {
		putWord(p.mm, t.clearTID, 4, 0)
		k.futexWake(p.mm, t.clearTID, 1, ^uint32(0))
	}
	t.become(stateDead)
	k.traceEnded(t, t.exit)
	p.ran += t.ran
	if k.cfg.Hooks != nil {
		k.cfg.Hooks.ThreadExited(t)
	}
	k.detach(t)
	k.threads = slices.DeleteFunc(k.threads, func(x *Thread) bool { return x == t })
	p.thr = slices.DeleteFunc(p.thr, func(x *Thread) bool { return x == t })
	k.changed()
}

// releaseVfork lets a parent go on that waits for t's process in vfork.
func (k *Kernel) releaseVfork(t *Thread) {
	if t.vforkOf != nil {
		if t.vforkOf.state == stateVfork {
			t.vforkOf.become(stateRunning)
		}
		if t.vforkOf.wants(abi.PTRACE_O_TRACEVFORKDONE) {
			t.vforkOf.trace.event, t.vforkOf.trace.message = abi.PTRACE_EVENT_VFORK_DONE, uint64(t.TID)
		}
		t.vforkOf = nil
		k.changed()
	}
}

// forgetVfork has t wait for no child any more: its process ends (wait_for_vfork_done()).
func (k *Kernel) forgetVfork(t *Thread) {
	for _, o := range k.threads {
		if o.vforkOf == t {
			o.vforkOf = nil
		}
	}
}

func (k *Kernel) dropOtherThreads(t *Thread) {
	for _, o := range slices.Clone(t.proc.thr) {
		if o != t {
			k.exitThread(o)
		}
	}
	if t.TID != t.proc.PID { // the survivor becomes the leader
		t.TID, t.name = t.proc.PID, ""
	}
}

// exitProcess ends a process with a wait status: code<<8, or a signal.
func (k *Kernel) exitProcess(p *Process, status int) {
	if p.isZombie() {
		return
	}
	for _, t := range slices.Clone(p.thr) {
		t.exit = status
		k.exitThread(t)
	}
	k.forgetTracees(p)
	p.become(procZombie)
	p.status = status
	p.timers, p.itimers = nil, [3]interval{}
	k.semExit(p)
	k.setTimers()
	p.mm.Drop()
	k.dropFiles(p.files)
	k.dropFS(p.fs)
	p.sigs.users--
	p.mm, p.files, p.fs = nil, nil, nil
	if p.leads() {
		k.leaveTerminal(p, true)
	}
	reaper, over := p.reaper(), k.init == p && len(k.cfg.More) == 0
	for _, c := range p.children {
		if c.parent = reaper; over {
			c.parent = nil
		}
		k.orphans(c, p, nil)
		if c.attr.deathSignal != 0 && !c.isZombie() {
			c.send(sigInfo{signo: c.attr.deathSignal, code: abi.SI_USER, pid: p.PID})
		}
		switch {
		case over && !k.cfg.Background, c.isZombie() && reaper == k.init:
			delete(k.procs, c.PID)
		case over:
		case c.isZombie():
			reaper.children = append(reaper.children, c)
			k.notifyParent(c)
		default:
			reaper.children = append(reaper.children, c)
		}
	}
	p.children = nil
	k.orphans(p, p.parent, p)
	if !p.withheld {
		k.notifyParent(p)
	}
	k.changed()
}

// reaper is the process whose children p's become (find_new_reaper()).
func (p *Process) reaper() *Process {
	for a := p.parent; a != nil; a = a.parent {
		if a.attr.subreaper && !a.isZombie() {
			return a
		}
	}
	return p.k.init
}

// notifyParent sends SIGCHLD, or buries the process if nobody will wait.
func (k *Kernel) notifyParent(p *Process) {
	par := p.parent
	if par == nil || par.isZombie() {
		if p != k.init {
			delete(k.procs, p.PID)
		}
		return
	}
	a := par.sigs.act[abi.SIGCHLD]
	if p.exitSig == abi.SIGCHLD && (a.handler == abi.SIG_IGN || a.flags&abi.SA_NOCLDWAIT != 0) {
		k.bury(p)
	}
	if p.exitSig != 0 {
		par.send(childInfo(p, p.exitSig))
	}
}

func childInfo(p *Process, sig int) sigInfo { return childInfoOf(p.PID, p.status, sig) }

// childInfoOf tells of an end with a wait status.
func childInfoOf(pid, status, sig int) sigInfo {
	i := sigInfo{signo: sig, code: abi.CLD_EXITED, pid: pid, status: int32(status >> 8 & 0xff)}
	if s := status & 0x7f; s != 0 {
		i.code, i.status = abi.CLD_KILLED, int32(s)
	}
	return i
}

// bury removes a zombie that was waited for.
func (k *Kernel) bury(p *Process) {
	if p.state == procDead { // its tracer lets go of it later than its parent
		return
	}
	p.become(procDead)
	delete(k.procs, p.PID)
	if p.parent != nil {
		p.parent.buried += p.ran + p.buried
		p.parent.children = slices.DeleteFunc(p.parent.children, func(x *Process) bool { return x == p })
	}
}

// stopProcess suspends a process until SIGCONT.
func (k *Kernel) stopProcess(p *Process, sig int) {
	traced := false
	for _, t := range p.thr {
		t.interrupt()
		if t.traced() {
			traced = true
			t.trace.halt = sig
		}
	}
	if traced {
		k.changed()
		return
	}
	p.become(procStopped)
	p.status = sig<<8 | 0x7f
	if p.parent != nil && p.parent.sigs.act[abi.SIGCHLD].flags&abi.SA_NOCLDSTOP == 0 {
		p.parent.send(sigInfo{signo: abi.SIGCHLD, code: abi.CLD_STOPPED, pid: p.PID, status: int32(sig)})
	}
	k.changed()
}

func matches(c *Process, id int, p *Process) bool {
	switch {
	case id > 0:
		return c.PID == id
	case id == 0:
		return c.pgid == p.pgid
	case id == -1:
		return true
	}
	return c.pgid == -id
}
