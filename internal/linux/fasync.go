package linux

import (
	"slices"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/net"
	"trapline/internal/linux/vfs"
)

// Signals that tell of files (O_ASYNC, fs/fcntl.c). Kernel.async has the files that are on a list of the kernel's; pipes,
// sockets and inotify instances send. Standard streams, which are pipes of the host, are put on it and tell nothing.

// owner is who is told of a file (struct fown_struct).
type owner struct {
	id    int // number of a thread, process or process group; 0: nobody
	kind  int // F_OWNER_*
	signo int // of F_SETSIG; 0: SIGIO, which says no more
}

// mayBeAsync reports whether a kind of file can send signals (file_operations.fasync).
func (f *File) mayBeAsync() bool {
	return f.isPipe() || f.sock != nil || f.notify != nil || f.device == devRandom
}

// setAsync puts f, which t knows as fd, on the list or takes it off (fasync_helper()). O_ASYNC of a file that open(2) was
// given it for is set without that, as on Linux.
func (k *Kernel) setAsync(f *File, fd int, on bool) {
	i := slices.Index(k.async, f)
	switch {
	case on && i < 0:
		k.async = slices.Insert(slices.Clone(k.async), 0, f)
		f.flags |= abi.O_ASYNC
	case !on && i >= 0:
		k.async = slices.Delete(slices.Clone(k.async), i, i+1)
		f.flags &^= abi.O_ASYNC
	}
	if on {
		f.asyncFD = fd
	}
}

// killFasync tells the owners of the files that of chooses of a reason, POLL_IN and so on: the file that came last
// first (kill_fasync()).
func (k *Kernel) killFasync(reason int32, of func(*File) bool) {
	for _, f := range k.async {
		if of(f) {
			k.sendSigio(f, reason)
		}
	}
}

// pipeChanged tells of a pipe's end: readers of POLL_IN, writers of POLL_OUT.
func (k *Kernel) pipeChanged(p *vfs.Pipe, reason int32) {
	k.killFasync(reason, func(f *File) bool {
		return f.pipe == p && (reason == abi.POLL_IN && f.readable() || reason == abi.POLL_OUT && f.writable())
	})
}

// Async is net.Kernel's.
func (o kernelOfNet) Async(s *net.Socket, reason int32) {
	o.killFasync(reason, func(f *File) bool { return f.sock == s })
}

// sendSigio is send_sigio().
func (k *Kernel) sendSigio(f *File, reason int32) {
	switch o := f.owner; {
	case o.id == 0:
	case o.kind == abi.F_OWNER_PGRP:
		for _, p := range k.processes() {
			if p.pgid == o.id && !p.isZombie() {
				p.send(f.sigio(reason, &p.pend))
			}
		}
	default:
		t := k.threadByID(o.id)
		switch {
		case t == nil:
		case o.kind == abi.F_OWNER_TID:
			t.send(f.sigio(reason, &t.sig))
		default:
			t.proc.send(f.sigio(reason, &t.proc.pend))
		}
	}
}

// bands are si_band of the reasons from POLL_IN on.
var bands = [abi.NSIGPOLL]uint64{
	abi.POLLIN | abi.POLLRDNORM, abi.POLLOUT | abi.POLLWRNORM | abi.POLLWRBAND, abi.POLLIN | abi.POLLRDNORM | abi.POLLMSG,
	abi.POLLERR, abi.POLLPRI | abi.POLLRDBAND, abi.POLLHUP | abi.POLLERR,
}

// ownCodes are signals whose si_code says something of its own (sig_specific_sicodes()).
var ownCodes = sigsetOf(abi.SIGILL, abi.SIGFPE, abi.SIGSEGV, abi.SIGBUS, abi.SIGTRAP, abi.SIGCHLD, abi.SIGSYS)

// sigio is the signal that f's owner, whose signals wait in to, is sent: a real-time one that has no room is SIGIO.
func (f *File) sigio(reason int32, to *signals) sigInfo {
	n := f.owner.signo
	if n == 0 || n >= abi.SIGRTMIN && to.full() {
		return sigInfo{signo: abi.SIGIO, code: abi.SI_KERNEL}
	}
	i := sigInfo{signo: n, code: reason, value: bands[reason-abi.POLL_IN], status: int32(f.asyncFD)}
	if ownCodes.has(n) {
		i.code = abi.SI_SIGIO
	}
	return i
}

// ofFile reports whether si_band and si_fd of a signal are used: value and status (siginfo_layout()).
func (i *sigInfo) ofFile() bool {
	return i.code == abi.SI_SIGIO || i.code > 0 && i.code <= abi.NSIGPOLL && !ownCodes.has(i.signo)
}

