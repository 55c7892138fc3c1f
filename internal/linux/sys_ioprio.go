package linux

import (
	"cmp"

	"trapline/internal/linux/abi"
)

// Priorities of input and output (block/ioprio.c) are kept and have no effect: there is no disk.

// ioprioThreads calls do for the threads that which and who name, of users and groups every one.
func (k *Kernel) ioprioThreads(t *Thread, which, who int, do func(*Thread)) int64 {
	kinds := []int{abi.PRIO_PROCESS, abi.PRIO_PGRP, abi.PRIO_USER}
	if which < abi.IOPRIO_WHO_PROCESS || which > abi.IOPRIO_WHO_USER {
		return -EINVAL
	}
	return k.byPriority(t, kinds[which-abi.IOPRIO_WHO_PROCESS], who, do)
}

func sysIoprioGet(k *Kernel, t *Thread, c *call) int64 {
	best := int64(-1)
	r := k.ioprioThreads(t, c.int(0), c.int(1), func(o *Thread) {
		if p := int64(o.sched.disk); best < 0 || p < best {
			best = p
		}
	})
	return cmp.Or(r, best)
}

func sysIoprioSet(k *Kernel, t *Thread, c *call) int64 {
	prio := c.int(2)
	class, level := prio>>abi.IOPRIO_CLASS_SHIFT, prio&(1<<abi.IOPRIO_CLASS_SHIFT-1)
	switch class {
	case abi.IOPRIO_CLASS_RT, abi.IOPRIO_CLASS_BE:
		switch {
		case class == abi.IOPRIO_CLASS_RT && !k.privileged():
			return -EPERM
		case level >= abi.IOPRIO_NR_LEVELS:
			return -EINVAL
		}
	case abi.IOPRIO_CLASS_IDLE:
	case abi.IOPRIO_CLASS_NONE:
		if level != 0 {
			return -EINVAL
		}
	default:
		return -EINVAL
	}
	own, denied := t.proc.cred.uid, int64(0)
	r := k.ioprioThreads(t, c.int(0), c.int(1), func(o *Thread) {
		of := o.proc.cred.uid
		if own.eff != 0 && of.real != own.eff && of.real != own.real {
			denied = -EPERM
			return
		}
		o.sched.disk = uint16(prio)
	})
	return cmp.Or(r, denied)
}
