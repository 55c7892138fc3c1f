package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// Descriptors of processes (pidfd_open(2)). Numbers are not given out a second time, so that a
// process stays what its descriptor means after it has been waited for.

// gone reports whether p has been waited for.
func (p *Process) gone() bool { return p.k.procs[p.PID] != p }

// pidfdOf is a new open file of p (pidfd_create()).
func pidfdOf(p *Process, flags uint64) *File {
	return &File{device: devProcess, path: "anon_inode:[pidfd]", proc: p, flags: int(flags) & abi.O_NONBLOCK}
}

func sysPidfdOpen(k *Kernel, t *Thread, c *call) int64 {
	pid, flags := c.int(0), c.arg[1]&0xffffffff
	if flags&^abi.O_NONBLOCK != 0 || pid <= 0 {
		return -EINVAL
	}
	p := k.procs[pid]
	switch {
	case p == nil && k.threadByID(pid) != nil:
		return -EINVAL
	case p == nil:
		return -ESRCH
	}
	return t.open(pidfdOf(p, flags), flags|abi.O_CLOEXEC)
}

// processOf is the process that a descriptor is of, or nil. Below /proc directories are too
// where asked for.
func (t *Thread) processOf(fd int, directories bool) *Process {
	f := t.proc.files.get(fd)
	if f == nil || f.flags&abi.O_PATH != 0 || f.device != devProcess && !directories {
		return nil
	}
	return f.proc
}

// tellPidfd writes the number that a descriptor of a new child will have (copy_process()).
func (t *Thread) tellPidfd(va uint64) int64 {
	fd := t.proc.files.lowest(0)
	switch {
	case fd < 0:
		return -EMFILE
	case !putWord(t.proc.mm, va, 4, uint64(fd)):
		return -EFAULT
	}
	return 0
}

func sysPidfdSendSignal(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[3]&0xffffffff != 0 {
		return -EINVAL
	}
	p, n := t.processOf(c.fd(0), true), c.int(1)
	if p == nil {
		return -EBADF
	}
	info := sigInfo{signo: n, code: abi.SI_USER, pid: t.proc.PID, status: int32(t.proc.cred.uid.real)}
	if c.arg[2] != 0 {
		given, ok := getWord(t.proc.mm, c.arg[2], 4)
		switch {
		case !ok:
			return -EFAULT
		case int(int32(given)) != n:
			return -EINVAL
		}
		var r int64
		if info, r = k.readInfo(t, c, n, c.arg[2], p.PID == t.TID); r != 0 {
			return r
		}
	}
	switch {
	case p.gone():
		return -ESRCH
	case n < 0 || n > abi.SIGRTMAX:
		return -EINVAL
	case !t.maySignal(p, n):
		return -EPERM
	case n != 0:
		p.send(info)
	}
	return 0
}

// sysPidfdGetfd gives the caller a file that another process has open.
func sysPidfdGetfd(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[2]&0xffffffff != 0 {
		return -EINVAL
	}
	p := t.processOf(c.fd(0), false)
	switch {
	case p == nil:
		return -EBADF
	case p.isZombie():
		return -ESRCH
	case p != t.proc && !k.mayTrace(p):
		return -EPERM
	}
	f := p.files.get(c.fd(1))
	if f == nil {
		return -EBADF
	}
	fd := t.proc.files.add(f, 0, true)
	if fd < 0 {
		return -EMFILE
	}
	f.refs++
	return int64(fd)
}

// sysMincore tells which pages are in memory.
func sysMincore(k *Kernel, t *Thread, c *call) int64 {
	mm, start := t.proc.mm, c.arg[0]
	pages := (c.arg[1] + emu.PageSize - 1) / emu.PageSize
	switch {
	case start%emu.PageSize != 0:
		return -EINVAL
	case !mm.InUser(start, c.arg[1]):
		return -ENOMEM
	case !mm.InUser(c.arg[2], pages):
		return -EFAULT
	}
	for vec, end := c.arg[2], start+pages*emu.PageSize; start < end; {
		v := mm.Find(start)
		if v == nil || v.Start > start {
			return -ENOMEM
		}
		const most = emu.PageSize // pages at a time
		n := min((min(v.End, end)-start)/emu.PageSize, most)
		b := make([]byte, n)
		for i := range b {
			if mm.InCore(v, start+uint64(i)*emu.PageSize) {
				b[i] = 1
			}
		}
		if !mm.Write(vec, b) {
			return -EFAULT
		}
		vec += n
		start += n * emu.PageSize
	}
	return 0
}
