package linux

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/tty"
)

// Pseudoterminals as files: /dev/ptmx, which opens the master's end of a new one, /dev/pts/N and /dev/tty.

const (
	// maxTerminals bounds the pseudoterminals at a time (/proc/sys/kernel/pty/max).
	maxTerminals = 256
	// terminalDevice is the device number of /dev/pts, and terminalMajor of what is in it.
	terminalDevice, terminalMajor = 6, 136
)

// terminalName is the name of a terminal, which openTerminal makes an end of one; nil: there is none at p.
func (k *Kernel) terminalName(p string) *File {
	if p == "/dev/pts" {
		list := listOf(abi.DT_CHR)
		for _, pair := range k.terminals {
			list = append(list, dirEntry{name: fmt.Sprint(pair.Index), typ: abi.DT_CHR})
		}
		return &File{device: devList, entries: append(list, dirEntry{name: "ptmx", typ: abi.DT_CHR})}
	}
	number, ok := strings.CutPrefix(p, "/dev/pts/")
	for _, pair := range k.terminals {
		if ok && strconv.Itoa(pair.Index) == number {
			return &File{device: devPts, pty: pair}
		}
	}
	return nil
}

// openTerminal makes the name of a terminal an end of it that is open.
func (k *Kernel) openTerminal(t *Thread, f *File, flags int) int64 {
	if flags&abi.O_PATH != 0 {
		return 0
	}
	switch f.device {
	case devPtmx:
		return k.openMaster(f)
	case devTTY: // it keeps that name
		if f.pty = t.proc.tty; f.pty == nil {
			return -ENXIO
		}
		flags |= abi.O_NOCTTY
	case devPts:
	default:
		return 0
	}
	return k.openSlave(t, f, flags)
}

// ownTerminal is the name of a process's controlling terminal.
const ownTerminal = "/dev/tty"

func slaveName(p *tty.Pair) string { return fmt.Sprintf("/dev/pts/%d", p.Index) }

func (k *Kernel) openMaster(f *File) int64 {
	index := 0
	for index < len(k.terminals) && k.terminals[index].Index == index {
		index++
	}
	if index == maxTerminals {
		return -ENOSPC
	}
	u := k.user()
	f.device, f.pty = devMaster, tty.New(index, u.UID, u.GID)
	k.terminals = slices.Insert(slices.Clone(k.terminals), index, f.pty)
	return 0
}

// openSlave opens the slave's end. A leader of a session that has no controlling terminal gets it as one (tty_open()).
func (k *Kernel) openSlave(t *Thread, f *File, flags int) int64 {
	p := f.pty
	st := slaveStat(p)
	reads, writes := flags&abi.O_ACCMODE != abi.O_WRONLY, flags&abi.O_ACCMODE != abi.O_RDONLY
	switch {
	case reads && !k.may(st, abi.R_OK), writes && !k.may(st, abi.W_OK):
		return -EACCES
	case p.Gone, p.Locked && p.Slaves == 0:
		return -EIO
	case p.Exclusive && !k.privileged():
		return -EBUSY
	}
	f.device = devSlave
	p.Slaves++
	p.Left = false
	if flags&abi.O_NOCTTY == 0 && reads && t.proc.leads() && t.proc.tty == nil && p.Session == 0 {
		t.proc.control(p)
	}
	k.terminalChanged(nil)
	return 0
}

// closeTerminal closes an end.
func (k *Kernel) closeTerminal(f *File) {
	p := f.pty
	switch f.device {
	case devMaster:
		k.hangUp(p)
	case devSlave:
		p.Slaves--
		p.Left = p.Slaves == 0
	}
	p.Wakes.In++
	p.Wakes.Out++
}

// terminalChanged sends the process group in the foreground of p the signals that typed bytes send, and wakes who waits.
func (k *Kernel) terminalChanged(p *tty.Pair, signals ...int) {
	for _, n := range signals {
		k.sendGroup(p.Group, n)
	}
	k.changed()
}

func slaveStat(p *tty.Pair) abi.Kstat {
	return abi.Kstat{
		Dev: terminalDevice, Ino: specialIno(slaveName(p)), Nlink: 1, Blksize: 1024, Mode: abi.S_IFCHR | p.Mode, Uid: p.UID, Gid: p.GID,
		Rdev: terminalMajor<<8 | uint64(p.Index),
	}
}

// isTerminal reports whether f is an open end of a terminal.
func (f *File) isTerminal() bool { return f.device == devMaster || f.device == devSlave }

