package linux

import (
	"cmp"
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// scheduling is how the scheduler treats a thread: threads of a real-time
// policy go before others, by priority; what they inherit by waiting locks counts.
type scheduling struct {
	policy   uint32 // SCHED_*
	priority int    // 1 to 99 of SCHED_FIFO and SCHED_RR, else 0
	nice     int    // -20 to 19
	allowed  uint64 // vCPUs, a bit each; 0: all
	reset    bool   // SCHED_RESET_ON_FORK
	disk     uint16 // ioprio_set(2)'s
}

// child is a new thread's.
func (s scheduling) child() scheduling {
	if s.reset {
		return scheduling{allowed: s.allowed, nice: max(0, s.nice), disk: s.disk}
	}
	return s
}

// mayUse reports whether t may run on vCPU id.
func (t *Thread) mayUse(id int) bool { return t.sched.allowed == 0 || t.sched.allowed>>id&1 != 0 }

// priority is t's, or that of a thread that waits for a lock of t's if that is
// higher (rt_mutex_adjust_prio_chain()).
func (t *Thread) priority() int { return t.boosted(boostDepth) }

// rank puts threads in an order: by priority, and those that have none by how nice they are (task_struct's prio).
func (t *Thread) rank() int {
	if p := t.priority(); p > 0 {
		return 20 + p
	}
	return -t.sched.nice
}

// boostDepth bounds the chain of locks that a priority goes along (max_lock_depth).
const boostDepth = 1024

func (t *Thread) boosted(depth int) int {
	p := t.sched.priority
	if depth == 0 || !t.k.locksWaited() {
		return p
	}
	for _, o := range t.k.threads {
		if f := &o.futex; f.queued && !f.woken && f.pi.owner == t {
			p = max(p, o.boosted(depth-1))
		}
	}
	return p
}

// locksWaited reports whether somebody waits for a lock with priority inheritance.
func (k *Kernel) locksWaited() bool {
	for _, t := range k.threads {
		if t.futex.pi.owner != nil {
			return true
		}
	}
	return false
}

// candidate is the thread that vCPU id tries next: the first of those with the
// highest priority that may run there and were not tried.
func (k *Kernel) candidate(id int, tried map[*Thread]bool) *Thread {
	var best *Thread
	for _, t := range k.threads {
		if t.cpu != nil || t.state == stateDead || !t.mayUse(id) || tried[t] || !k.mayRun(t) {
			continue
		}
		if best == nil || t.priority() > best.priority() {
			best = t
		}
	}
	return best
}

// yields reports whether o, which waits for a vCPU, may have t's at the end of
// its turn.
func (t *Thread) yields(o *Thread) bool {
	mine, its := t.priority(), o.priority()
	return its > mine || its == mine && t.sched.policy != abi.SCHED_FIFO
}

// length is how many instructions t's turn has. As with the kernel's weights,
// each step of nice is a quarter more or less.
func (t *Thread) length() int {
	n := t.k.turn()
	if t.sched.nice == 0 || t.k.endlessTurns() {
		return n
	}
	f := float64(n)
	for range t.sched.nice {
		f /= 1.25
	}
	for range -t.sched.nice {
		f *= 1.25
	}
	return max(1, int(f))
}

// threadArg is the thread that an argument names, 0 meaning the caller.
func (k *Kernel) threadArg(t *Thread, id int) (*Thread, int64) {
	switch {
	case id < 0:
		return nil, -EINVAL
	case id == 0:
		return t, 0
	}
	if o := k.threadByID(id); o != nil {
		return o, 0
	}
	return nil, -ESRCH
}

// cpuMask is a bit for each vCPU.
func (k *Kernel) cpuMask() uint64 { return 1<<len(k.m.CPUs) - 1 }

func sysGetaffinity(k *Kernel, t *Thread, c *call) int64 {
	size := c.word()
	if c.arg[1] < uint64(size) || c.arg[1]%uint64(size) != 0 {
		return -EINVAL
	}
	o, r := k.threadArg(t, c.int(0))
	if r != 0 {
		return -ESRCH
	}
	mask := o.sched.allowed
	if mask == 0 {
		mask = k.cpuMask()
	}
	if !putWord(t.proc.mm, c.arg[2], size, mask) {
		return -EFAULT
	}
	return int64(size)
}

// sysSetaffinity moves the thread at once if it is where it may no longer be.
func sysSetaffinity(k *Kernel, t *Thread, c *call) int64 {
	mask, ok := getWord(t.proc.mm, c.arg[2], int(min(c.arg[1]&0xffffffff, 8)))
	if !ok {
		return -EFAULT
	}
	o, r := k.threadArg(t, c.int(0))
	switch {
	case r != 0:
		return -ESRCH
	case mask&k.cpuMask() == 0:
		return -EINVAL
	}
	o.sched.allowed = mask & k.cpuMask()
	o.interrupt()
	k.changed()
	return 0
}

func sysGetscheduler(k *Kernel, t *Thread, c *call) int64 {
	o, r := k.threadArg(t, c.int(0))
	if r != 0 {
		return r
	}
	policy := int64(o.sched.policy)
	if o.sched.reset {
		policy |= abi.SCHED_RESET_ON_FORK
	}
	return policy
}

func sysSchedGetparam(k *Kernel, t *Thread, c *call) int64 {
	o, r := k.threadArg(t, c.int(0))
	switch {
	case c.arg[1] == 0:
		return -EINVAL
	case r != 0:
		return r
	}
	return t.copyOut(c.arg[1], c.word(), abi.SchedParam{Priority: int32(o.sched.priority)})
}

func sysSetscheduler(k *Kernel, t *Thread, c *call) int64 {
	if c.int(1) < 0 {
		return -EINVAL
	}
	return k.setScheduler(t, c.int(0), c.arg[2], func(*Thread) uint32 { return uint32(c.arg[1]) })
}

func sysSchedSetparam(k *Kernel, t *Thread, c *call) int64 {
	return k.setScheduler(t, c.int(0), c.arg[1], func(o *Thread) uint32 { return o.sched.policy })
}

// setScheduler gives a thread a policy and the priority at param.
func (k *Kernel) setScheduler(t *Thread, id int, param uint64, policy func(*Thread) uint32) int64 {
	if param == 0 || id < 0 {
		return -EINVAL
	}
	var given abi.SchedParam
	if !copyFromUser(t.proc.mm, param, 4, &given) {
		return -EFAULT
	}
	priority := uint64(uint32(given.Priority))
	o, r := k.threadArg(t, id)
	if r != 0 {
		return r
	}
	p := policy(o)
	reset := p&abi.SCHED_RESET_ON_FORK != 0
	p &^= abi.SCHED_RESET_ON_FORK
	realTime := p == abi.SCHED_FIFO || p == abi.SCHED_RR
	switch {
	case p != abi.SCHED_NORMAL && p != abi.SCHED_BATCH && p != abi.SCHED_IDLE && !realTime,
		realTime && (priority < 1 || priority > 99), !realTime && priority != 0:
		return -EINVAL
	case realTime && !k.privileged() && priority > t.proc.limit(abi.RLIMIT_RTPRIO).now:
		return -EPERM
	}
	o.sched.policy, o.sched.priority, o.sched.reset = p, int(priority), reset
	k.changed()
	return 0
}

func sysSchedMax(k *Kernel, t *Thread, c *call) int64 { return priorityLimit(c.int(0), 99) }
func sysSchedMin(k *Kernel, t *Thread, c *call) int64 { return priorityLimit(c.int(0), 1) }

func priorityLimit(policy int, realTime int64) int64 {
	switch policy {
	case abi.SCHED_FIFO, abi.SCHED_RR:
		return realTime
	case abi.SCHED_NORMAL, abi.SCHED_BATCH, abi.SCHED_IDLE, abi.SCHED_DEADLINE:
		return 0 // the only priority of these
	}
	return -EINVAL
}

// sysSchedInterval: a turn, of SCHED_FIFO none.
func sysSchedInterval(k *Kernel, t *Thread, c *call) int64 { return k.schedInterval(t, c, c.word()) }
func sysSchedInterval64(k *Kernel, t *Thread, c *call) int64 {
	return k.schedInterval(t, c, 8)
}

func (k *Kernel) schedInterval(t *Thread, c *call, word int) int64 {
	o, r := k.threadArg(t, c.int(0))
	if r != 0 {
		return r
	}
	turn := uint64(o.length())
	if o.sched.policy == abi.SCHED_FIFO || k.endlessTurns() {
		turn = 0
	}
	return t.copyOut(c.arg[1], word, timespecOf(turn))
}

// byPriority calls do for the threads that which and who of getpriority(2) name.
func (k *Kernel) byPriority(t *Thread, which, who int, do func(o *Thread)) int64 {
	found := false
	for _, o := range k.threads {
		var ok bool
		switch which {
		case abi.PRIO_PROCESS:
			ok = o.TID == who || who == 0 && o == t
		case abi.PRIO_PGRP:
			ok = o.proc.pgid == who || who == 0 && o.proc.pgid == t.proc.pgid
		case abi.PRIO_USER:
			ok = o.proc.cred.uid.real == uint32(who) || who == 0 && o.proc.cred.uid.real == t.proc.cred.uid.real
		default:
			return -EINVAL
		}
		if ok {
			found = true
			do(o)
		}
	}
	if !found {
		return -ESRCH
	}
	return 0
}

// sysGetpriority: the raw call gives 20 minus the lowest nice value.
func sysGetpriority(k *Kernel, t *Thread, c *call) int64 {
	lowest := 20
	if r := k.byPriority(t, c.int(0), c.int(1), func(o *Thread) { lowest = min(lowest, o.sched.nice) }); r != 0 {
		return r
	}
	return int64(20 - lowest)
}

func sysSetpriority(k *Kernel, t *Thread, c *call) int64 {
	nice, denied := min(max(c.int(2), -20), 19), int64(0)
	own := t.proc.cred.uid.eff
	r := k.byPriority(t, c.int(0), c.int(1), func(o *Thread) {
		switch of := o.proc.cred.uid; {
		case own != 0 && own != of.real && own != of.eff:
			denied = -EPERM
		case nice < o.sched.nice && own != 0 && uint64(20-nice) > t.proc.limit(abi.RLIMIT_NICE).now:
			denied = -EACCES
		default:
			o.sched.nice = nice
		}
	})
	return cmp.Or(r, denied)
}

// sysNice is i386's nice.
func sysNice(k *Kernel, t *Thread, c *call) int64 {
	nice := min(max(t.sched.nice+min(max(c.int(0), -40), 40), -20), 19)
	if nice < t.sched.nice && !k.privileged() {
		return -EPERM
	}
	t.sched.nice = nice
	return 0
}

// privileged reports whether the guest's user has the capabilities of root.
func (k *Kernel) privileged() bool { return k.user().UID == 0 }

func sysGetcpu(k *Kernel, t *Thread, c *call) int64 {
	for i, v := range []uint64{uint64(t.cpu.ID), 0} {
		if c.arg[i] != 0 && !putWord(t.proc.mm, c.arg[i], 4, v) {
			return -EFAULT
		}
	}
	return 0
}

func sysSchedYield(k *Kernel, t *Thread, c *call) int64 {
	k.slice[t.cpu.ID] = 0
	return 0
}

// timeStamps lets vCPU c read its time stamp or not, as its thread's
// PR_SET_TSC says.
func (t *Thread) timeStamps(c *emu.CPU) {
	c.Sys.CR4 &^= emu.CR4TSD
	if t.noTSC {
		c.Sys.CR4 |= emu.CR4TSD
	}
}
