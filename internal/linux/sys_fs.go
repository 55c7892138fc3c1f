package linux

import (
	"path"
	"strings"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// What the file system tells of itself.

// Blocks of the file system that a guest sees, in bytes.
const fsBlock = 4096

// blocks is how many blocks, and names, there may be: half of the machine's memory, as a tmpfs has it.
func (k *Kernel) blocks() uint64 { return uint64(k.cfg.Limits.Memory) / 2 / fsBlock }

// roomForName is 0 if the tree may have one more name that a guest makes (shmem_reserve_inode()).
func (k *Kernel) roomForName() int64 {
	if uint64(k.fs.Names()) >= k.blocks() {
		return -ENOSPC
	}
	return 0
}

// statfs is struct statfs of x86-64, or struct statfs64 of i386, of the file system at a path without links. File systems in
// memory have no blocks of their own, and generated ones none at all.
func (k *Kernel) statfs(at string, wide bool) any {
	const block = fsBlock
	blocks := k.blocks()
	left := blocks - min(blocks, uint64(k.fs.Names()))
	if magic := generatedFS(at); magic != 0 {
		if wide {
			return abi.Statfs{Type: abi.Long(magic), Bsize: block, Namelen: vfs.MaxName, Frsize: block}
		}
		return abi.Statfs64{Type: uint32(magic), Bsize: block, Namelen: vfs.MaxName, Frsize: block}
	}
	if wide {
		n := abi.ULong(blocks)
		return abi.Statfs{Type: abi.TMPFS_MAGIC, Bsize: block, Blocks: n, Bfree: n, Bavail: n, Files: n, Ffree: abi.ULong(left), Namelen: vfs.MaxName, Frsize: block}
	}
	return abi.Statfs64{Type: abi.TMPFS_MAGIC, Bsize: block, Blocks: blocks, Bfree: blocks, Bavail: blocks, Files: blocks, Ffree: left, Namelen: vfs.MaxName, Frsize: block}
}

// generatedFS is the f_type of the file system that a path is of, if it is generated; 0: another one's.
func generatedFS(p string) int {
	switch {
	case p == "/proc" || strings.HasPrefix(p, "/proc/"):
		return abi.PROC_SUPER_MAGIC
	case p == "/sys" || strings.HasPrefix(p, "/sys/"):
		return abi.SYSFS_MAGIC
	}
	return 0
}

func (k *Kernel) putStatfs(t *Thread, c *call, at string, va uint64) int64 {
	return t.copyOut(va, c.word(), k.statfs(at, !c.compat))
}

func sysStatfs(k *Kernel, t *Thread, c *call) int64 {
	p, r := k.userPath(t, abi.AT_FDCWD, c.arg[0])
	if r != 0 {
		return r
	}
	if _, err := k.fs.Lstat(p, true); err != nil && !k.isSpecial(t, path.Clean(p)) {
		return fail(err)
	}
	return k.putStatfs(t, c, path.Clean(p), c.arg[len(lookup(c).args)-1])
}

func sysFstatfs(k *Kernel, t *Thread, c *call) int64 {
	f := t.proc.files.get(c.fd(0))
	if f == nil {
		return -EBADF
	}
	return k.putStatfs(t, c, f.where(), c.arg[len(lookup(c).args)-1])
}

// Extended attributes: no file has any, and none can be given. Which file is
// meant is looked for all the same: by a path, by one that is a link, by a descriptor.

func sysGetxattr(k *Kernel, t *Thread, c *call) int64 { return k.attribute(t, c, 0, abi.ENODATA) }
func sysLgetxattr(k *Kernel, t *Thread, c *call) int64 {
	return k.attribute(t, c, abi.AT_SYMLINK_NOFOLLOW, abi.ENODATA)
}
func sysFgetxattr(k *Kernel, t *Thread, c *call) int64 { return t.attribute(c, abi.ENODATA) }

func sysListxattr(k *Kernel, t *Thread, c *call) int64 { return k.attribute(t, c, 0, 0) }
func sysLlistxattr(k *Kernel, t *Thread, c *call) int64 {
	return k.attribute(t, c, abi.AT_SYMLINK_NOFOLLOW, 0)
}
func sysFlistxattr(k *Kernel, t *Thread, c *call) int64 { return t.attribute(c, 0) }

func sysSetxattr(k *Kernel, t *Thread, c *call) int64 { return k.attribute(t, c, 0, abi.ENOTSUP) }
func sysLsetxattr(k *Kernel, t *Thread, c *call) int64 {
	return k.attribute(t, c, abi.AT_SYMLINK_NOFOLLOW, abi.ENOTSUP)
}
func sysFsetxattr(k *Kernel, t *Thread, c *call) int64 { return t.attribute(c, abi.ENOTSUP) }

// attribute answers e for the file at argument 0.
func (k *Kernel) attribute(t *Thread, c *call, flags uint64, e abi.Errno) int64 {
	if _, r := k.statAt(t, abi.AT_FDCWD, c.arg[0], flags); r != 0 {
		return r
	}
	return -int64(e)
}

// attribute answers e for the file of descriptor argument 0.
func (t *Thread) attribute(c *call, e abi.Errno) int64 {
	if t.proc.files.opened(c.fd(0)) == nil {
		return -EBADF
	}
	return -int64(e)
}
