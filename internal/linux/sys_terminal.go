package linux

import (
	"slices"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/tty"
)

// ioctl(2) of terminals. Both ends tell of the same modes, size, session and groups.

// ioctlTerminal answers a request to an open end of a terminal; ENOTTY: it is none that terminals have.
func (k *Kernel) ioctlTerminal(t *Thread, c *call, f *File) int64 {
	p, request, va := f.pty, uint32(c.arg[1]), c.arg[2]
	if p.Gone && f.device == devSlave {
		if request == abi.TIOCSPGRP {
			return -ENOTTY
		}
		return -EIO
	}
	switch request {
	case abi.TCSETS, abi.TCSETSW, abi.TCSETSF, abi.TCSETS2, abi.TCSETSW2, abi.TCSETSF2, abi.TCXONC, abi.TCFLSH, abi.TCSBRK, abi.TCSBRKP:
		if r := k.mayUse(t, p, abi.SIGTTOU); r != 0 && f.device == devSlave {
			return r
		}
	}
	switch request {
	case abi.TCGETS:
		m := p.Termios
		return t.copyOut(va, c.word(), abi.Termios{Iflag: m.Iflag, Oflag: m.Oflag, Cflag: m.Cflag, Lflag: m.Lflag, Line: m.Line, Cc: m.Cc})
	case abi.TCGETS2:
		return t.copyOut(va, c.word(), p.Termios)
	case abi.TCSETS, abi.TCSETSW, abi.TCSETSF:
		var m abi.Termios
		if !copyFromUser(t.proc.mm, va, c.word(), &m) {
			return -EFAULT
		}
		return k.setModes(p, abi.Termios2{
			Iflag: m.Iflag, Oflag: m.Oflag, Cflag: m.Cflag, Lflag: m.Lflag, Line: m.Line, Cc: m.Cc, Ispeed: p.Termios.Ispeed, Ospeed: p.Termios.Ospeed,
		}, request == abi.TCSETSF)
	case abi.TCSETS2, abi.TCSETSW2, abi.TCSETSF2:
		var m abi.Termios2
		if !copyFromUser(t.proc.mm, va, c.word(), &m) {
			return -EFAULT
		}
		return k.setModes(p, m, request == abi.TCSETSF2)
	case abi.TCSBRK, abi.TCSBRKP: // there is no line to break, and nothing waits to be sent
		return 0
	case abi.TCXONC:
		return k.flow(f, int(c.arg[2]))
	case abi.TCFLSH:
		return k.flush(f, int(c.arg[2]))
	case abi.TIOCGWINSZ:
		return t.copyOut(va, c.word(), p.Size)
	case abi.TIOCSWINSZ:
		var size abi.Winsize
		if !copyFromUser(t.proc.mm, va, c.word(), &size) {
			return -EFAULT
		}
		if size != p.Size {
			p.Size = size
			k.terminalChanged(p, abi.SIGWINCH)
		}
		return 0
	case abi.TIOCOUTQ:
		return k.putInt(t, va, 0)
	case abi.FIONREAD:
		if f.device == devMaster {
			n, _ := p.Arrived()
			return k.putInt(t, va, min(n, tty.LineSize-1))
		}
		return k.putInt(t, va, p.Waiting())
	case abi.TIOCSTI:
		b, ok := getWord(t.proc.mm, va, 1)
		switch {
		case t.proc.tty != p && !k.privileged():
			return -EPERM
		case !ok:
			return -EFAULT
		case f.device == devSlave:
			k.terminalChanged(p, p.Insert(byte(b))...)
		}
		return 0
	case abi.TIOCGETD:
		return k.putInt(t, va, 0)
	case abi.TIOCEXCL, abi.TIOCNXCL:
		p.Exclusive = request == abi.TIOCEXCL
		return 0
	}
	if r := k.ioctlJobs(t, c, f); r != -ENOTTY {
		return r
	}
	if f.device == devMaster {
		return k.ioctlMaster(t, c, f)
	}
	return -ENOTTY
}

func (k *Kernel) putInt(t *Thread, va uint64, n int) int64 {
	if !putWord(t.proc.mm, va, 4, uint64(n)) {
		return -EFAULT
	}
	return 0
}

func (k *Kernel) setModes(p *tty.Pair, m abi.Termios2, flush bool) int64 {
	if flush {
		p.FlushInput()
	}
	tty.Speeds(&m)
	k.terminalChanged(p, p.Set(m)...)
	return 0
}

// flow is TCXONC: it holds an end's output, or sends the other end what does.
func (k *Kernel) flow(f *File, what int) int64 {
	p := f.pty
	switch {
	case what < abi.TCOOFF || what > abi.TCION:
		return -EINVAL
	case f.device == devMaster: // what goes to the slave's end is never held
	case what == abi.TCOOFF:
		p.Hold(true)
	case what == abi.TCOON:
		p.Go(true)
	default:
		char := map[int]int{abi.TCIOFF: abi.VSTOP, abi.TCION: abi.VSTART}[what]
		if b := p.Termios.Cc[char]; b != 0 {
			p.Send(b)
		}
	}
	k.changed()
	return 0
}

