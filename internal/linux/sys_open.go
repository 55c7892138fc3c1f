package linux

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// Calls that open files.

func sysOpen(k *Kernel, t *Thread, c *call) int64 {
	return k.openAt(t, abi.AT_FDCWD, c.arg[0], c.arg[1], c.arg[2])
}

func sysOpenat(k *Kernel, t *Thread, c *call) int64 {
	return k.openAt(t, c.fd(0), c.arg[1], c.arg[2], c.arg[3])
}

func sysCreat(k *Kernel, t *Thread, c *call) int64 {
	return k.openAt(t, abi.AT_FDCWD, c.arg[0], abi.O_CREAT|abi.O_WRONLY|abi.O_TRUNC, c.arg[1])
}

func (k *Kernel) openAt(t *Thread, dirfd int, va, flags, mode uint64) int64 {
	p, r := k.userPath(t, dirfd, va)
	if r != 0 {
		return r
	}
	if !t.call.compat { // force_o_largefile()
		flags |= abi.O_LARGEFILE
	}
	f, r := k.openPath(t, p, int(flags), uint32(mode))
	if r == -ENOENT && flags&abi.O_CREAT == 0 {
		k.noFile(p)
	}
	if r != 0 {
		return r
	}
	fd := t.proc.files.add(f, 0, flags&abi.O_CLOEXEC != 0)
	if fd < 0 {
		k.closeFile(f)
		return -EMFILE
	}
	k.happenedByFile(f, abi.IN_OPEN)
	return int64(fd)
}

// noFile tells who wants to know it that there is nothing at a path.
func (k *Kernel) noFile(p string) {
	if k.cfg.OnNoFile != nil {
		k.cfg.OnNoFile(p)
	}
}

// openPath opens a device, a generated file or a file of the tree. One that is opened
// for writing becomes the layer's.
func (k *Kernel) openPath(t *Thread, p string, flags int, mode uint32) (*File, int64) {
	const shown = abi.O_ACCMODE | abi.O_APPEND | abi.O_NONBLOCK | abi.O_SYNC | abi.O_DIRECTORY | abi.O_NOFOLLOW | abi.O_NOATIME |
		abi.O_LARGEFILE | abi.O_ASYNC
	kept := flags & shown
	switch {
	case flags&abi.O_PATH != 0:
		flags &= abi.O_DIRECTORY | abi.O_NOFOLLOW | abi.O_PATH
		kept = flags
	case flags&abi.O_DIRECT != 0: // as a tmpfs of 6.1 says
		return nil, -EINVAL
	}
	link, r := k.procLinkAt(t, path.Clean(p))
	switch {
	case r != 0:
		return nil, r
	case link == nil:
	case flags&abi.O_NOFOLLOW != 0:
		return nil, -ELOOP
	case link.file != nil:
		if f, r := k.reopen(link.file, flags); r != 0 {
			return nil, r
		} else if f != nil {
			f.refs, f.flags = 1, kept
			if f.pipe != nil {
				f.pipe.Take(f.readable(), f.writable())
				k.changed()
			}
			return f, 0
		}
		p = link.target
	default:
		p = link.target
	}
	if f, r := k.specialAt(t, p); r != 0 {
		return nil, r
	} else if f != nil {
		f.refs, f.flags, f.path, f.entries = 1, kept, path.Clean(p), nil
		if r := k.openTerminal(t, f, flags); r != 0 {
			return nil, r
		}
		return f, 0
	}
	if flags&abi.O_TMPFILE == abi.O_TMPFILE {
		return k.openUnnamed(t, p, kept, mode)
	}
	excl := flags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL
	full, info, r := k.place(p, flags&abi.O_NOFOLLOW == 0 && !excl || asksForDir(p))
	switch {
	case r != 0:
		return nil, r
	case flags&abi.O_CREAT != 0 && asksForDir(p):
		return nil, -EISDIR
	case info == nil:
		return k.openNew(t, full, flags, kept, mode)
	}
	writes := flags&abi.O_ACCMODE != abi.O_RDONLY || flags&abi.O_TRUNC != 0
	st := vfs.StatOf(info)
	switch {
	case excl:
		return nil, -EEXIST
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, -ELOOP
	case info.IsDir() && (writes || flags&abi.O_CREAT != 0):
		return nil, -EISDIR
	case !info.IsDir() && (flags&abi.O_DIRECTORY != 0 || asksForDir(p)):
		return nil, -ENOTDIR
	case fifoOf(info) == nil && !info.IsDir() && !info.Mode().IsRegular():
		return nil, -ENXIO
	case flags&abi.O_ACCMODE != abi.O_WRONLY && flags&abi.O_PATH == 0 && !k.may(st, abi.R_OK), writes && !k.may(st, abi.W_OK):
		return nil, -EACCES
	case flags&abi.O_NOATIME != 0 && !k.owns(st):
		return nil, -EPERM
	case info.Mode().IsRegular() && tooLarge(info.Size(), flags):
		return nil, -EOVERFLOW
	}
	if n := fifoOf(info); n != nil {
		return k.openFifo(t, n, full, kept)
	}
	if writes {
		n, err := k.fs.Raise(full, info)
		if err != nil {
			return nil, fail(err)
		}
		if flags&abi.O_TRUNC != 0 {
			k.fs.Truncate(n, 0)
			k.happenedAt(full, n.Attr, abi.IN_MODIFY)
		}
	}
	h, full, err := k.fs.Open(full, true)
	if err != nil {
		return nil, fail(err)
	}
	return &File{refs: 1, flags: kept, dentry: k.fs.Hold(full), host: h}, 0
}

// maxSmall is the largest size of a file that is open without O_LARGEFILE (MAX_NON_LFS).
const maxSmall = 1<<31 - 1

// tooLarge reports whether a file of a size cannot be opened with flags (generic_file_open()).
func tooLarge(size int64, flags int) bool {
	return flags&(abi.O_LARGEFILE|abi.O_PATH) == 0 && size > maxSmall
}

// openNew opens a file that is not there yet, with O_CREAT.
func (k *Kernel) openNew(t *Thread, full string, flags, kept int, mode uint32) (*File, int64) {
	if flags&abi.O_CREAT == 0 {
		return nil, -ENOENT
	}
	if r := cmp.Or(k.mayChange(full, nil), k.roomForName()); r != 0 {
		return nil, r
	}
	n := k.makeFile(t, full, mode)
	k.entryChanged(full, abi.IN_CREATE, 0)
	return &File{refs: 1, flags: kept, dentry: k.fs.Hold(full), host: k.fs.OpenNode(n, full)}, 0
}

// openUnnamed makes a file that has no name (O_TMPFILE).
func (k *Kernel) openUnnamed(t *Thread, dir string, kept int, mode uint32) (*File, int64) {
	full, info, r := k.lookUp(dir, true)
	switch {
	case r != 0:
		return nil, r
	case !info.IsDir():
		return nil, -ENOTDIR
	case !k.may(vfs.StatOf(info), abi.W_OK|abi.X_OK):
		return nil, -EACCES
	case kept&abi.O_ACCMODE == abi.O_RDONLY:
		return nil, -EINVAL
	}
	n := k.makeFile(t, "", mode)
	n.Attr.Nlink = 0
	d := k.fs.HoldUnnamed(full, fmt.Sprintf("#%d", n.Attr.Ino), n)
	n.Inode.Path = d.Shown()
	return &File{refs: 1, flags: kept, dentry: d, host: k.fs.OpenNode(n, d.Path())}, 0
}
