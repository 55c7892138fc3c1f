package linux

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/net"
	"trapline/internal/linux/vfs"
)

// abi.AT_FDCWD is the descriptor that stands for the working directory.

// absoluteIn is p seen from a directory.
func absoluteIn(dir, p string) string {
	if strings.HasPrefix(p, "/") {
		return p
	}
	return dir + "/" + p
}

// pathFrom is the absolute path of p seen from a directory of the tree, which a link below /proc leads to. In one
// that was removed there is nothing but itself and the way out.
func pathFrom(from *vfs.Dentry, link, p string) (string, int64) {
	if strings.HasPrefix(p, "/") {
		return p, 0
	}
	d := from
	for d.Gone() {
		first, rest, _ := strings.Cut(p, "/")
		switch p = rest; first {
		case "..":
			d = d.Parent()
		case "", ".":
			if p == "" && d == from {
				return link, 0
			} else if p == "" {
				return "", -ENOENT
			}
		default:
			return "", -ENOENT
		}
	}
	return strings.TrimSuffix(d.Path(), "/") + "/" + p, 0
}

// clone is the place in the tree of a new process: the same one, or a copy (copy_fs()).
func (f *fsState) clone(shared bool) *fsState {
	if shared {
		f.users++
		return f
	}
	return &fsState{users: 1, cwd: f.cwd.Hold(), umask: f.umask}
}

// cwdLink leads to the working directory.
const cwdLink = "/proc/self/cwd"

// dropFS gives up one process's hold of its place in the tree (exit_fs()).
func (k *Kernel) dropFS(f *fsState) {
	if f.users--; f.users == 0 {
		k.putName(f.cwd)
	}
}

// setDir makes a held directory the working directory.
func (k *Kernel) setDir(t *Thread, d *vfs.Dentry) {
	old := t.proc.fs.cwd
	t.proc.fs.cwd = d
	k.putName(old)
}

// userPath reads a path argument and makes it absolute from directory dirfd.
func (k *Kernel) userPath(t *Thread, dirfd int, va uint64) (string, int64) {
	p, ok := t.proc.mm.ReadString(va, maxPath)
	switch {
	case !ok:
		return "", -EFAULT
	case p == "":
		return "", -ENOENT
	case strings.HasPrefix(p, "/"):
		return k.through(t, p)
	case dirfd == abi.AT_FDCWD:
		return k.throughFrom(t, t.proc.fs.cwd, cwdLink, p)
	}
	f := t.proc.files.get(dirfd)
	if f == nil {
		return "", -EBADF
	}
	if !f.isDir() {
		return "", -ENOTDIR
	}
	if f.dentry != nil {
		return k.throughFrom(t, f.dentry, fmt.Sprintf("/proc/self/fd/%d", dirfd), p)
	}
	return k.through(t, f.path+"/"+p)
}

// throughFrom is through of what pathFrom finds.
func (k *Kernel) throughFrom(t *Thread, from *vfs.Dentry, link, p string) (string, int64) {
	p, r := pathFrom(from, link, p)
	if r != 0 {
		return "", r
	}
	return k.through(t, p)
}

func sysClose(k *Kernel, t *Thread, c *call) int64 {
	if !k.closeFD(t.proc.files, c.fd(0)) {
		return -EBADF
	}
	return 0
}

func sysCloseRange(k *Kernel, t *Thread, c *call) int64 {
	p, first := t.proc, c.arg[0]&0xffffffff
	if c.arg[2]&^(abi.CLOSE_RANGE_UNSHARE|abi.CLOSE_RANGE_CLOEXEC) != 0 || first > c.arg[1]&0xffffffff {
		return -EINVAL
	}
	if c.arg[2]&abi.CLOSE_RANGE_UNSHARE != 0 {
		if len(p.thr) > 1 { // descriptors are of processes here
			return -EINVAL
		}
		if p.files.users > 1 {
			own := p.files.clone()
			k.dropFiles(p.files)
			p.files = own
		}
	}
	fds := p.files
	last := min(c.arg[1]&0xffffffff, uint64(len(fds.fds)))
	for fd := first; fd <= last && fd < uint64(len(fds.fds)); fd++ {
		if c.arg[2]&abi.CLOSE_RANGE_CLOEXEC != 0 {
			fds.fds[fd].cloexec = true
		} else {
			k.closeFD(fds, int(fd))
		}
	}
	return 0
}

func sysDup(k *Kernel, t *Thread, c *call) int64 { return k.dupTo(t, c.fd(0), 0, false) }

