package linux

import (
	"maps"
	"path"
	"slices"

	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// processes lists the processes by number.
func (k *Kernel) processes() []*Process {
	l := make([]*Process, 0, len(k.procs))
	for _, pid := range slices.Sorted(maps.Keys(k.procs)) {
		l = append(l, k.procs[pid])
	}
	return l
}

func sysFork(k *Kernel, t *Thread, c *call) int64 {
	return k.clone(t, cloneArgs{exitSig: abi.SIGCHLD})
}

func sysVfork(k *Kernel, t *Thread, c *call) int64 {
	return k.clone(t, cloneArgs{flags: abi.CLONE_VM | abi.CLONE_VFORK, exitSig: abi.SIGCHLD})
}

// sysClone: the order of the last arguments differs between the two ABIs.
func sysClone(k *Kernel, t *Thread, c *call) int64 {
	a := cloneArgs{flags: c.arg[0] & 0xffffff00, exitSig: int(c.arg[0] & 0xff), stack: c.arg[1], ptid: c.arg[2],
		ctid: c.arg[3], tls: c.arg[4], pidfd: c.arg[2]}
	if c.compat {
		a.tls, a.ctid = c.arg[3], c.arg[4]
	}
	if a.exitSig > abi.SIGRTMAX || a.flags&abi.CLONE_PIDFD != 0 && a.flags&abi.CLONE_PARENT_SETTID != 0 { // both would be in one place
		return -EINVAL
	}
	return k.clone(t, a)
}

func sysExecve(k *Kernel, t *Thread, c *call) int64 {
	p, r := k.userPath(t, abi.AT_FDCWD, c.arg[0])
	if r != 0 {
		return r
	}
	given, _ := t.proc.mm.ReadString(c.arg[0], maxArgs) // userPath has read it
	total := 0
	argv, r := k.userStrings(t, c.arg[1], c.word(), &total)
	if r != 0 {
		return r
	}
	env, r := k.userStrings(t, c.arg[2], c.word(), &total)
	if r != 0 {
		return r
	}
	if link, r := k.procLinkAt(t, path.Clean(p)); r != 0 {
		return r
	} else if link != nil {
		p = link.target
	}
	if len(argv) == 0 {
		argv = []string{""}
	}
	return k.execve(t, p, given, argv, env)
}

// userStrings reads a NULL-terminated list of strings; total counts all bytes.
func (k *Kernel) userStrings(t *Thread, va uint64, word int, total *int) ([]string, int64) {
	var l []string
	for va != 0 {
		at, ok := getWord(t.proc.mm, va, word)
		if !ok {
			return nil, -EFAULT
		}
		if at == 0 {
			break
		}
		s, ok := t.proc.mm.ReadString(at, maxArgs)
		if !ok {
			return nil, -EFAULT
		}
		if *total += len(s) + 1 + word; *total > maxArgs {
			return nil, -E2BIG
		}
		l = append(l, s)
		va += uint64(word)
	}
	return l, 0
}

func sysExit(k *Kernel, t *Thread, c *call) int64 {
	code := int(c.arg[0]&0xff) << 8
	if k.tellsExit(t, code, false) {
		return resultNone
	}
	t.exit = code
	if len(t.proc.thr) == 1 {
		k.exitProcess(t.proc, code)
	} else {
		k.exitThread(t)
	}
	return resultNone
}

func sysExitGroup(k *Kernel, t *Thread, c *call) int64 {
	code := int(c.arg[0]&0xff) << 8
	if !k.tellsExit(t, code, true) {
		k.exitProcess(t.proc, code)
	}
	return resultNone
}

func sysWaitpid(k *Kernel, t *Thread, c *call) int64 {
	return k.wait4(t, c.int(0), c.arg[1], c.arg[2], 0)
}

func sysWait4(k *Kernel, t *Thread, c *call) int64 {
	return k.wait4(t, c.int(0), c.arg[1], c.arg[2], c.arg[3])
}

func sysFutex(k *Kernel, t *Thread, c *call) int64   { return k.futex(t, c, c.word()) }
func sysFutex64(k *Kernel, t *Thread, c *call) int64 { return k.futex(t, c, 8) }

// futex is futex(2) with a timespec of two words.
func (k *Kernel) futex(t *Thread, c *call, word int) int64 {
	mm, va, val, to := t.proc.mm, c.arg[0], uint32(c.arg[2]), c.arg[4]
	count, other := int(int32(min(val, 1<<31-1))), int(int32(c.arg[3]))
	op := int(uint32(c.arg[1])) &^ (abi.FUTEX_PRIVATE_FLAG | abi.FUTEX_CLOCK_REALTIME)
	deadline, r := uint64(never), int64(0)
	if absolute, timed := futexTimed[op]; timed {
		d := *c
		if op == abi.FUTEX_LOCK_PI {
			d.arg[1] |= abi.FUTEX_CLOCK_REALTIME
		}
		if deadline, r = k.futexDeadline(t, &d, word, absolute); r != 0 {
			return r
		}
	}
	if c.arg[1]&abi.FUTEX_CLOCK_REALTIME != 0 && !futexClocked[op] {
		return -ENOSYS
	}
	shared := c.arg[1]&abi.FUTEX_PRIVATE_FLAG == 0
	words := func(write, writeOther bool) int64 { // both words of an operation on two
		if r := futexThere(mm, va, shared, write); r != 0 {
			return r
		}
		return futexThere(mm, to, shared, writeOther)
	}
	switch op {
	case abi.FUTEX_WAIT, abi.FUTEX_WAIT_BITSET:
		bits := ^uint32(0)
		if op == abi.FUTEX_WAIT_BITSET {
			bits = uint32(c.arg[5])
		}
		return k.futexWaitOn(t, va, val, bits, deadline)
	case abi.FUTEX_WAKE, abi.FUTEX_WAKE_BITSET:
		bits := ^uint32(0)
		if op == abi.FUTEX_WAKE_BITSET {
			bits = uint32(c.arg[5])
		}
		if bits == 0 {
			return -EINVAL
		}
		if r := futexThere(mm, va, shared, false); r != 0 {
			return r
		}
		return k.futexWake(mm, va, count, bits)
	case abi.FUTEX_REQUEUE, abi.FUTEX_CMP_REQUEUE:
		if int(int32(val)) < 0 || other < 0 {
			return -EINVAL
		}
		if r := words(false, false); r != 0 {
			return r
		}
		if op == abi.FUTEX_CMP_REQUEUE {
			if r := k.futexExpect(mm, va, uint32(c.arg[5])); r != 0 {
				return r
			}
		}
		return k.futexRequeue(mm, va, to, count, other)
	case abi.FUTEX_WAKE_OP:
		if r := words(false, true); r != 0 {
			return r
		}
		return k.futexWakeModify(mm, va, to, count, other, uint32(c.arg[5]))
	case abi.FUTEX_UNLOCK_PI:
		return k.futexUnlockPI(t, va, shared)
	case abi.FUTEX_LOCK_PI, abi.FUTEX_LOCK_PI2, abi.FUTEX_TRYLOCK_PI:
		if r := futexThere(mm, va, shared, true); r != 0 {
			return r
		}
		return k.futexLockPI(t, va, deadline, op == abi.FUTEX_TRYLOCK_PI)
	case abi.FUTEX_WAIT_REQUEUE_PI:
		return k.futexWaitRequeuePI(t, va, val, to, deadline, shared)
	case abi.FUTEX_CMP_REQUEUE_PI:
		if va == to || int32(val) != 1 || other < 0 {
			return -EINVAL
		}
		if r := words(false, true); r != 0 {
			return r
		}
		return k.futexRequeuePI(mm, va, to, uint32(c.arg[5]), other)
	}
	return -ENOSYS
}

// futexTimed are the operations that have a timeout: whether it is a point in time.
var futexTimed = map[int]bool{abi.FUTEX_WAIT: false, abi.FUTEX_WAIT_BITSET: true, abi.FUTEX_LOCK_PI: true, abi.FUTEX_LOCK_PI2: true, abi.FUTEX_WAIT_REQUEUE_PI: true}

// futexClocked are the operations that FUTEX_CLOCK_REALTIME goes with.
var futexClocked = map[int]bool{abi.FUTEX_WAIT_BITSET: true, abi.FUTEX_WAIT_REQUEUE_PI: true, abi.FUTEX_LOCK_PI2: true}

// futexDeadline reads the timeout: relative for a plain wait, else a time of
// CLOCK_MONOTONIC or, if asked for, CLOCK_REALTIME.
func (k *Kernel) futexDeadline(t *Thread, c *call, word int, absolute bool) (uint64, int64) {
	if c.arg[3] == 0 {
		return never, 0
	}
	d, r := k.readTimespec(t, c.arg[3], word)
	if r != 0 || t.expiry != 0 {
		return t.expiry, r
	}
	if absolute {
		k.readsClock()
		now := k.Now()
		if c.arg[1]&abi.FUTEX_CLOCK_REALTIME != 0 {
			now = k.realTime()
		}
		d -= min(d, now)
	}
	return t.until(d), 0
}

func sysSetRobustList(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[1] != uint64(abi.Sizeof(c.word(), abi.RobustListHead{})) {
		return -EINVAL
	}
	t.robust = c.arg[0]
	return 0
}

func sysGetRobustList(k *Kernel, t *Thread, c *call) int64 {
	of := t
	if id := c.int(0); id != 0 {
		if of = k.threadByID(id); of == nil {
			return -ESRCH
		}
	}
	if !putWord(t.proc.mm, c.arg[1], c.word(), of.robust) ||
		!putWord(t.proc.mm, c.arg[2], c.word(), uint64(abi.Sizeof(c.word(), abi.RobustListHead{}))) {
		return -EFAULT
	}
	return 0
}

func sysSetTidAddress(k *Kernel, t *Thread, c *call) int64 {
	t.clearTID = c.arg[0]
	return int64(t.TID)
}

// sysArchPrctl sets and reads the FS and GS bases.
// taskSizeMax is where addresses of programs end, whatever program calls (TASK_SIZE_MAX).
const taskSizeMax = 1<<47 - 4096

func sysArchPrctl(k *Kernel, t *Thread, c *call) int64 {
	seg := x86.FS
	if c.arg[0] == abi.ARCH_SET_GS || c.arg[0] == abi.ARCH_GET_GS {
		seg = x86.GS
	}
	core := t.Core()
	switch c.arg[0] {
	case abi.ARCH_SET_FS, abi.ARCH_SET_GS:
		if c.arg[1] >= taskSizeMax {
			return -EPERM
		}
		core.Seg[seg].Base, core.Seg[seg].Sel = c.arg[1], 0
		return 0
	case abi.ARCH_GET_FS, abi.ARCH_GET_GS:
		if !putWord(t.proc.mm, c.arg[1], 8, core.Seg[seg].Base) {
			return -EFAULT
		}
		return 0
	}
	return -EINVAL
}
