package linux

import (
	"io/fs"
	"path"
	"strings"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

func sysRename(k *Kernel, t *Thread, c *call) int64 {
	return k.renameAt(t, abi.AT_FDCWD, c.arg[0], abi.AT_FDCWD, c.arg[1], 0)
}

func sysRenameat(k *Kernel, t *Thread, c *call) int64 {
	return k.renameAt(t, c.fd(0), c.arg[1], c.fd(2), c.arg[3], 0)
}

func sysRenameat2(k *Kernel, t *Thread, c *call) int64 {
	return k.renameAt(t, c.fd(0), c.arg[1], c.fd(2), c.arg[3], c.arg[4])
}

func (k *Kernel) renameAt(t *Thread, fromfd int, fromVA uint64, tofd int, toVA, flags uint64) int64 {
	if flags&^abi.RENAME_NOREPLACE != 0 {
		return -EINVAL
	}
	var full [2]string
	var info [2]fs.FileInfo
	dir := false // what is renamed must be one
	for i, arg := range []struct {
		fd int
		va uint64
	}{{fromfd, fromVA}, {tofd, toVA}} {
		p, r := k.userPath(t, arg.fd, arg.va)
		if r != 0 {
			return r
		}
		if full[i], info[i], r = k.place(p, false); r != 0 {
			return r
		}
		dir = dir || asksForDir(p)
	}
	for _, va := range []uint64{fromVA, toVA} {
		p, _ := t.proc.mm.ReadString(va, maxPath)
		if base := path.Base(p); base == "." || base == ".." || base == "/" {
			return -EBUSY // the last component is no name
		}
	}
	if r := k.mayRename(full, info, dir, flags); r != 0 || full[0] == full[1] {
		return r
	}
	left := vfs.MaxRaised
	n, err := k.fs.RaiseAll(full[0], &left)
	if err != nil {
		return fail(err)
	}
	var target *abi.Kstat
	ended := false
	if info[1] != nil {
		if vfs.NodeOf(info[1]) == n {
			return 0 // two names of one file
		}
		st := vfs.StatOf(info[1])
		target, ended = &st, k.remove(full[1], info[1])
	}
	k.fs.Rename(full[0], full[1], n)
	k.moved(full[0], full[1], n.Attr, target, ended)
	return 0
}

// mayRename is 0 if rename(2) has nothing against it. dir: only a directory may be renamed.
func (k *Kernel) mayRename(full [2]string, info [2]fs.FileInfo, dir bool, flags uint64) int64 {
	switch {
	case info[0] == nil:
		return -ENOENT
	case info[1] != nil && flags&abi.RENAME_NOREPLACE != 0:
		return -EEXIST
	case dir && !info[0].IsDir():
		return -ENOTDIR
	case full[0] == full[1]:
		return 0
	case strings.HasPrefix(full[1], full[0]+"/"):
		return -EINVAL
	case strings.HasPrefix(full[0], full[1]+"/"):
		return -ENOTEMPTY
	case info[1] != nil && info[0].IsDir() && !info[1].IsDir():
		return -ENOTDIR
	case info[1] != nil && !info[0].IsDir() && info[1].IsDir():
		return -EISDIR
	case info[1] != nil && info[1].IsDir() && !k.fs.IsEmpty(full[1]):
		return -ENOTEMPTY
	}
	for i := range full {
		if r := k.mayChange(full[i], info[i]); r != 0 {
			return r
		}
	}
	return 0
}