// dupTo is dup with the lowest number from low on.
func (k *Kernel) dupTo(t *Thread, fd, low int, cloexec bool) int64 {
	f := t.proc.files.get(fd)
	if f == nil {
		return -EBADF
	}
	n := t.proc.files.add(f, low, cloexec)
	if n < 0 {
		return -EMFILE
	}
	f.refs++
	return int64(n)
}

func sysDup2(k *Kernel, t *Thread, c *call) int64 {
	if c.fd(0) == c.fd(1) {
		if t.proc.files.get(c.fd(0)) == nil {
			return -EBADF
		}
		return int64(c.fd(0))
	}
	return k.dupOver(t, c.fd(0), c.fd(1), false)
}

func sysDup3(k *Kernel, t *Thread, c *call) int64 {
	if c.fd(0) == c.fd(1) || c.arg[2]&0xffffffff&^abi.O_CLOEXEC != 0 {
		return -EINVAL
	}
	return k.dupOver(t, c.fd(0), c.fd(1), c.arg[2]&abi.O_CLOEXEC != 0)
}

func (k *Kernel) dupOver(t *Thread, from, to int, cloexec bool) int64 {
	fds := t.proc.files
	f := fds.get(from)
	if f == nil || to < 0 || to >= fds.max {
		return -EBADF
	}
	f.refs++
	k.closeFD(fds, to)
	return int64(fds.add(f, to, cloexec))
}

func sysFcntl(k *Kernel, t *Thread, c *call) int64 {
	fds, fd := t.proc.files, c.fd(0)
	f := fds.get(fd)
	if f == nil || f.flags&abi.O_PATH != 0 && !slices.Contains(ofNothing, c.int(1)) {
		return -EBADF
	}
	if c.isLockCommand() {
		return k.fcntlLock(t, c, f)
	}
	switch c.int(1) {
	case abi.F_DUPFD, abi.F_DUPFD_CLOEXEC:
		if c.int(2) < 0 || c.int(2) >= fds.max {
			return -EINVAL
		}
		return k.dupTo(t, fd, c.int(2), c.int(1) == abi.F_DUPFD_CLOEXEC)
	case abi.F_GETFD:
		if fds.fds[fd].cloexec {
			return 1
		}
		return 0
	case abi.F_SETFD:
		fds.fds[fd].cloexec = c.arg[2]&abi.FD_CLOEXEC != 0
		return 0
	case abi.F_GETFL:
		return int64(f.flags)
	case abi.F_GET_SEALS:
		return f.getSeals()
	case abi.F_ADD_SEALS:
		return k.addSeals(f, uint32(c.arg[2]))
	case abi.F_SETFL:
		const may = abi.O_APPEND | abi.O_NONBLOCK | abi.O_NOATIME
		if c.arg[2]&abi.O_DIRECT != 0 { // a tmpfs of 6.1 has no direct I/O
			return -EINVAL
		}
		if on := c.arg[2]&abi.O_ASYNC != 0; on != (f.flags&abi.O_ASYNC != 0) && f.mayBeAsync() {
			k.setAsync(f, fd, on)
		}
		f.flags = f.flags&^may | int(c.arg[2])&may
		return 0
	}
	if r, ok := k.fcntlOwner(t, c, f); ok {
		return r
	}
	return -EINVAL
}

// ofNothing are the operations of fcntl(2) that a descriptor of O_PATH has (check_fcntl_cmd()).
var ofNothing = []int{abi.F_DUPFD, abi.F_DUPFD_CLOEXEC, abi.F_GETFD, abi.F_SETFD, abi.F_GETFL}

func sysIoctl(k *Kernel, t *Thread, c *call) int64 {
	fds, fd := t.proc.files, c.fd(0)
	f := fds.opened(fd)
	if f == nil {
		return -EBADF
	}
	switch uint32(c.arg[1]) {
	case abi.FIOCLEX, abi.FIONCLEX:
		fds.fds[fd].cloexec = c.arg[1] == abi.FIOCLEX
		return 0
	case abi.FIONBIO:
		on, ok := getWord(t.proc.mm, c.arg[2], 4)
		if !ok {
			return -EFAULT
		}
		f.flags &^= abi.O_NONBLOCK
		if on != 0 {
			f.flags |= abi.O_NONBLOCK
		}
		return 0
	case abi.FIOASYNC:
		return k.ioctlAsync(t, f, fd, c.arg[2])
	}
	if f.isTerminal() {
		return k.ioctlTerminal(t, c, f)
	}
	if r, ok := k.ioctlOwner(t, f, uint32(c.arg[1]), c.arg[2]); ok {
		return r
	}
	n, r := f.amount(uint32(c.arg[1]))
	if r == 0 && !putWord(t.proc.mm, c.arg[2], 4, uint64(n)) {
		return -EFAULT
	}
	return r
}

