package linux

import (
	"math"

	"trapline/internal/linux/abi"
)

// rlimit is a resource's limit, and what it may be raised to; noLimit: none.
type rlimit struct{ now, most uint64 }

const noLimit = math.MaxUint64

// rlimits are a process's, by resource.
type rlimits [abi.RLIM_NLIMITS]rlimit

// firstLimits are those of the first process.
func (k *Kernel) firstLimits() rlimits {
	var l rlimits
	for i := range l {
		l[i] = rlimit{noLimit, noLimit}
	}
	processes, files := uint64(k.cfg.Limits.Processes), uint64(k.cfg.Limits.Files)
	l[abi.RLIMIT_STACK] = rlimit{stackLimit, noLimit}
	l[abi.RLIMIT_CORE] = rlimit{0, noLimit}
	l[abi.RLIMIT_NPROC] = rlimit{processes, processes}
	l[abi.RLIMIT_NOFILE] = rlimit{files, files}
	l[abi.RLIMIT_MEMLOCK] = rlimit{8 << 20, 8 << 20}
	l[abi.RLIMIT_SIGPENDING] = rlimit{maxQueued, maxQueued}
	l[abi.RLIMIT_MSGQUEUE] = rlimit{819200, 819200}
	l[abi.RLIMIT_NICE], l[abi.RLIMIT_RTPRIO] = rlimit{}, rlimit{}
	return l
}

func (p *Process) limit(resource int) rlimit { return p.limits[resource] }

// setLimit changes a limit (do_prlimit()). What a run is bounded by cannot be raised.
func (k *Kernel) setLimit(p *Process, resource int, l rlimit) int64 {
	old := &p.limits[resource]
	bounded := resource == abi.RLIMIT_NPROC || resource == abi.RLIMIT_NOFILE || resource == abi.RLIMIT_SIGPENDING
	switch {
	case l.now > l.most:
		return -EINVAL
	case l.most > old.most && (!k.privileged() || bounded):
		return -EPERM
	}
	*old = l
	switch resource {
	case abi.RLIMIT_NOFILE:
		p.files.max = int(l.now)
	case abi.RLIMIT_CPU:
		k.setTimers()
	}
	return 0
}

// encode is a limit as a program sees it; with words of 4 bytes what is too large is none.
func (r rlimit) encode(word int) abi.Rlimit {
	if word == 4 {
		return abi.Rlimit{Cur: abi.ULong(min(r.now, math.MaxUint32)), Max: abi.ULong(min(r.most, math.MaxUint32))}
	}
	return abi.Rlimit{Cur: abi.ULong(r.now), Max: abi.ULong(r.most)}
}

// decodeLimit is what encode encoded.
func decodeLimit(r abi.Rlimit, word int) rlimit {
	wide := func(v abi.ULong) uint64 {
		if word == 4 && v == math.MaxUint32 {
			return noLimit
		}
		return uint64(v)
	}
	return rlimit{wide(r.Cur), wide(r.Max)}
}

func sysGetrlimit(k *Kernel, t *Thread, c *call) int64 {
	return k.prlimit(t, t.proc, c.int(0), 0, c.arg[1], c.word())
}

func sysSetrlimit(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[1] == 0 {
		return -EFAULT
	}
	return k.prlimit(t, t.proc, c.int(0), c.arg[1], 0, c.word())
}

func sysPrlimit(k *Kernel, t *Thread, c *call) int64 {
	p := t.proc
	if id := c.int(0); id != 0 {
		o := k.threadByID(id)
		if o == nil {
			return -ESRCH
		}
		p = o.proc
	}
	return k.prlimit(t, p, c.int(1), c.arg[2], c.arg[3], 8)
}

func (k *Kernel) prlimit(t *Thread, p *Process, resource int, set, get uint64, word int) int64 {
	var l abi.Rlimit
	switch {
	case set != 0 && !copyFromUser(t.proc.mm, set, word, &l):
		return -EFAULT
	case resource < 0 || resource >= abi.RLIM_NLIMITS:
		return -EINVAL
	}
	old := p.limit(resource)
	if set != 0 {
		if r := k.setLimit(p, resource, decodeLimit(l, word)); r != 0 {
			return r
		}
	}
	if get != 0 {
		return t.copyOut(get, word, old.encode(word))
	}
	return 0
}

// mayGrow reports whether an address space of p's may have size bytes more
// (may_expand_vm()); data: of private memory that can be written.
func (p *Process) mayGrow(size uint64, data bool) bool {
	if limit := p.limit(abi.RLIMIT_AS).now; limit != noLimit && size > limit-min(limit, p.mm.Total(false)) {
		return false
	}
	limit := p.limit(abi.RLIMIT_DATA).now
	return !data || limit == noLimit || size <= limit-min(limit, p.mm.Total(true))
}

// fileRoom is how many of n bytes RLIMIT_FSIZE lets a file have from pos on; a
// write of none is SIGXFSZ (generic_write_check_limits()).
func (t *Thread) fileRoom(pos int64, n int) (int, int64) {
	limit := t.proc.limit(abi.RLIMIT_FSIZE).now
	if limit == noLimit || n == 0 {
		return n, 0
	}
	if uint64(pos) >= limit {
		t.send(sigInfo{signo: abi.SIGXFSZ, code: abi.SI_USER, pid: t.proc.PID})
		return 0, -EFBIG
	}
	return int(min(uint64(n), limit-uint64(pos))), 0
}

// mayFork reports whether RLIMIT_NPROC lets the user have one thread more.
func (k *Kernel) mayFork(p *Process) bool {
	return k.privileged() || uint64(len(k.threads)) < p.limit(abi.RLIMIT_NPROC).now
}
