package linux

import (
	"io"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/net"
	"trapline/internal/linux/tty"
	"trapline/internal/linux/vfs"
)

// File is an open file description: what several descriptors may share.
type File struct {
	refs   int
	flags  int         // what F_GETFL tells
	path   string      // of a device or a generated file, or what stands for it
	dentry *vfs.Dentry // of a file, directory or pipe of the tree; nil: it is none, or never had a name

	host    *vfs.Handle // a regular file or directory
	pos     int64
	entries []dirEntry // of a directory, read at the first getdents
	text    []byte     // content of a generated file, such as /proc/self/maps
	mem     *mm.MM     // of devMem: whose memory
	device  device
	pipe    *vfs.Pipe
	fifo    *vfs.Node // that has the pipe's name
	sock    *net.Socket
	pty     *tty.Pair  // of an end of a terminal, or its name
	wakes   vfs.Wakes  // of an eventfd
	count   uint64     // of an eventfd; times that a timer has run out
	clock   clock      // of a timer
	when    interval   // of a timer
	watched []interest // by an epoll instance; replaced when it changes
	queue   *mqueue
	notify  *notifier
	mask    sigset    // of a signalfd: the signals that it gives
	proc    *Process  // of devProcess and of a directory below /proc: whose it is
	tid     int       // of devName
	owner   owner     // who is told by signals
	asyncFD int       // what descriptor they tell of
	sigs    *handlers // of a signalfd: of the process that made it, whose signals are its edges
}

func (f *File) readable() bool {
	return f.flags&abi.O_ACCMODE != abi.O_WRONLY && f.flags&abi.O_PATH == 0
}
func (f *File) writable() bool { return f.flags&abi.O_ACCMODE != abi.O_RDONLY }

// isPipe reports whether f is a pipe of the guest's or, as standard streams show themselves, of the host's.
func (f *File) isPipe() bool { return f.pipe != nil || f.device >= devStdin && f.device <= devStderr }

// where is the path of f: of the tree, or what stands for it.
func (f *File) where() string {
	if f.dentry != nil {
		return f.dentry.Path()
	}
	return f.path
}

// shown is where, as links below /proc show it.
func (f *File) shown() string {
	if f.dentry != nil {
		return f.dentry.Shown()
	}
	return f.path
}

func (f *File) isDir() bool {
	if f.host == nil {
		return f.device == devList
	}
	st, err := f.host.Stat()
	return err == nil && st.IsDir()
}

// closeFile drops one reference.
func (k *Kernel) closeFile(f *File) {
	if f.refs--; f.refs > 0 {
		return
	}
	k.dropLocks(f, func(l *lock) bool { return l.file == f })
	k.setAsync(f, 0, false)
	k.closed(f)
	k.releaseFile(f)
}

// releaseFile frees what a file holds that nobody has open.
func (k *Kernel) releaseFile(f *File) {
	if f.host != nil {
		_ = f.host.Close()
		if n := f.host.Node; n != nil {
			n.Users--
			k.fs.DropNode(n)
		}
	}
	k.putName(f.dentry)
	if f.notify != nil {
		k.dropNotifier(f.notify)
	}
	if f.sock != nil {
		k.net.ReleaseSocket(f.sock)
	}
	if q := f.queue; q != nil {
		q.files--
		k.dropQueue(q)
	}
	if f.isTerminal() {
		k.closeTerminal(f)
	}
	if f.pipe != nil {
		f.pipe.Drop(f.readable(), f.writable())
		if p := f.pipe; (p.Readers == 0) != (p.Writers == 0) {
			k.pipeChanged(p, abi.POLL_IN)
			k.pipeChanged(p, abi.POLL_OUT)
		}
		if p := f.pipe; f.fifo != nil && p.Readers+p.Writers == 0 {
			f.fifo.Fifo = nil
		}
		k.changed()
	}
}