// amount answers requests of ioctl(2) for a number of bytes.
func (f *File) amount(request uint32) (int, int64) {
	s := f.sock
	switch {
	case s != nil && request == abi.FIONREAD:
		switch {
		case s.State() == net.Listening:
			return 0, -EINVAL
		case s.IsStream() || s.Kind == abi.SOCK_SEQPACKET:
			return s.Available(), 0
		case len(s.Queue) > 0:
			return len(s.Queue[0].Data), 0
		}
		return 0, 0
	case s != nil && request == abi.SIOCOUTQ:
		return s.Sent, 0
	case s != nil && request == abi.SIOCATMARK && s.IsTCP():
		return 0, 0
	case f.notify != nil && request == abi.FIONREAD:
		n := 0
		for i := range f.notify.events {
			n += f.notify.events[i].size()
		}
		return n, 0
	case f.pipe != nil && request == abi.FIONREAD:
		return len(f.pipe.Data), 0
	}
	return 0, -ENOTTY
}

func sysPipe(k *Kernel, t *Thread, c *call) int64 {
	flags := uint64(0)
	if n := lookup(c); n.name == "pipe2" {
		flags = c.arg[1] & 0xffffffff
	}
	if flags&^(abi.O_CLOEXEC|abi.O_NONBLOCK) != 0 { // O_DIRECT, a pipe of packets, is not there
		return -EINVAL
	}
	p := k.fs.NewPipe()
	name := fmt.Sprintf("pipe:[%d]", p.Ino)
	fds, cloexec := t.proc.files, flags&abi.O_CLOEXEC != 0
	mode := int(flags) & abi.O_NONBLOCK
	r := fds.add(&File{refs: 1, flags: abi.O_RDONLY | mode, pipe: p, path: name}, 0, cloexec)
	w := -1
	if r >= 0 {
		w = fds.add(&File{refs: 1, flags: abi.O_WRONLY | mode, pipe: p, path: name}, 0, cloexec)
	}
	if w < 0 {
		k.closeFD(fds, r)
		return -EMFILE
	}
	if !putWord(t.proc.mm, c.arg[0], 8, uint64(r)|uint64(w)<<32) {
		k.closeFD(fds, r)
		k.closeFD(fds, w)
		return -EFAULT
	}
	return 0
}

// sysSync has nothing to write back: files are memory.
func sysSync(*Kernel, *Thread, *call) int64 { return 0 }

func sysFsync(k *Kernel, t *Thread, c *call) int64 {
	f := t.proc.files.opened(c.fd(0))
	switch {
	case f == nil:
		return -EBADF
	case f.host == nil:
		return -EINVAL
	}
	return 0
}

// sysSyncfs is for descriptors of every kind.
func sysSyncfs(k *Kernel, t *Thread, c *call) int64 {
	if t.proc.files.opened(c.fd(0)) == nil {
		return -EBADF
	}
	return 0
}

func sysFadvise(k *Kernel, t *Thread, c *call) int64 {
	return t.fadvise(c.fd(0), int64(c.arg[2]), c.int(3))
}

// sysFadvise32 has a size of 32 bits, sysFadvise64 one of two words.
func sysFadvise32(k *Kernel, t *Thread, c *call) int64 {
	return t.fadvise(c.fd(0), int64(int32(c.arg[3])), c.int(4))
}
func sysFadvise64(k *Kernel, t *Thread, c *call) int64 {
	return t.fadvise(c.fd(0), int64(c.pair(3)), c.int(5))
}

// fadvise checks what posix_fadvise(2) is given: all of a file is memory already.
func (t *Thread) fadvise(fd int, size int64, advice int) int64 {
	f := t.proc.files.get(fd)
	switch {
	case f == nil || f.flags&abi.O_PATH != 0:
		return -EBADF
	case f.isPipe():
		return -ESPIPE
	case size < 0 || advice < abi.POSIX_FADV_NORMAL || advice > abi.POSIX_FADV_NOREUSE:
		return -EINVAL
	}
	return 0
}

// sysAbsent is a call that this kernel was built without; programs have
// another way.
func sysAbsent(*Kernel, *Thread, *call) int64 { return -ENOSYS }