// flush is TCFLSH.
func (k *Kernel) flush(f *File, what int) int64 {
	if what < abi.TCIFLUSH || what > abi.TCIOFLUSH {
		return -EINVAL
	}
	in, out := what != abi.TCOFLUSH, what != abi.TCIFLUSH
	if p := f.pty; f.device == devSlave {
		if in {
			p.FlushInput()
		}
		if out {
			p.FlushOutput()
		}
	} else if in {
		p.FlushShown()
	}
	k.changed()
	return 0
}

// ioctlJobs are the requests about sessions and groups.
func (k *Kernel) ioctlJobs(t *Thread, c *call, f *File) int64 {
	p, va, own := f.pty, c.arg[2], t.proc
	foreign := f.device == devSlave && own.tty != p
	switch uint32(c.arg[1]) {
	case abi.TIOCGPGRP:
		if foreign {
			return -ENOTTY
		}
		return k.putInt(t, va, p.Group)
	case abi.TIOCGSID:
		if foreign || p.Session == 0 {
			return -ENOTTY
		}
		return k.putInt(t, va, p.Session)
	case abi.TIOCSPGRP:
		return k.setForeground(t, p, va)
	case abi.TIOCSCTTY:
		return k.takeTerminal(t, f, c.arg[2] == 1)
	case abi.TIOCNOTTY:
		if own.tty != p || f.device == devMaster {
			return -ENOTTY
		}
		if own.leads() {
			k.leaveTerminal(own, false)
		}
		own.tty = nil
		return 0
	}
	return -ENOTTY
}

func (k *Kernel) setForeground(t *Thread, p *tty.Pair, va uint64) int64 {
	switch r := k.mayUse(t, p, abi.SIGTTOU); {
	case r == -EIO:
		return -ENOTTY
	case r != 0:
		return r
	}
	word, ok := getWord(t.proc.mm, va, 4)
	group := int(int32(word))
	in := func(o *Process) bool { return o.pgid == group }
	switch {
	case t.proc.tty != p || p.Session != t.proc.sid:
		return -ENOTTY
	case !ok:
		return -EFAULT
	case group < 0:
		return -EINVAL
	case !slices.ContainsFunc(k.processes(), in):
		return -ESRCH
	case !k.hasGroup(group, t.proc.sid):
		return -EPERM
	}
	p.Group = group
	return 0
}

// takeTerminal is TIOCSCTTY.
func (k *Kernel) takeTerminal(t *Thread, f *File, steal bool) int64 {
	p, own := f.pty, t.proc
	switch {
	case own.leads() && p.Session == own.sid:
		return 0
	case !own.leads() || own.tty != nil, p.Session != 0 && !(steal && k.privileged()), !f.readable() && !k.privileged():
		return -EPERM
	}
	if p.Session != 0 {
		for _, o := range k.processes() {
			if o.sid == p.Session {
				o.tty = nil
			}
		}
	}
	own.control(p)
	return 0
}

// ioctlMaster are the requests that only the master's end has.
func (k *Kernel) ioctlMaster(t *Thread, c *call, f *File) int64 {
	p, va := f.pty, c.arg[2]
	word, ok := getWord(t.proc.mm, va, 4)
	truth := map[bool]int{true: 1}
	switch uint32(c.arg[1]) {
	case abi.TIOCGPTN:
		return k.putInt(t, va, p.Index)
	case abi.TIOCGPTLCK:
		return k.putInt(t, va, truth[p.Locked])
	case abi.TIOCGPKT:
		return k.putInt(t, va, truth[p.Packet])
	case abi.TIOCSPTLCK, abi.TIOCPKT:
		if !ok {
			return -EFAULT
		}
		if uint32(c.arg[1]) == abi.TIOCPKT {
			p.SetPacket(word != 0)
		} else {
			p.Locked = word != 0
		}
		return 0
	case abi.TIOCSIG:
		switch n := int(int32(va)); n {
		case abi.SIGINT, abi.SIGQUIT, abi.SIGTSTP:
			k.terminalChanged(p, n)
			return 0
		}
		return -EINVAL
	case abi.TIOCGPTPEER:
		return k.openPeer(t, p, va)
	}
	return -ENOTTY
}

// openPeer opens the slave's end without its name (ptm_open_peer()).
func (k *Kernel) openPeer(t *Thread, p *tty.Pair, flags uint64) int64 {
	f := &File{refs: 1, device: devPts, pty: p, path: slaveName(p), flags: int(flags) & (abi.O_ACCMODE | abi.O_NONBLOCK)}
	if r := k.openSlave(t, f, int(flags)); r != 0 {
		return r
	}
	fd := t.proc.files.add(f, 0, flags&abi.O_CLOEXEC != 0)
	if fd < 0 {
		k.closeFile(f)
		return -EMFILE
	}
	return int64(fd)
}
