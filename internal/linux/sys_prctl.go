package linux

import (
	"trapline/internal/linux/abi"
)

// attributes are what prctl(2) sets of a process, beside its threads' own.
type attributes struct {
	deathSignal int  // sent when the parent ends
	dumpable    bool // PR_SET_DUMPABLE: others of the user may trace it
	subreaper   bool // orphans below it become its children
	noNewPrivs  bool
	keepCaps    bool
	slack       uint64       // nanoseconds of PR_SET_TIMERSLACK
	dropped     capabilities // what root has given up
	kept        capabilities // what another user has kept that root had
}

// defaultSlack is a thread's timer slack in nanoseconds.
const defaultSlack = 50_000

func firstAttributes() attributes { return attributes{dumpable: true, slack: defaultSlack} }

// child is a new process's.
func (a attributes) child() attributes {
	a.deathSignal, a.subreaper = 0, false
	return a
}

func sysPrctl(k *Kernel, t *Thread, c *call) int64 {
	const size = abi.TASK_COMM_LEN
	a := &t.proc.attr
	v := c.arg[1]
	if c.compat {
		v &= 0xffffffff
	}
	switch c.int(0) {
	case abi.PR_SET_NAME:
		s, ok := t.proc.mm.ReadString(v, size)
		if !ok && s == "" {
			return -EFAULT
		}
		t.setName(s)
		return 0
	case abi.PR_GET_NAME:
		b := make([]byte, size)
		copy(b[:size-1], t.Name())
		if !t.proc.mm.Write(v, b) {
			return -EFAULT
		}
		return 0
	case abi.PR_SET_PDEATHSIG:
		if v > abi.SIGRTMAX {
			return -EINVAL
		}
		a.deathSignal = int(v)
		return 0
	case abi.PR_GET_PDEATHSIG:
		return t.putInt(v, uint64(a.deathSignal))
	case abi.PR_GET_DUMPABLE:
		return oneIf(a.dumpable)
	case abi.PR_SET_DUMPABLE:
		return setFlag(&a.dumpable, v)
	case abi.PR_GET_KEEPCAPS:
		return oneIf(a.keepCaps)
	case abi.PR_SET_KEEPCAPS:
		return setFlag(&a.keepCaps, v)
	case abi.PR_GET_TSC:
		mode := abi.PR_TSC_ENABLE
		if t.noTSC {
			mode = abi.PR_TSC_SIGSEGV
		}
		return t.putInt(v, uint64(mode))
	case abi.PR_SET_TSC:
		if v != abi.PR_TSC_ENABLE && v != abi.PR_TSC_SIGSEGV {
			return -EINVAL
		}
		t.noTSC = v == abi.PR_TSC_SIGSEGV
		t.timeStamps(t.cpu)
		return 0
	}
	return k.prctlMore(t, c, v)
}

// prctlMore are the options whose further arguments must be 0.
func (k *Kernel) prctlMore(t *Thread, c *call, v uint64) int64 {
	a := &t.proc.attr
	rest := c.arg[2] != 0 || c.arg[3] != 0 || c.arg[4] != 0
	switch c.int(0) {
	case abi.PR_SET_CHILD_SUBREAPER:
		a.subreaper = v != 0
		return 0
	case abi.PR_GET_CHILD_SUBREAPER:
		return t.putInt(v, uint64(oneIf(a.subreaper)))
	case abi.PR_SET_NO_NEW_PRIVS:
		if v != 1 || rest {
			return -EINVAL
		}
		a.noNewPrivs = true
		return 0
	case abi.PR_GET_NO_NEW_PRIVS:
		if v != 0 || rest {
			return -EINVAL
		}
		return oneIf(a.noNewPrivs)
	case abi.PR_SET_TIMERSLACK:
		if a.slack = v; int64(v) <= 0 {
			a.slack = defaultSlack
		}
		return 0
	case abi.PR_GET_TIMERSLACK:
		return int64(a.slack)
	case abi.PR_GET_SECCOMP, abi.PR_GET_TIMING:
		return 0 // no filter; PR_TIMING_STATISTICAL
	}
	return -EINVAL
}

func (t *Thread) putInt(va, v uint64) int64 {
	if !putWord(t.proc.mm, va, 4, v) {
		return -EFAULT
	}
	return 0
}

func oneIf(v bool) int64 {
	if v {
		return 1
	}
	return 0
}

func setFlag(f *bool, v uint64) int64 {
	if v > 1 {
		return -EINVAL
	}
	*f = v == 1
	return 0
}
