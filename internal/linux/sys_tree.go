package linux

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// Calls that change the tree.

// user is who the process is that calls, as files see it; who the first program is if none does.
func (k *Kernel) user() User {
	if p := k.caller; p != nil {
		return User{p.cred.uid.fs, p.cred.gid.fs}
	}
	return k.firstUser()
}

// firstUser is who the first program is.
func (k *Kernel) firstUser() User {
	if k.cfg.User == nil {
		return User{vfs.UserID, vfs.UserID}
	}
	return *k.cfg.User
}

// may reports whether the guest's user has the permissions want, as of others, for a
// file (path_resolution(7)).
func (k *Kernel) may(st abi.Kstat, want uint32) bool {
	u := k.user()
	switch {
	case u.UID == 0:
		return want&abi.X_OK == 0 || st.Mode&0o111 != 0 || st.Mode&abi.S_IFMT == abi.S_IFDIR
	case st.Uid == u.UID:
		want <<= 6
	case k.inGroup(st.Gid):
		want <<= 3
	}
	return st.Mode&want == want
}

// inGroup reports whether who calls is in a group.
func (k *Kernel) inGroup(gid uint32) bool {
	return gid == k.user().GID || k.caller != nil && slices.Contains(k.caller.cred.groups, gid)
}

// owns reports whether the guest's user may change a file's mode and times.
func (k *Kernel) owns(st abi.Kstat) bool { return k.user().UID == 0 || k.user().UID == st.Uid }

// asksForDir reports whether a path ends in a slash, which only a directory's may.
func asksForDir(p string) bool { return strings.HasSuffix(p, "/") }

