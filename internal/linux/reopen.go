package linux

import (
	"slices"
	"strconv"
	"strings"
	"trapline/internal/linux/abi"
)

// reopen opens anew what a descriptor of the caller's is open to, by a path such as
// /dev/fd/3: a pipe, a device, a text, or a file without a name. Other files of the tree have
// paths of their own.
func (k *Kernel) reopen(t *Thread, p string, flags int) (*File, int64) {
	at, ok := k.descriptorAt(t, p)
	if !ok {
		return nil, 0
	}
	f := t.proc.files.get(at)
	switch {
	case f == nil:
		return nil, -ENOENT
	case f.host != nil:
		return k.reopenFile(f, flags)
	case f.sock != nil:
		return nil, -ENXIO
	}
	if f.pipe != nil && f.pipe.Readers+f.pipe.Writers == 0 {
		return nil, -ENOENT
	}
	again := &File{device: f.device, pipe: f.pipe, fifo: f.fifo, text: f.text, mem: f.mem, path: f.path}
	if f.dentry != nil {
		again.dentry = f.dentry.Hold()
	}
	return again, 0
}

// reopenFile opens anew a file or directory whose name is gone: of memfd_create(2), O_TMPFILE, or removed since. Others
// are opened by theirs.
func (k *Kernel) reopenFile(f *File, flags int) (*File, int64) {
	if f.dentry != nil && !f.dentry.Gone() {
		return nil, 0
	}
	n, r := k.nodeOf(f)
	if r != 0 {
		return nil, r
	}
	isDir := n.Inode == nil
	reads, writes := flags&abi.O_ACCMODE != abi.O_WRONLY, flags&abi.O_ACCMODE != abi.O_RDONLY || flags&abi.O_TRUNC != 0
	switch {
	case flags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL:
		return nil, -EEXIST
	case flags&abi.O_PATH == 0 && (reads && !k.may(n.Attr, abi.R_OK) || writes && !k.may(n.Attr, abi.W_OK)):
		return nil, -EACCES
	case isDir && (writes || flags&abi.O_CREAT != 0):
		return nil, -EISDIR
	case !isDir && flags&abi.O_DIRECTORY != 0:
		return nil, -ENOTDIR
	case flags&abi.O_TRUNC != 0 && n.Sealed(abi.F_SEAL_SHRINK) && n.Inode.Size > 0:
		return nil, -EPERM
	case flags&abi.O_TRUNC != 0:
		k.fs.Truncate(n, 0)
	}
	if !isDir && tooLarge(n.Inode.Size, flags) {
		return nil, -EOVERFLOW
	}
	again := &File{path: f.path}
	if f.dentry != nil {
		again.dentry = f.dentry.Hold()
	}
	if isDir {
		again.host = k.fs.DirHandle(n, f.where())
	} else {
		again.host = k.fs.OpenNode(n, f.where())
	}
	return again, 0
}

// descriptorAt is the caller's descriptor that a path such as /dev/fd/3 stands for.
func (k *Kernel) descriptorAt(t *Thread, p string) (int, bool) {
	if i := slices.Index([]string{"/dev/stdin", "/dev/stdout", "/dev/stderr"}, p); i >= 0 {
		return i, true
	}
	text, ok := strings.CutPrefix(p, "/dev/fd/")
	if proc, name, below := k.procOf(t, p); below && proc == t.proc {
		text, ok = strings.CutPrefix(name, "fd/")
	}
	fd, err := strconv.Atoi(text)
	return fd, ok && err == nil
}