func (k *Kernel) readTerminal(t *Thread, f *File, b []byte) int64 {
	p := f.pty
	switch {
	case f.device == devMaster:
		return k.readMaster(t, f, b)
	case p.Gone:
		return 0
	case len(b) == 0:
		return 0
	}
	if r := k.mayUse(t, p, abi.SIGTTIN); r != 0 {
		return r
	}
	enough, left := k.enough(t, p, len(b))
	have := p.Readable()
	switch {
	case have >= enough || have > 0 && (left == 0 || f.flags&abi.O_NONBLOCK != 0):
		n, signals := p.Read(b)
		k.terminalChanged(p, signals...)
		return int64(n)
	case left == 0:
		return 0
	case left == never || f.flags&abi.O_NONBLOCK != 0:
		return t.waitFor(f, false)
	}
	return t.block(restartSys, left)
}

// enough is how many bytes a read of n waits for, and until when: never ends or, if it is 0, has passed. Of a terminal
// that does not edit lines MIN and TIME say it (termios(3)).
func (k *Kernel) enough(t *Thread, p *tty.Pair, n int) (bytes int, until uint64) {
	const tenth = 1e8 // nanoseconds of a unit of TIME
	least, time := int(p.Termios.Cc[abi.VMIN]), uint64(p.Termios.Cc[abi.VTIME])*tenth
	have := p.Readable()
	switch {
	case p.Termios.Lflag&abi.ICANON != 0:
		return 1, never
	case least > 0 && (time == 0 || have == 0):
		return min(least, n), never
	case time == 0:
		return 1, 0
	case least > 0 && have > t.progress: // the time counts from the last byte
		t.progress, t.expiry = have, 0
	}
	until = t.until(time)
	if t.deadlinePassed() {
		until = 0
	}
	return min(max(least, 1), n), until
}

func (k *Kernel) readMaster(t *Thread, f *File, b []byte) int64 {
	switch have, status := f.pty.Arrived(); {
	case have > 0 || status != 0:
		n := f.pty.Show(b)
		k.changed()
		return int64(n)
	case f.pty.Left:
		return -EIO
	}
	return t.waitFor(f, false)
}

// writeTerminal gives an end what it may take now, and waits until it has taken all.
func (k *Kernel) writeTerminal(t *Thread, f *File, u *uservec) int64 {
	p := f.pty
	if f.device == devSlave {
		if p.Gone {
			return -EIO
		}
		if p.Termios.Lflag&abi.TOSTOP != 0 {
			if r := k.mayUse(t, p, abi.SIGTTOU); r != 0 {
				return t.partial(r)
			}
		}
	}
	total := int(min(u.size, maxPart))
	if total == 0 && f.device == devSlave {
		p.Print(nil)
	}
	u.advance(uint64(t.progress))
	for t.progress < total {
		b := make([]byte, min(total-t.progress, 2048)) // tty_write()'s portion
		if b = b[:u.reach(len(b), 0)]; len(b) == 0 || !u.take(b) {
			return t.partial(-EFAULT)
		}
		n := 0
		if f.device == devSlave {
			n = p.Print(b)
			k.changed()
		} else {
			var signals []int
			n, signals = p.Type(b)
			k.terminalChanged(p, signals...)
		}
		if t.progress += n; n < len(b) {
			break
		}
	}
	switch {
	case t.progress == total:
		return int64(total)
	case f.flags&abi.O_NONBLOCK != 0:
		return t.partial(-EAGAIN)
	}
	return t.block(t.partial(restartSys), never)
}

// pollTerminal is n_tty_poll(), for t.
func (f *File) pollTerminal() uint16 {
	const in, out = abi.POLLIN | abi.POLLRDNORM, abi.POLLOUT | abi.POLLWRNORM
	p, r := f.pty, uint16(0)
	if f.device == devMaster {
		have, status := p.Arrived()
		if status != 0 {
			r |= abi.POLLPRI | in
		}
		if have > 0 {
			r |= in
		}
		if p.Left {
			r |= abi.POLLHUP
		}
		if p.TypeRoom() {
			r |= out
		}
		return r
	}
	if p.Gone {
		return in | out | abi.POLLERR | abi.POLLHUP
	}
	enough := 1
	if c := &p.Termios.Cc; p.Termios.Lflag&abi.ICANON == 0 && c[abi.VTIME] == 0 {
		enough = cmp.Or(int(c[abi.VMIN]), 1)
	}
	if p.Readable() >= enough {
		r |= in
	}
	if p.Room() {
		r |= out
	}
	return r
}