// numbered reports whether a number is some thread's, process's, group's or session's (find_vpid()).
func (k *Kernel) numbered(id int) bool {
	if k.threadByID(id) != nil || k.procs[id] != nil {
		return true
	}
	return slices.ContainsFunc(k.processes(), func(p *Process) bool { return p.pgid == id || p.sid == id })
}

// setOwner is f_setown(): who is a process, or a process group if it is negative.
func (k *Kernel) setOwner(f *File, who int32) int64 {
	id, kind := int(who), abi.F_OWNER_PID
	if id < 0 {
		id, kind = -id, abi.F_OWNER_PGRP
	}
	switch {
	case who == -1<<31:
		return -EINVAL
	case id != 0 && !k.numbered(id):
		return -ESRCH
	}
	f.owner.id, f.owner.kind = id, kind
	return 0
}

// ownerOf is whom f has by now, or nobody if that has ended.
func (k *Kernel) ownerOf(f *File) abi.FOwnerEx {
	o := abi.FOwnerEx{Type: int32(f.owner.kind)}
	id := f.owner.id
	there := false
	switch f.owner.kind {
	case abi.F_OWNER_TID:
		there = k.threadByID(id) != nil || k.procs[id] != nil
	case abi.F_OWNER_PID:
		there = k.procs[id] != nil
	default:
		there = slices.ContainsFunc(k.processes(), func(p *Process) bool { return p.pgid == id })
	}
	if there {
		o.Pid = int32(id)
	}
	return o
}

// owned is the owner as F_GETOWN tells it: a process group is negative.
func (k *Kernel) owned(f *File) int32 {
	o := k.ownerOf(f)
	if o.Type == abi.F_OWNER_PGRP {
		return -o.Pid
	}
	return o.Pid
}

// fcntlOwner are the operations of fcntl(2) that are about signals; false: it is none of them.
func (k *Kernel) fcntlOwner(t *Thread, c *call, f *File) (int64, bool) {
	switch c.int(1) {
	case abi.F_GETOWN:
		t.setResult(int64(k.owned(f))) // no error, though it be negative
		return resultNone, true
	case abi.F_SETOWN:
		return k.setOwner(f, int32(c.arg[2])), true
	case abi.F_GETOWN_EX:
		return t.copyOut(c.arg[2], c.word(), k.ownerOf(f)), true
	case abi.F_SETOWN_EX:
		var o abi.FOwnerEx
		switch {
		case !copyFromUser(t.proc.mm, c.arg[2], c.word(), &o):
			return -EFAULT, true
		case o.Type < abi.F_OWNER_TID || o.Type > abi.F_OWNER_PGRP:
			return -EINVAL, true
		case o.Pid != 0 && !k.numbered(int(o.Pid)):
			return -ESRCH, true
		}
		f.owner.id, f.owner.kind = int(o.Pid), int(o.Type)
		return 0, true
	case abi.F_GETSIG:
		return int64(f.owner.signo), true
	case abi.F_SETSIG:
		if c.arg[2] > abi.SIGRTMAX {
			return -EINVAL, true
		}
		f.owner.signo = int(c.arg[2])
		return 0, true
	}
	return 0, false
}

// ioctlAsync is FIOASYNC.
func (k *Kernel) ioctlAsync(t *Thread, f *File, fd int, va uint64) int64 {
	word, ok := getWord(t.proc.mm, va, 4)
	on := word != 0
	switch {
	case !ok:
		return -EFAULT
	case on == (f.flags&abi.O_ASYNC != 0):
		return 0
	case !f.mayBeAsync():
		return -ENOTTY
	}
	k.setAsync(f, fd, on)
	return 0
}

// ioctlOwner are the requests of sockets that set and tell their owner; false: it is none of them.
func (k *Kernel) ioctlOwner(t *Thread, f *File, request uint32, va uint64) (int64, bool) {
	if f.sock == nil {
		return 0, false
	}
	switch request {
	case abi.FIOSETOWN, abi.SIOCSPGRP:
		who, ok := getWord(t.proc.mm, va, 4)
		if !ok {
			return -EFAULT, true
		}
		return k.setOwner(f, int32(who)), true
	case abi.FIOGETOWN, abi.SIOCGPGRP:
		if !putWord(t.proc.mm, va, 4, uint64(uint32(k.owned(f)))) {
			return -EFAULT, true
		}
		return 0, true
	}
	return 0, false
}