// place resolves the path of an entry that is made, removed or renamed, but for slashes at its
// end: its path without links, and what is there, or nil.
func (k *Kernel) place(p string, follow bool) (string, fs.FileInfo, int64) {
	trimmed := strings.TrimRight(p, "/")
	if trimmed == "" {
		trimmed = "/"
	}
	full, err := k.fs.Resolve(trimmed, follow)
	if err != nil {
		return "", nil, fail(err)
	}
	info, err := k.fs.Lstat(full, false)
	switch {
	case errors.Is(err, abi.ENOENT), errors.Is(err, fs.ErrNotExist):
		if parent, err := k.fs.Lstat(path.Dir(full), false); err != nil {
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

// lookUp is place for what must be there (user_path_at()).
func (k *Kernel) lookUp(p string, follow bool) (string, fs.FileInfo, int64) {
	full, info, r := k.place(p, follow || asksForDir(p))
	switch {
	case r != 0:
	case info == nil:
		r = -ENOENT
	case asksForDir(p) && !info.IsDir():
		r = -ENOTDIR
	}
	return full, info, r
}

// mayChange is 0 if entries of full's directory may be made and removed. In a
// directory with the sticky bit only owners remove what is there.
func (k *Kernel) mayChange(full string, info fs.FileInfo) int64 {
	parent, err := k.fs.Lstat(path.Dir(full), false)
	if err != nil {
		return fail(err)
	}
	st := vfs.StatOf(parent)
	if !k.may(st, abi.W_OK|abi.X_OK) {
		return -EACCES
	}
	if info != nil && st.Mode&abi.S_ISVTX != 0 && !k.owns(st) && !k.owns(vfs.StatOf(info)) {
		return -EPERM
	}
	return 0
}

// newNode makes a node without a name.
func (k *Kernel) newNode(t *Thread, mode uint32) *vfs.Node {
	u := k.user()
	return k.fs.NewNode(t.masked(mode), u.UID, u.GID)
}

// masked is a mode without what the process's umask takes from new files.
func (t *Thread) masked(mode uint32) uint32 {
	if mode&abi.S_IFMT == abi.S_IFLNK {
		return mode
	}
	return mode &^ t.proc.fs.umask
}

// makeFile makes a regular file, at full unless that is empty.
func (k *Kernel) makeFile(t *Thread, full string, mode uint32) *vfs.Node {
	u := k.user()
	return k.fs.MakeFile(full, t.masked(abi.S_IFREG|mode&0o7777), u.UID, u.GID)
}

func sysMkdir(k *Kernel, t *Thread, c *call) int64 {
	return k.mkdirAt(t, abi.AT_FDCWD, c.arg[0], c.arg[1])
}

func sysMkdirat(k *Kernel, t *Thread, c *call) int64 {
	return k.mkdirAt(t, c.fd(0), c.arg[1], c.arg[2])
}

func (k *Kernel) mkdirAt(t *Thread, dirfd int, va, mode uint64) int64 {
	full, r := k.newEntry(t, dirfd, va, true)
	if r != 0 {
		return r
	}
	n := k.newNode(t, abi.S_IFDIR|uint32(mode)&0o1777)
	n.Opaque, n.Attr.Nlink, n.Attr.Size = true, 2, 4096
	k.fs.AddName(full, n)
	k.entryChanged(full, abi.IN_CREATE|abi.IN_ISDIR, 0)
	return 0
}

// newEntry is the path of an entry that is to be made, a directory or another one.
func (k *Kernel) newEntry(t *Thread, dirfd int, va uint64, dir bool) (string, int64) {
	p, r := k.userPath(t, dirfd, va)
	if r != 0 {
		return "", r
	}
	return k.newEntryOf(t, p, dir)
}

// newEntryOf is newEntry of an absolute path (filename_create()).
func (k *Kernel) newEntryOf(t *Thread, p string, dir bool) (string, int64) {
	full, info, r := k.place(p, false)
	switch {
	case r != 0:
		return "", r
	case info != nil || k.isSpecial(t, full):
		return "", -EEXIST
	case !dir && asksForDir(p):
		return "", -ENOENT
	}
	return full, cmp.Or(k.mayChange(full, nil), k.roomForName())
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
	full, r := k.newEntry(t, dirfd, va, false)
	if r != 0 {
		return r
	}
	n := k.newNode(t, abi.S_IFLNK|0o777)
	n.Target, n.Attr.Size = text, uint64(len(text))
	k.fs.AddName(full, n)
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
	full, r := k.newEntry(t, dirfd, va, false)
	switch {
	case r != 0:
	case endpoint:
		k.fs.AddName(full, k.newNode(t, kind|mode&0o7777))
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
	case !dir && asksForDir(p):
		return -ENOTDIR
	case full == "/":
		return -EBUSY
	}
	if r := k.mayChange(full, info); r != 0 {
		return r
	}
	if dir && !k.fs.IsEmpty(full) {
		return -ENOTEMPTY
	}
	st := vfs.StatOf(info)
	k.removed(full, st, k.remove(full, info))
	return 0
}

// remove takes the name full from what is there, and reports whether that was its end: it has no other one,
// and nobody holds this one.
func (k *Kernel) remove(full string, info fs.FileInfo) bool {
	n := vfs.NodeOf(info)
	if n == nil && (info.Mode().IsRegular() || info.IsDir()) {
		n, _ = k.fs.Raise(full, info) // whoever has it open, or another of its names, is told
		k.settleAll()
	}
	ended := true
	if n != nil {
		if n.Attr.Nlink--; info.IsDir() {
			n.Attr.Nlink = 0
		}
		k.fs.Stamp(&n.Attr.Ctime)
		k.fs.DropNode(n)
		ended = !k.fs.Unhash(full, n) && n.Attr.Nlink == 0
	}
	k.fs.ForgetBelow(full)
	k.fs.DropName(full)
	return ended
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
	full, r := k.newEntry(t, tofd, to, false)
	switch {
	case r != 0:
		return r
	case n.pty != nil:
		return -int64(abi.EXDEV)
	case n.Attr.Mode&abi.S_IFMT == abi.S_IFDIR:
		return -EPERM
	}
	n.Attr.Nlink++
	k.fs.Stamp(&n.Attr.Ctime)
	k.happened(vfs.KeyOf(n.Attr), abi.IN_ATTRIB, 0, "")
	k.fs.AddName(full, n.Node)
	k.entryChanged(full, abi.IN_CREATE, 0)
	return 0
}
