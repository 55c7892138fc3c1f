package linux

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"trapline/internal/linux/abi"
)

// Calls that change the tree.

// maxName is NAME_MAX.
const maxName = 255

// user is who the guest's processes are, all the time.
func (k *Kernel) user() User {
	if k.cfg.User == nil {
		return User{userID, userID}
	}
	return *k.cfg.User
}

// may reports whether the guest's user has the permissions want, as of others, for a
// file (path_resolution(7)).
func (k *Kernel) may(st abi.Stat, want uint32) bool {
	u := k.user()
	switch {
	case u.UID == 0:
		return want&1 == 0 || st.Mode&0o111 != 0 || st.Mode&abi.S_IFMT == abi.S_IFDIR
	case st.Uid == u.UID:
		want <<= 6
	case st.Gid == u.GID:
		want <<= 3
	}
	return st.Mode&want == want
}

// owns reports whether the guest's user may change a file's mode and times.
func (k *Kernel) owns(st abi.Stat) bool { return k.user().UID == 0 || k.user().UID == st.Uid }

// place resolves the path of an entry that is made, removed or renamed: its path
// without links, and what is there, or nil.
func (k *Kernel) place(p string, follow bool) (string, fs.FileInfo, int64) {
	trimmed := strings.TrimRight(p, "/")
	if trimmed == "" {
		trimmed = "/"
	}
	full, err := k.fs.resolve(trimmed, follow)
	if err != nil {
		return "", nil, fail(err)
	}
	if len(path.Base(full)) > maxName {
		return "", nil, -ENAMETOOLONG
	}
	info, err := k.fs.lstat(full, false)
	switch {
	case errors.Is(err, abi.ENOENT), errors.Is(err, fs.ErrNotExist):
		if parent, err := k.fs.lstat(path.Dir(full), false); err != nil {
			return "", nil, fail(err)
		} else if !parent.IsDir() {
			return "", nil, -ENOTDIR
		}
		return full, nil, 0
	case err != nil:
		return "", nil, fail(err)
	}
	return full, info, 0
}

// mayChange is 0 if entries of full's directory may be made and removed. In a
// directory with the sticky bit only owners remove what is there.
func (k *Kernel) mayChange(full string, info fs.FileInfo) int64 {
	parent, err := k.fs.lstat(path.Dir(full), false)
	if err != nil {
		return fail(err)
	}
	st := StatOf(parent)
	if !k.may(st, 3) {
		return -EACCES
	}
	if info != nil && st.Mode&abi.S_ISVTX != 0 && !k.owns(st) && !k.owns(StatOf(info)) {
		return -EPERM
	}
	return 0
}

// newNode makes a node without a name.
func (k *Kernel) newNode(t *Thread, mode uint32) *node {
	u := k.user()
	n := &node{st: abi.Stat{Dev: layerDevice, Nlink: 1, Mode: mode, Uid: u.UID, Gid: u.GID, Blksize: 4096}}
	if kind := mode & abi.S_IFMT; kind != abi.S_IFLNK {
		n.st.Mode &^= t.proc.fs.umask
	}
	k.lastNode++
	n.st.Ino = k.lastNode
	k.stamp(&n.st.Atime, &n.st.Mtime, &n.st.Ctime)
	return n
}

// makeFile makes a regular file at full.
func (k *Kernel) makeFile(t *Thread, full string, mode uint32) *node {
	n := k.newNode(t, abi.S_IFREG|mode&0o7777)
	n.inode = k.newFile(full)
	n.st.Ino = n.inode.Ino
	if full != "" {
		k.addName(full, n)
	}
	return n
}

func sysMkdir(k *Kernel, t *Thread, c *call) int64 {
	return k.mkdirAt(t, abi.AT_FDCWD, c.arg[0], c.arg[1])
}

func sysMkdirat(k *Kernel, t *Thread, c *call) int64 {
	return k.mkdirAt(t, c.fd(0), c.arg[1], c.arg[2])
}

func (k *Kernel) mkdirAt(t *Thread, dirfd int, va, mode uint64) int64 {
	full, r := k.newEntry(t, dirfd, va)
	if r != 0 {
		return r
	}
	n := k.newNode(t, abi.S_IFDIR|uint32(mode)&0o1777)
	n.opaque, n.st.Nlink, n.st.Size = true, 2, 4096
	k.addName(full, n)
	k.entryChanged(full, abi.IN_CREATE|abi.IN_ISDIR, 0)
	return 0
}

