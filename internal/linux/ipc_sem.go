package linux

import (
	"slices"

	"trapline/internal/linux/abi"
)

// semaphore is one of a set.
type semaphore struct {
	value int
	pid   int // of the last operation
}

// semWait is the operation that a thread waits for in semop(2).
type semWait struct {
	set  *ipcObject // nil: none
	num  int
	zero bool // it waits for 0, else for more
}

// semUndo is what a process has done to a semaphore and takes back at its end.
type semUndo struct {
	set    *ipcObject
	num    int
	adjust int
}

func sysSemget(k *Kernel, t *Thread, c *call) int64 {
	n := c.int(1)
	if n < 0 || n > maxSetSize {
		return -EINVAL
	}
	return k.ipcGet(t, ipcSem, c.arg[0], c.arg[2],
		func(o *ipcObject) int64 {
			if n > len(o.sems) {
				return -EINVAL
			}
			return 0
		},
		func(o *ipcObject) int64 {
			all := n
			for _, other := range k.ipcs {
				all += len(other.sems)
			}
			switch {
			case n == 0:
				return -EINVAL
			case all > maxSemaphores:
				return -ENOSPC
			}
			o.sems = make([]semaphore, n)
			return 0
		})
}

func sysSemop(k *Kernel, t *Thread, c *call) int64 { return k.semop(t, c, 0, 0) }

func sysSemtimedop(k *Kernel, t *Thread, c *call) int64   { return k.semop(t, c, c.arg[3], c.word()) }
func sysSemtimedop64(k *Kernel, t *Thread, c *call) int64 { return k.semop(t, c, c.arg[3], 8) }

// semop does all operations, or waits until it can (semop(2)).
func (k *Kernel) semop(t *Thread, c *call, timeout uint64, word int) int64 {
	deadline := uint64(never)
	if timeout != 0 {
		d, r := k.readTimespec(t, timeout, word)
		if r != 0 {
			return r
		}
		deadline = t.until(d)
	}
	t.sem = semWait{}
	n := uint32(c.arg[2])
	switch {
	case n == 0 || c.int(0) < 0:
		return -EINVAL
	case n > maxSemOps:
		return -E2BIG
	}
	ops := make([]abi.Sembuf, n)
	if !copyFromUser(t.proc.mm, c.arg[1], c.word(), ops) {
		return -EFAULT
	}
	o := k.ipcFind(ipcSem, c.int(0))
	if o == nil {
		return t.noObject()
	}
	need := uint32(abi.R_OK)
	for _, op := range ops {
		if int(op.Num) >= len(o.sems) {
			return -EFBIG
		}
		if op.Op != 0 {
			need = abi.W_OK
		}
	}
	if r := k.ipcPermit(o, need); r != 0 {
		return r
	}
	blocking, r := k.semTry(t, o, ops)
	switch {
	case r != 0 || blocking < 0:
		return r
	case ops[blocking].Flg&abi.IPC_NOWAIT != 0, k.Now() >= deadline:
		return -EAGAIN
	}
	t.sem = semWait{o, int(ops[blocking].Num), ops[blocking].Op == 0}
	t.progress = 1
	return t.block(-EINTR, deadline)
}

// semTry does all operations at once; blocking is the one that cannot be done
// now, or -1.
func (k *Kernel) semTry(t *Thread, o *ipcObject, ops []abi.Sembuf) (blocking int, r int64) {
	sems, undo := slices.Clone(o.sems), t.proc.undone()
	for i, op := range ops {
		s := &sems[op.Num]
		if op.Op == 0 && s.value != 0 || s.value+int(op.Op) < 0 {
			return i, 0
		}
		if s.value += int(op.Op); s.value > maxSemValue {
			return -1, -ERANGE
		}
		if op.Flg&abi.SEM_UNDO != 0 && op.Op != 0 {
			if undo, r = addUndo(undo, semUndo{o, int(op.Num), -int(op.Op)}); r != 0 {
				return -1, r
			}
		}
	}
	altered := false
	for _, op := range ops {
		sems[op.Num].pid = t.proc.PID
		altered = altered || op.Op != 0
	}
	o.sems = sems
	if undo != nil {
		t.proc.undoes().list = undo
	}
	o.used = k.seconds()
	if altered {
		k.changed()
	}
	return -1, 0
}

// undoList is what is taken back when the last of the processes that share it ends
// (CLONE_SYSVSEM).
type undoList struct {
	users int
	list  []semUndo // replaced when it changes
}

// undoes is p's list, made if there is none.
func (p *Process) undoes() *undoList {
	if p.undo == nil {
		p.undo = &undoList{users: 1}
	}
	return p.undo
}

// undone is a copy of what is in it; nil: nothing.
func (p *Process) undone() []semUndo {
	if p.undo == nil {
		return nil
	}
	return slices.Clone(p.undo.list)
}

