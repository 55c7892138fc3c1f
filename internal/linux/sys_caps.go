package linux

import (
	"trapline/internal/linux/abi"
)

// Capabilities (kernel/capability.c). Root has all of them and others none; what root gives up is told, and it may go on.

// allCaps are the capabilities that there are (CAP_LAST_CAP is 40).
const allCaps = 1<<41 - 1

// capabilities are what a process has given up of what root has.
type capabilities struct{ effective, permitted, inheritable uint64 }

// caps are what p has.
func (p *Process) caps() capabilities {
	if !p.k.privileged() {
		return capabilities{}
	}
	a := &p.attr
	return capabilities{allCaps &^ a.dropped.effective, allCaps &^ a.dropped.permitted, a.dropped.inheritable}
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
	if k.privileged() {
		t.proc.attr.dropped = capabilities{allCaps &^ want.effective, allCaps &^ want.permitted, want.inheritable}
	}
	return 0
}