// newEntry is the path of an entry that is to be made.
func (k *Kernel) newEntry(t *Thread, dirfd int, va uint64) (string, int64) {
	p, r := k.userPath(t, dirfd, va)
	if r != 0 {
		return "", r
	}
	full, info, r := k.place(p, false)
	switch {
	case r != 0:
		return "", r
	case info != nil || k.special(t, full) != nil:
		return "", -EEXIST
	}
	return full, k.mayChange(full, nil)
}

func sysSymlink(k *Kernel, t *Thread, c *call) int64 {
	return k.symlinkAt(t, c.arg[0], abi.AT_FDCWD, c.arg[1])
}

func sysSymlinkat(k *Kernel, t *Thread, c *call) int64 {
	return k.symlinkAt(t, c.arg[0], c.fd(1), c.arg[2])
}

func (k *Kernel) symlinkAt(t *Thread, target uint64, dirfd int, va uint64) int64 {
	text, ok := t.proc.mm.ReadString(target, maxPath)
	switch {
	case !ok:
		return -EFAULT
	case text == "":
		return -ENOENT
	}
	full, r := k.newEntry(t, dirfd, va)
	if r != 0 {
		return r
	}
	n := k.newNode(t, abi.S_IFLNK|0o777)
	n.target, n.st.Size = text, uint64(len(text))
	k.addName(full, n)
	k.entryChanged(full, abi.IN_CREATE, 0)
	return 0
}

func sysMknod(k *Kernel, t *Thread, c *call) int64 {
	return k.mknodAt(t, abi.AT_FDCWD, c.arg[0], uint32(c.arg[1]))
}

func sysMknodat(k *Kernel, t *Thread, c *call) int64 {
	return k.mknodAt(t, c.fd(0), c.arg[1], uint32(c.arg[2]))
}

// mknodAt makes regular files, pipes and sockets that nothing is bound to; there are no devices.
func (k *Kernel) mknodAt(t *Thread, dirfd int, va uint64, mode uint32) int64 {
	kind := mode & abi.S_IFMT
	endpoint := kind == abi.S_IFIFO || kind == abi.S_IFSOCK
	if kind != 0 && kind != abi.S_IFREG && !endpoint {
		return -EPERM
	}
	full, r := k.newEntry(t, dirfd, va)
	switch {
	case r != 0:
	case endpoint:
		k.addName(full, k.newNode(t, kind|mode&0o7777))
	default:
		k.makeFile(t, full, mode)
	}
	if r == 0 {
		k.entryChanged(full, abi.IN_CREATE, 0)
	}
	return r
}

func sysUnlink(k *Kernel, t *Thread, c *call) int64 {
	return k.removeAt(t, abi.AT_FDCWD, c.arg[0], false)
}

func sysRmdir(k *Kernel, t *Thread, c *call) int64 {
	return k.removeAt(t, abi.AT_FDCWD, c.arg[0], true)
}

func sysUnlinkat(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[2]&0xffffffff&^abi.AT_REMOVEDIR != 0 {
		return -EINVAL
	}
	return k.removeAt(t, c.fd(0), c.arg[1], c.arg[2]&abi.AT_REMOVEDIR != 0)
}

func (k *Kernel) removeAt(t *Thread, dirfd int, va uint64, dir bool) int64 {
	p, r := k.userPath(t, dirfd, va)
	if r != 0 {
		return r
	}
	full, info, r := k.place(p, false)
	last, _ := t.proc.mm.ReadString(va, maxPath) // userPath has read it
	switch last = path.Base(last); {
	case r != 0:
		return r
	case !dir && (last == "." || last == ".." || last == "/"):
		return -EISDIR
	case dir && last == ".":
		return -EINVAL
	case dir && last == "..":
		return -ENOTEMPTY
	case info == nil:
		return -ENOENT
	case dir && !info.IsDir():
		return -ENOTDIR
	case !dir && info.IsDir():
		return -EISDIR
	case full == "/":
		return -EBUSY
	}
	if r := k.mayChange(full, info); r != 0 {
		return r
	}
	if dir && !k.isEmpty(full) {
		return -ENOTEMPTY
	}
	st := StatOf(info)
	k.remove(full, info)
	k.removed(full, st, k.nodeAmong(info))
	return 0
}

