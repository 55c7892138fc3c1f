package linux

import (
	"trapline/internal/linux/abi"
)

// Capabilities (kernel/capability.c). Root has all of them, and others what they have kept that root had. They decide who
// may change users and groups and send signals; other rights are root's, whatever it gave up.

// allCaps are the capabilities that there are (CAP_LAST_CAP is 40).
const allCaps = 1<<41 - 1

// capabilities are what a process has given up of what root has.
type capabilities struct{ effective, permitted, inheritable uint64 }

// caps are what p has.
func (p *Process) caps() capabilities {
	if p.cred.uid.eff != 0 {
		return p.attr.kept
	}
	a := &p.attr
	return capabilities{allCaps &^ a.dropped.effective, allCaps &^ a.dropped.permitted, a.dropped.inheritable}
}

// may reports whether p has a capability.
func (p *Process) may(capability int) bool { return p.caps().effective>>capability&1 != 0 }

// changedUser is what becomes of capabilities when a process that had them becomes another user (cap_emulate_setxuid()).
func (p *Process) changedUser(was ids, had capabilities) {
	now, a := p.cred.uid, &p.attr
	if was.has(0) && !now.has(0) && !a.keepCaps {
		had.permitted = 0
	}
	switch {
	case was.eff == 0 && now.eff != 0:
		had.effective = 0
	case was.eff != 0 && now.eff == 0:
		had.effective = had.permitted
	}
	had.effective &= had.permitted
	a.kept = capabilities{}
	if now.eff != 0 {
		a.kept = had
		return
	}
	a.dropped = capabilities{allCaps &^ had.effective, allCaps &^ had.permitted, had.inheritable}
}

// capHeader reads a header, and how many words of each set there are (cap_validate_magic()).
func (t *Thread) capHeader(c *call) (h abi.CapUserHeader, words int, r int64) {
	if !copyFromUser(t.proc.mm, c.arg[0], c.word(), &h) {
		return h, 0, -EFAULT
	}
	switch h.Version {
	case abi.LINUX_CAPABILITY_VERSION_1:
		return h, 1, 0
	case abi.LINUX_CAPABILITY_VERSION_2, abi.LINUX_CAPABILITY_VERSION_3:
		return h, 2, 0
	}
	if !putWord(t.proc.mm, c.arg[0], 4, abi.LINUX_CAPABILITY_VERSION_3) {
		return h, 0, -EFAULT
	}
	return h, 0, -EINVAL
}

func sysCapget(k *Kernel, t *Thread, c *call) int64 {
	h, words, r := t.capHeader(c)
	switch {
	case c.arg[1] == 0 && (r == 0 || r == -EINVAL):
		return 0
	case r != 0:
		return r
	case h.Pid < 0:
		return -EINVAL
	}
	p := t.proc
	if h.Pid != 0 && int(h.Pid) != t.TID {
		o := k.threadByID(int(h.Pid))
		if o == nil {
			return -ESRCH
		}
		p = o.proc
	}
	have := p.caps()
	data := make([]abi.CapUserData, words)
	for i := range data {
		shift := 32 * i
		data[i] = abi.CapUserData{Effective: uint32(have.effective >> shift), Permitted: uint32(have.permitted >> shift), Inheritable: uint32(have.inheritable >> shift)}
	}
	return t.copyOut(c.arg[1], c.word(), data)
}

func sysCapset(k *Kernel, t *Thread, c *call) int64 {
	h, words, r := t.capHeader(c)
	switch {
	case r != 0:
		return r
	case h.Pid != 0 && int(h.Pid) != t.TID:
		return -EPERM
	}
	data := make([]abi.CapUserData, words)
	if !copyFromUser(t.proc.mm, c.arg[1], c.word(), data) {
		return -EFAULT
	}
	var want capabilities
	for i, d := range data {
		shift := 32 * i
		want.effective |= uint64(d.Effective) << shift & allCaps
		want.permitted |= uint64(d.Permitted) << shift & allCaps
		want.inheritable |= uint64(d.Inheritable) << shift & allCaps
	}
	have := t.proc.caps()
	within := func(a, b uint64) bool { return a&^b == 0 }
	const setpcap = 1 << 8 // CAP_SETPCAP
	if have.effective&setpcap == 0 && !within(want.inheritable, have.inheritable|have.permitted) ||
		!within(want.permitted, have.permitted) || !within(want.effective, want.permitted) { // cap_capset()
		return -EPERM
	}
	if t.proc.cred.uid.eff != 0 {
		t.proc.attr.kept = want
	} else {
		t.proc.attr.dropped = capabilities{allCaps &^ want.effective, allCaps &^ want.permitted, want.inheritable}
	}
	return 0
}