// read moves bytes from f at *pos. Its result is a count or one of the
// results of errno.go.
func (k *Kernel) read(t *Thread, f *File, b []byte, pos *int64) int64 {
	if !f.readable() {
		return -EBADF
	}
	switch {
	case f.pipe != nil:
		return k.readPipe(t, f, b)
	case f.sock != nil:
		return k.receiveBytes(t, f, b)
	case f.host != nil:
		if f.isDir() {
			return -EISDIR
		}
		k.settle(f)
		n, err := f.host.ReadAt(b, *pos)
		if n == 0 && err != nil && err != io.EOF {
			return fail(err)
		}
		*pos += int64(n)
		if n > 0 {
			k.happenedByFile(f, abi.IN_ACCESS)
		}
		return int64(n)
	}
	switch f.device {
	case devMaster, devSlave:
		return k.readTerminal(t, f, b)
	case devZero, devFull:
		clear(b)
		return int64(len(b))
	case devRandom:
		k.random.fill(b)
		return int64(len(b))
	case devStdin:
		return k.input.read(k, b)
	case devText, devName:
		if *pos >= int64(len(f.text)) {
			return 0
		}
		n := copy(b, f.text[*pos:])
		*pos += int64(n)
		return int64(n)
	case devMem:
		return f.mem.AsFile(b, pos, f.mem.ReadForced)
	case devEvent, devSemaphore:
		return k.readEvent(t, f, b)
	case devTimer:
		return k.readTimer(t, f, b)
	case devSignal:
		return k.readSignals(t, f, b)
	case devNotify:
		return k.readNotify(t, f, b)
	case devQueue:
		n := copy(b, f.queue.text()[min(*pos, int64(len(f.queue.text()))):])
		*pos += int64(n)
		return int64(n)
	case devStdout, devStderr, devNull:
		return 0
	}
	return -EINVAL
}

// write moves bytes to f, from *pos on where that means something.
func (k *Kernel) write(t *Thread, f *File, b []byte, pos *int64) int64 {
	if !f.writable() {
		return -EBADF
	}
	if f.host != nil {
		return k.writeFile(t, f, b, pos)
	}
	if f.pipe != nil {
		return k.writePipe(t, f, b, len(b))
	}
	if f.sock != nil {
		return k.sendBytes(t, f, b)
	}
	switch f.device {
	case devNull, devZero, devRandom:
		return int64(len(b))
	case devFull:
		return -ENOSPC
	case devMem:
		return f.mem.AsFile(b, pos, f.mem.Poke)
	case devName:
		return f.writeName(t, b)
	case devEvent, devSemaphore:
		return k.writeEvent(t, f, b)
	case devStdout:
		return k.writeOut(t, &k.stdout, b)
	case devStderr:
		return k.writeOut(t, &k.stderr, b)
	}
	return -EINVAL
}

// maxFile bounds a file's size (s_maxbytes of a file system with 4 KiB blocks).
const maxFile = 16 << 40

// writeRoom is how many of size bytes can be written to a regular file at *pos; O_APPEND
// moves that to the end.
func (k *Kernel) writeRoom(t *Thread, f *File, size int, pos *int64) (int, int64) {
	k.settle(f)
	n := f.host.Node
	switch {
	case n == nil || n.Inode == nil:
		return 0, -EBADF
	case size == 0:
		return 0, 0
	case f.flags&abi.O_APPEND != 0:
		*pos = n.Inode.Size
	}
	if *pos > maxFile-int64(size) {
		return 0, -EFBIG
	}
	room, r := t.fileRoom(*pos, size)
	if r == 0 && f.flags&abi.O_LARGEFILE == 0 {
		if *pos >= maxSmall {
			return 0, -EFBIG
		}
		room = min(room, maxSmall-int(*pos))
	}
	if r != 0 || !n.Memfd {
		return room, r
	}
	room, e := n.SealedRoom(*pos, room)
	return room, -int64(e)
}

// writeFile moves bytes to a regular file, which is open for writing and so is the
// layer's.
func (k *Kernel) writeFile(t *Thread, f *File, b []byte, pos *int64) int64 {
	room, r := k.writeRoom(t, f, len(b), pos)
	if r != 0 || room == 0 {
		return r
	}
	done := k.fs.WriteNode(f.host.Node, b[:room], *pos)
	if done == 0 {
		return -ENOSPC
	}
	*pos += int64(done)
	k.happenedByFile(f, abi.IN_MODIFY)
	return int64(done)
}

// seek moves the file position (lseek(2)).
func (f *File) seek(off int64, whence int) int64 {
	switch {
	case f.flags&abi.O_PATH != 0:
		return -EBADF
	case f.isPipe() || f.sock != nil || f.isTerminal():
		return -ESPIPE
	}
	if f.device >= devEvent && f.device != devQueue { // noop_llseek()
		return f.pos
	}
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		off += f.pos
	case io.SeekEnd:
		off += f.size()
	case abi.SEEK_DATA, abi.SEEK_HOLE: // all of a file counts as data, with a hole behind it
		switch size := f.size(); {
		case f.host == nil || f.isDir():
			return -EINVAL
		case off < 0 || off >= size:
			return -ENXIO
		case whence == abi.SEEK_HOLE:
			off = size
		}
	default:
		return -EINVAL
	}
	if off < 0 && f.device != devMem {
		return -EINVAL
	}
	if off == 0 {
		f.entries = nil
	}
	f.pos = off
	return off
}

func (f *File) size() int64 {
	if f.host == nil {
		return int64(len(f.text))
	}
	st, err := f.host.Stat()
	if err != nil {
		return 0
	}
	return st.Size()
}
