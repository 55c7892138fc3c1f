package linux

import (
	"slices"

	"trapline/internal/linux/abi"
)

// Whose a process is (credentials(7), kernel/sys.c). A user number of 0 has all privileges.

// ids are the numbers of a process's user, or of its group.
type ids struct{ real, eff, saved, fs uint32 }

// sameIDs are all one number.
func sameIDs(n uint32) ids { return ids{n, n, n, n} }

// credentials are a process's; its threads share them.
type credentials struct {
	uid, gid ids
	groups   []uint32 // supplementary; replaced when it changes
}

// secure reports whether a program runs with the rights of others than of who started it: nobody else may look into it (AT_SECURE).
func (c *credentials) secure() bool { return c.uid.eff != c.uid.real || c.gid.eff != c.gid.real }

// noID as an argument leaves a number as it is.
const noID = ^uint32(0)

// has reports whether n is the real, the effective or the saved one.
func (i ids) has(n uint32) bool { return n == i.real || n == i.eff || n == i.saved }

// set is what set*id(2) makes of i, of the numbers as the call has them: false, it is refused.
func (i ids) set(call string, privileged bool, to []uint32) (ids, bool) {
	n := i
	may := func(id uint32, among ...uint32) bool { return privileged || id == noID || slices.Contains(among, id) }
	take := func(at *uint32, id uint32) {
		if id != noID {
			*at = id
		}
	}
	switch call {
	case "setuid", "setgid":
		switch {
		case privileged:
			n = sameIDs(to[0])
		case to[0] != i.real && to[0] != i.saved:
			return i, false
		}
		n.eff = to[0]
	case "setreuid", "setregid":
		if !may(to[0], i.real, i.eff) || !may(to[1], i.real, i.eff, i.saved) {
			return i, false
		}
		take(&n.real, to[0])
		take(&n.eff, to[1])
		if to[0] != noID || to[1] != noID && to[1] != i.real {
			n.saved = n.eff
		}
	default:
		for at, id := range to {
			if !may(id, i.real, i.eff, i.saved) {
				return i, false
			}
			take([]*uint32{&n.real, &n.eff, &n.saved}[at], id)
		}
	}
	n.fs = n.eff
	return n, true
}

// changeCredentials gives t's process others. One that has changed whose it is cannot be looked into (commit_creds()).
func (t *Thread) changeCredentials(to credentials) {
	p := t.proc
	was, had := p.cred, p.caps()
	p.cred = to
	p.changedUser(was.uid, had)
	if was.uid.eff != to.uid.eff || was.uid.fs != to.uid.fs || was.gid.eff != to.gid.eff || was.gid.fs != to.gid.fs {
		p.attr.dumpable, p.attr.deathSignal = false, 0
	}
}

// sysSetUIDs is setuid(2), setreuid(2) and setresuid(2).
func sysSetUIDs(_ *Kernel, t *Thread, c *call) int64 {
	to := t.proc.cred
	r := setIDs(c, &to.uid, t.proc.may(abi.CAP_SETUID))
	if r == 0 {
		t.changeCredentials(to)
	}
	return r
}

// sysSetGIDs is setgid(2), setregid(2) and setresgid(2).
func sysSetGIDs(_ *Kernel, t *Thread, c *call) int64 {
	to := t.proc.cred
	r := setIDs(c, &to.gid, t.proc.may(abi.CAP_SETGID))
	if r == 0 {
		t.changeCredentials(to)
	}
	return r
}

func setIDs(c *call, of *ids, privileged bool) int64 {
	s := lookup(c)
	name := s.name
	if n := len(name) - len("32"); name[n:] == "32" {
		name = name[:n]
	}
	var to []uint32
	for _, a := range c.arg[:len(s.args)] {
		to = append(to, uint32(a))
	}
	if len(to) == 1 && to[0] == noID {
		return -EINVAL
	}
	n, ok := of.set(name, privileged, to)
	if !ok {
		return -EPERM
	}
	*of = n
	return 0
}

func sysSetFSUID(_ *Kernel, t *Thread, c *call) int64 {
	return t.setFS(uint32(c.arg[0]), abi.CAP_SETUID, func(c *credentials) *ids { return &c.uid })
}

func sysSetFSGID(_ *Kernel, t *Thread, c *call) int64 {
	return t.setFS(uint32(c.arg[0]), abi.CAP_SETGID, func(c *credentials) *ids { return &c.gid })
}

// setFS gives a process the number that files see. It returns the one that was, whether it changed or not.
func (t *Thread) setFS(n uint32, capability int, part func(*credentials) *ids) int64 {
	to := t.proc.cred
	of := part(&to)
	was := of.fs
	if n != noID && (t.proc.may(capability) || of.has(n) || n == was) {
		of.fs = n
		t.changeCredentials(to)
	}
	return int64(was)
}

func sysGetuid(_ *Kernel, t *Thread, _ *call) int64  { return int64(t.proc.cred.uid.real) }
func sysGeteuid(_ *Kernel, t *Thread, _ *call) int64 { return int64(t.proc.cred.uid.eff) }
func sysGetgid(_ *Kernel, t *Thread, _ *call) int64  { return int64(t.proc.cred.gid.real) }
func sysGetegid(_ *Kernel, t *Thread, _ *call) int64 { return int64(t.proc.cred.gid.eff) }

func sysGetresuid(_ *Kernel, t *Thread, c *call) int64 { return t.getres(c, t.proc.cred.uid) }
func sysGetresgid(_ *Kernel, t *Thread, c *call) int64 { return t.getres(c, t.proc.cred.gid) }

func (t *Thread) getres(c *call, i ids) int64 {
	for n, id := range []uint32{i.real, i.eff, i.saved} {
		if !putWord(t.proc.mm, c.arg[n], 4, uint64(id)) {
			return -EFAULT
		}
	}
	return 0
}

func sysGetgroups(_ *Kernel, t *Thread, c *call) int64 {
	groups, room := t.proc.cred.groups, c.int(0)
	switch {
	case room < 0, room != 0 && room < len(groups):
		return -EINVAL
	case room == 0:
		return int64(len(groups))
	}
	for i, g := range groups {
		if !putWord(t.proc.mm, c.arg[1]+4*uint64(i), 4, uint64(g)) {
			return -EFAULT
		}
	}
	return int64(len(groups))
}

func sysSetgroups(_ *Kernel, t *Thread, c *call) int64 {
	n := uint32(c.arg[0])
	switch {
	case !t.proc.may(abi.CAP_SETGID):
		return -EPERM
	case n > abi.NGROUPS_MAX:
		return -EINVAL
	}
	groups := make([]uint32, n)
	if !copyFromUser(t.proc.mm, c.arg[1], c.word(), groups) {
		return -EFAULT
	}
	slices.Sort(groups)
	t.proc.cred.groups = groups
	return 0
}

// maySignal reports whether t may send a signal to a process: of a user whose it is, or to go on within the session
// (kill_ok_by_cred()).
func (t *Thread) maySignal(p *Process, signo int) bool {
	own, of := t.proc.cred.uid, p.cred.uid
	if p == t.proc || t.proc.may(abi.CAP_KILL) || signo == abi.SIGCONT && p.sid == t.proc.sid {
		return true
	}
	return own.eff == of.saved || own.eff == of.real || own.real == of.saved || own.real == of.real
}
