package linux

import (
	"time"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

func sysGetpid(k *Kernel, t *Thread, c *call) int64 { return int64(t.proc.PID) }
func sysGettid(k *Kernel, t *Thread, c *call) int64 { return int64(t.TID) }

func sysGetppid(k *Kernel, t *Thread, c *call) int64 {
	if t.proc.parent == nil {
		return 1
	}
	return int64(t.proc.parent.PID)
}

func sysGetpgrp(k *Kernel, t *Thread, c *call) int64 { return int64(t.proc.pgid) }

// byID finds a process by an argument, 0 meaning the caller.
func (k *Kernel) byID(t *Thread, id int) *Process {
	if id == 0 {
		return t.proc
	}
	return k.procs[id]
}

func sysGetpgid(k *Kernel, t *Thread, c *call) int64 {
	if p := k.byID(t, c.int(0)); p != nil {
		return int64(p.pgid)
	}
	return -ESRCH
}

func sysSetpgid(k *Kernel, t *Thread, c *call) int64 {
	p, g := k.byID(t, c.int(0)), c.int(1)
	switch {
	case g < 0:
		return -EINVAL
	case p == nil || p != t.proc && p.parent != t.proc:
		return -ESRCH
	case g == 0:
		g = p.PID
	}
	if p.sid != t.proc.sid || p.sid == p.PID || g != p.PID && !k.hasGroup(g, t.proc.sid) {
		return -EPERM
	}
	p.pgid = g
	return 0
}

// hasGroup reports whether a session has a process group.
func (k *Kernel) hasGroup(pgid, sid int) bool {
	for _, p := range k.procs {
		if p.pgid == pgid && p.sid == sid {
			return true
		}
	}
	return false
}

func sysGetsid(k *Kernel, t *Thread, c *call) int64 {
	if p := k.byID(t, c.int(0)); p != nil {
		return int64(p.sid)
	}
	return -ESRCH
}

func sysSetsid(k *Kernel, t *Thread, c *call) int64 {
	if t.proc.pgid == t.proc.PID {
		return -EPERM
	}
	t.proc.sid, t.proc.pgid, t.proc.tty = t.proc.PID, t.proc.PID, nil
	return int64(t.proc.PID)
}

func sysUname(k *Kernel, t *Thread, c *call) int64 {
	machine, release := "x86_64", "6.1.0"
	if k.m.Arch == x86.I386 || t.persona&abi.PER_MASK == abi.PER_LINUX32 {
		machine = "i686"
	}
	if t.persona&abi.UNAME26 != 0 {
		release = "2.6.61" // override_release()
	}
	var u abi.NewUtsname
	copy(u.Sysname[:], "Linux")
	copy(u.Nodename[:], "trapline")
	copy(u.Release[:], release)
	copy(u.Version[:], "#1 SMP")
	copy(u.Machine[:], machine)
	copy(u.Domainname[:], "(none)")
	return t.copyOut(c.arg[0], c.word(), u)
}

// sysPersonality is personality(2). Of a personality, uname's words follow and, with
// ADDR_NO_RANDOMIZE, where the next program's stack is.
func sysPersonality(_ *Kernel, t *Thread, c *call) int64 {
	const ask = 0xffffffff
	old := t.persona
	if p := uint32(c.arg[0]); p != ask {
		t.persona = p
	}
	return int64(old)
}

func sysSysinfo(k *Kernel, t *Thread, c *call) int64 {
	total := uint64(k.cfg.Limits.Memory)
	k.readsClock()
	return t.copyOut(c.arg[0], c.word(), abi.Sysinfo{
		Uptime: abi.Long(k.Now() / uint64(time.Second)), Totalram: abi.ULong(total),
		Freeram: abi.ULong(total - min(total, uint64(k.m.Mem.Frames())*emu.PageSize)), Procs: uint16(len(k.procs)), MemUnit: 1,
	})
}

func sysGetrusage(k *Kernel, t *Thread, c *call) int64 {
	var ran uint64
	switch c.int(0) {
	case abi.RUSAGE_SELF:
		ran = t.proc.cpuTime()
	case abi.RUSAGE_CHILDREN:
		ran = t.proc.buried
	case abi.RUSAGE_THREAD:
		ran = t.ran
	default:
		return -EINVAL
	}
	return k.putUsage(t, c.arg[1], ran)
}

// putUsage writes a struct rusage: the time that somebody has run, all of it user time.
func (k *Kernel) putUsage(t *Thread, va, ran uint64) int64 {
	k.readsRan = true
	if !copyToUser(t.proc.mm, va, t.call.word(), abi.Rusage{Utime: timevalOf(ran)}) {
		return -EFAULT
	}
	k.readsClock()
	return 0
}

func sysGetrandom(k *Kernel, t *Thread, c *call) int64 {
	const known = abi.GRND_NONBLOCK | abi.GRND_RANDOM | abi.GRND_INSECURE
	if flags := c.arg[2] & 0xffffffff; flags&^known != 0 || flags&abi.GRND_INSECURE != 0 && flags&abi.GRND_RANDOM != 0 {
		return -EINVAL
	}
	u, r := t.newUservec(span{c.arg[0], c.arg[1]})
	if r != 0 {
		return r
	}
	return k.readInto(t, &File{device: devRandom}, u, nil)
}