func (k *Kernel) isEmpty(full string) bool {
	d, err := k.fs.tree.open(inRoot(full))
	if err != nil {
		return true
	}
	defer d.Close()
	l, _ := d.ReadDir(1)
	if len(l) > 0 {
		return false
	}
	l, _ = d.ReadDir(maxDirEntries)
	return len(l) == 0
}

// remove takes the name full from what is there.
func (k *Kernel) remove(full string, info fs.FileInfo) {
	n := (*node)(nil)
	if i, ok := info.(nodeInfo); ok {
		n = i.node
	} else if info.Mode().IsRegular() {
		n, _ = k.raise(full, info) // whoever has it open, or another of its names, is told
		k.settleAll()
	}
	if n != nil {
		if n.st.Nlink--; info.IsDir() {
			n.st.Nlink = 0
		}
		k.stamp(&n.st.Ctime)
		k.dropNode(n)
	}
	for _, name := range k.below(full) {
		delete(k.names, name) // marks of what was removed there
	}
	k.dropName(full)
}

func sysLink(k *Kernel, t *Thread, c *call) int64 {
	return k.linkAt(t, abi.AT_FDCWD, c.arg[0], abi.AT_FDCWD, c.arg[1], 0)
}

func sysLinkat(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[4]&0xffffffff&^(abi.AT_SYMLINK_FOLLOW|abi.AT_EMPTY_PATH) != 0 {
		return -EINVAL
	}
	return k.linkAt(t, c.fd(0), c.arg[1], c.fd(2), c.arg[3], c.arg[4])
}

func (k *Kernel) linkAt(t *Thread, fromfd int, from uint64, tofd int, to, flags uint64) int64 {
	n, r := k.nodeAt(t, fromfd, from, flags&abi.AT_SYMLINK_FOLLOW != 0, flags&abi.AT_EMPTY_PATH != 0)
	if r != 0 {
		return r
	}
	full, r := k.newEntry(t, tofd, to)
	switch {
	case r != 0:
		return r
	case n.st.Mode&abi.S_IFMT == abi.S_IFDIR:
		return -EPERM
	}
	n.st.Nlink++
	k.stamp(&n.st.Ctime)
	k.happened(identity(n.st), abi.IN_ATTRIB, 0, "")
	k.addName(full, n)
	k.entryChanged(full, abi.IN_CREATE, 0)
	return 0
}

// nodeAt is the node of a path argument, or of the descriptor for an empty one.
func (k *Kernel) nodeAt(t *Thread, dirfd int, va uint64, follow, empty bool) (*node, int64) {
	if p, ok := t.proc.mm.ReadString(va, maxPath); ok && p == "" && empty || va == 0 {
		return k.nodeOf(t.proc.files.get(dirfd))
	}
	p, r := k.userPath(t, dirfd, va)
	if r != 0 {
		return nil, r
	}
	if target, ok := k.specialLink(t, path.Clean(p)); ok && follow {
		p = target
	}
	full, info, r := k.place(p, follow)
	switch {
	case r != 0:
		return nil, r
	case info == nil:
		return nil, -ENOENT
	}
	n, err := k.raise(full, info)
	if err != nil {
		return nil, fail(err)
	}
	return n, 0
}

// nodeOf is the node of an open file or directory.
func (k *Kernel) nodeOf(f *File) (*node, int64) {
	switch {
	case f == nil:
		return nil, -EBADF
	case f.host == nil:
		return nil, -EINVAL
	}
	k.settle(f)
	if f.host.node != nil {
		return f.host.node, 0
	}
	n, err := k.raise(f.path, f.host.info)
	if err != nil {
		return nil, fail(err)
	}
	k.settle(f)
	return n, 0
}

// settle has an open file of the FS that the guest has changed since be the changed one.
func (k *Kernel) settle(f *File) {
	if f.host == nil || f.host.node != nil || f.host.info.IsDir() {
		return
	}
	if n := k.changedNode(f.host.info); n != nil {
		_ = f.host.Close()
		f.host = n.open(k, f.host.path)
	}
}

// settleAll settles the open files of every process.
func (k *Kernel) settleAll() {
	for _, p := range k.processes() {
		if p.files == nil {
			continue
		}
		for _, d := range p.files.fds {
			if d.file != nil {
				k.settle(d.file)
			}
		}
	}
}