// addUndo adds to what is taken back of one semaphore.
func addUndo(list []semUndo, u semUndo) ([]semUndo, int64) {
	i := slices.IndexFunc(list, func(o semUndo) bool { return o.set == u.set && o.num == u.num })
	if i < 0 {
		return append(list, u), 0
	}
	list[i].adjust += u.adjust
	if a := list[i].adjust; a > maxSemValue || a < -maxSemValue-1 {
		return list, -ERANGE
	}
	return list, 0
}

// semExit takes back what a process that ends has done with SEM_UNDO, unless another shares
// that (exit_sem()).
func (k *Kernel) semExit(p *Process) {
	l := p.undo
	if p.undo = nil; l == nil {
		return
	}
	if l.users--; l.users > 0 {
		return
	}
	for _, u := range l.list {
		if u.set.gone || u.adjust == 0 {
			continue
		}
		sems := slices.Clone(u.set.sems)
		s := &sems[u.num]
		s.value = min(max(s.value+u.adjust, 0), maxSemValue)
		s.pid = p.PID
		u.set.sems = sems
		k.changed()
	}
}

// semSet gives semaphores values, which no process takes back then.
func (k *Kernel) semSet(t *Thread, o *ipcObject, first int, values []int) {
	sems := slices.Clone(o.sems)
	for i, v := range values {
		sems[first+i] = semaphore{v, t.proc.PID}
	}
	for _, p := range k.procs {
		if p.undo != nil {
			p.undo.list = slices.DeleteFunc(p.undone(), func(u semUndo) bool {
				return u.set == o && u.num >= first && u.num < first+len(values)
			})
		}
	}
	o.sems, o.changed = sems, k.seconds()
	k.changed()
}

// semWaiting counts the threads that wait for a semaphore to be 0, or more.
func (k *Kernel) semWaiting(o *ipcObject, num int, zero bool) int64 {
	n := int64(0)
	for _, t := range k.threads {
		if t.state == stateBlocked && t.sem == (semWait{o, num, zero}) {
			n++
		}
	}
	return n
}

func sysSemctl(k *Kernel, t *Thread, c *call) int64 {
	o := k.ipcFind(ipcSem, c.int(0))
	command, num, arg := c.control(2), c.int(1), c.arg[3]
	if c.int(0) >= 0 {
		switch command {
		case abi.IPC_INFO, abi.SEM_INFO:
			return k.semInfo(t, arg, command == abi.SEM_INFO)
		case abi.SEM_STAT, abi.SEM_STAT_ANY:
			return k.ipcStatAt(t, ipcSem, c.int(0), arg, c.word(), command == abi.SEM_STAT_ANY)
		}
	}
	if o == nil || c.int(0) < 0 {
		return -EINVAL
	}
	switch command {
	case abi.GETALL, abi.SETALL:
		return k.semAll(t, o, command == abi.SETALL, arg)
	case abi.GETPID, abi.GETVAL, abi.GETNCNT, abi.GETZCNT:
		if r := k.ipcPermit(o, abi.R_OK); r != 0 {
			return r
		}
	case abi.SETVAL:
		switch v := int(int32(arg)); {
		case v < 0 || v > maxSemValue:
			return -ERANGE
		case num < 0 || num >= len(o.sems):
			return -EINVAL
		default:
			if r := k.ipcPermit(o, abi.W_OK); r != 0 {
				return r
			}
			k.semSet(t, o, num, []int{v})
			return 0
		}
	default:
		return k.ipcCommon(t, o, command, arg, c.word())
	}
	if num < 0 || num >= len(o.sems) {
		return -EINVAL
	}
	switch command {
	case abi.GETPID:
		return int64(o.sems[num].pid)
	case abi.GETVAL:
		return int64(o.sems[num].value)
	}
	return k.semWaiting(o, num, command == abi.GETZCNT)
}

// semAll reads or sets all values of a set: two bytes each.
func (k *Kernel) semAll(t *Thread, o *ipcObject, set bool, va uint64) int64 {
	all := make([]uint16, len(o.sems))
	if !set {
		if r := k.ipcPermit(o, abi.R_OK); r != 0 {
			return r
		}
		for i, s := range o.sems {
			all[i] = uint16(s.value)
		}
		return t.copyOut(va, t.call.word(), all)
	}
	if r := k.ipcPermit(o, abi.W_OK); r != 0 {
		return r
	}
	if !copyFromUser(t.proc.mm, va, t.call.word(), all) {
		return -EFAULT
	}
	values := make([]int, len(o.sems))
	for i := range values {
		if values[i] = int(all[i]); values[i] > maxSemValue {
			return -ERANGE
		}
	}
	k.semSet(t, o, 0, values)
	return 0
}
