package linux

import "trapline/internal/linux/abi"

func sysSignalfd(k *Kernel, t *Thread, c *call) int64 { return k.signalfd(t, c, 0) }

func sysSignalfd4(k *Kernel, t *Thread, c *call) int64 {
	return k.signalfd(t, c, c.arg[3]&0xffffffff)
}

// signalfd makes a descriptor that gives signals of a set, or gives one another set.
func (k *Kernel) signalfd(t *Thread, c *call, flags uint64) int64 {
	if c.arg[2] != 8 {
		return -EINVAL
	}
	set, ok := getWord(t.proc.mm, c.arg[1], 8)
	switch {
	case !ok:
		return -EFAULT
	case flags&^(abi.O_CLOEXEC|abi.O_NONBLOCK) != 0:
		return -EINVAL
	}
	mask := sigset(set) &^ unblockable
	if c.fd(0) == -1 {
		return t.open(&File{device: devSignal, path: "anon_inode:[signalfd]", mask: mask, sigs: t.proc.sigs}, flags)
	}
	f := t.proc.files.get(c.fd(0))
	switch {
	case f == nil:
		return -EBADF
	case f.device != devSignal:
		return -EINVAL
	}
	f.mask = mask
	f.sigs.sent++
	k.changed()
	return int64(c.fd(0))
}

// pending are the signals that wait for t or its process.
func (t *Thread) pending() sigset { return t.sig.set | t.proc.pend.set }

// take takes a waiting signal of a set: the thread's before the process's, in the
// order in which they would be delivered (dequeue_signal()).
func (t *Thread) take(mask sigset) (sigInfo, bool) {
	for _, src := range []*signals{&t.sig, &t.proc.pend} {
		set := src.set & mask
		if s := set & synchronous; s != 0 {
			set = s
		}
		if set != 0 {
			info := src.take(lowest(set))
			t.proc.taken(&info)
			return info, true
		}
	}
	return sigInfo{}, false
}

// readSignals takes as many waiting signals as there is room for.
func (k *Kernel) readSignals(t *Thread, f *File, b []byte) int64 {
	const size = abi.SizeofSignalfdSiginfo
	if len(b) < size {
		return -EINVAL
	}
	n := 0
	for len(b)-n >= size {
		info, ok := t.take(f.mask)
		if !ok {
			break
		}
		info.putSignalfd(b[n : n+size])
		n += size
	}
	if n > 0 {
		return int64(n)
	}
	return t.waitFor(f, false)
}

// putSignalfd encodes struct signalfd_siginfo.
func (i *sigInfo) putSignalfd(b []byte) {
	clear(b)
	le.PutUint32(b, uint32(i.signo))
	le.PutUint32(b[8:], uint32(i.code))
	switch {
	case i.hasAddr():
		le.PutUint64(b[72:], i.addr)
	case i.signo == abi.SIGCHLD && i.code > 0 && i.code < abi.SI_KERNEL:
		le.PutUint32(b[12:], uint32(i.pid))
		le.PutUint32(b[16:], i.uid)
		le.PutUint32(b[40:], uint32(i.status))
	case i.code == abi.SI_TIMER:
		le.PutUint32(b[24:], uint32(i.pid))
		le.PutUint32(b[32:], uint32(i.status))
		i.putSignalfdValue(b)
	default:
		le.PutUint32(b[12:], uint32(i.pid))
		le.PutUint32(b[16:], uint32(i.status))
		if i.code < 0 {
			i.putSignalfdValue(b)
		}
	}
}

// putSignalfdValue encodes si_value as a number and as a pointer.
func (i *sigInfo) putSignalfdValue(b []byte) {
	le.PutUint32(b[44:], uint32(i.value))
	le.PutUint64(b[48:], i.value)
}
