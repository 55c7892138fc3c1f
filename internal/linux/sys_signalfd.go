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
	size := abi.Sizeof(8, abi.SignalfdSiginfo{})
	if len(b) < size {
		return -EINVAL
	}
	n := 0
	for len(b)-n >= size {
		info, ok := t.take(f.mask)
		if !ok {
			break
		}
		copy(b[n:], abi.Marshal(8, info.signalfd()))
		n += size
	}
	if n > 0 {
		return int64(n)
	}
	return t.waitFor(f, false)
}

// signalfd is the signal as signalfd(2) tells it.
func (i *sigInfo) signalfd() abi.SignalfdSiginfo {
	s := abi.SignalfdSiginfo{Signo: uint32(i.signo), Code: i.code}
	value := false
	switch {
	case i.hasAddr():
		s.Addr = i.addr
	case i.signo == abi.SIGCHLD && i.code > 0 && i.code < abi.SI_KERNEL:
		s.Pid, s.Uid, s.Status = uint32(i.pid), i.uid, i.status
	case i.ofFile():
		s.Band, s.Fd = uint32(i.value), i.status
	case i.code == abi.SI_TIMER:
		s.Tid, s.Overrun, value = uint32(i.pid), uint32(i.status), true
	default:
		s.Pid, s.Uid, value = uint32(i.pid), uint32(i.status), i.code < 0
	}
	if value {
		s.Int, s.Ptr = int32(i.value), i.value
	}
	return s
}
