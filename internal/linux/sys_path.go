package linux

import (
	"os"
	"path"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

func sysAccess(k *Kernel, t *Thread, c *call) int64 {
	return k.accessAt(t, abi.AT_FDCWD, c.arg[0], c.arg[1], 0)
}

func sysFaccessat(k *Kernel, t *Thread, c *call) int64 {
	return k.accessAt(t, c.fd(0), c.arg[1], c.arg[2], 0)
}

// sysFaccessat2: AT_EACCESS asks for the effective user, who is the real one.
func sysFaccessat2(k *Kernel, t *Thread, c *call) int64 {
	flags := c.arg[3] & 0xffffffff
	if flags&^(abi.AT_EACCESS|abi.AT_SYMLINK_NOFOLLOW|abi.AT_EMPTY_PATH) != 0 {
		return -EINVAL
	}
	return k.accessAt(t, c.fd(0), c.arg[1], c.arg[2], flags&^abi.AT_EACCESS)
}

func (k *Kernel) accessAt(t *Thread, dirfd int, va, mode, flags uint64) int64 {
	if mode &= 0xffffffff; mode > 7 {
		return -EINVAL
	}
	st, r := k.statAt(t, dirfd, va, flags)
	switch {
	case r != 0:
		return r
	case !k.may(st, uint32(mode)):
		return -EACCES
	}
	return 0
}

func sysReadlink(k *Kernel, t *Thread, c *call) int64 {
	return k.readlinkAt(t, abi.AT_FDCWD, c.arg[0], c.arg[1], c.arg[2])
}

func sysReadlinkat(k *Kernel, t *Thread, c *call) int64 {
	return k.readlinkAt(t, c.fd(0), c.arg[1], c.arg[2], c.arg[3])
}

func (k *Kernel) readlinkAt(t *Thread, dirfd int, va, buf, size uint64) int64 {
	p, r := k.userPath(t, dirfd, va)
	if r != 0 {
		return r
	}
	if int32(size) <= 0 {
		return -EINVAL
	}
	var target string
	if link, r := k.procLinkAt(t, path.Clean(p)); r != 0 {
		return r
	} else if link != nil {
		target = link.text
	} else {
		var err error
		if target, err = k.fs.Readlink(p); err != nil {
			return fail(err)
		}
	}
	b := []byte(target)
	b = b[:min(uint64(len(b)), size)]
	if !t.proc.mm.Write(buf, b) {
		return -EFAULT
	}
	return int64(len(b))
}

func sysGetcwd(k *Kernel, t *Thread, c *call) int64 {
	cwd := t.proc.fs.cwd
	if cwd.Gone() {
		return -ENOENT
	}
	b := append([]byte(cwd.Path()), 0)
	if uint64(len(b)) > c.arg[1] {
		return -ERANGE
	}
	if !t.proc.mm.Write(c.arg[0], b) {
		return -EFAULT
	}
	return int64(len(b))
}

func sysChdir(k *Kernel, t *Thread, c *call) int64 {
	p, r := k.userPath(t, abi.AT_FDCWD, c.arg[0])
	if r != 0 {
		return r
	}
	if link, r := k.procLinkAt(t, path.Clean(p)); r != 0 {
		return r
	} else if link != nil && link.file != nil {
		return k.changeDir(t, link.file)
	} else if link != nil {
		p = link.target
	}
	if f, r := k.specialAt(t, p); r != 0 {
		return r
	} else if f != nil {
		return k.changeDir(t, f)
	}
	full, err := k.fs.Resolve(p, true)
	if err != nil {
		return fail(err)
	}
	st, err := k.fs.Lstat(full, false)
	switch {
	case err != nil:
		return fail(err)
	case !st.IsDir():
		return -ENOTDIR
	case !k.may(vfs.StatOf(st), abi.X_OK):
		return -EACCES
	}
	k.setDir(t, k.fs.Hold(full))
	return 0
}

func sysFchdir(k *Kernel, t *Thread, c *call) int64 {
	f := t.proc.files.get(c.fd(0))
	if f == nil {
		return -EBADF
	}
	return k.changeDir(t, f)
}

// changeDir makes an open directory the working directory.
func (k *Kernel) changeDir(t *Thread, f *File) int64 {
	switch {
	case !f.isDir():
		return -ENOTDIR
	case f.dentry == nil: // a generated one
		if !k.may(k.statSpecial(f), abi.X_OK) {
			return -EACCES
		}
		k.setDir(t, k.fs.Hold(f.path))
		return 0
	}
	k.settle(f)
	if st, err := k.statOpen(f); err != nil || !k.may(st, abi.X_OK) {
		return -EACCES
	}
	k.setDir(t, f.dentry.Hold())
	return 0
}

func sysUmask(k *Kernel, t *Thread, c *call) int64 {
	old := t.proc.fs.umask
	t.proc.fs.umask = uint32(c.arg[0]) & 0o777
	return int64(old)
}

// dirEntry is one name of a directory.
type dirEntry struct {
	name string
	ino  uint64
	typ  byte // as d_type
}

// readDir lists a directory in the host's order, "." and ".." first.
func (k *Kernel) readDir(f *File) ([]dirEntry, error) {
	list := []dirEntry{{".", 1, abi.DT_DIR}, {"..", 1, abi.DT_DIR}}
	h, _, err := k.fs.Open(f.dentry.Path(), false) // it may have another name than when it was opened
	if err != nil {
		return nil, err
	}
	defer h.Close()
	infos, err := h.ReadDir(vfs.MaxDirEntries)
	if err != nil && len(infos) == 0 {
		return nil, err
	}
	for _, d := range infos {
		e := dirEntry{name: d.Name(), ino: 1, typ: dirType(d.Type())}
		if st, err := d.Info(); err == nil {
			e.ino = vfs.StatOf(st).Ino
		}
		list = append(list, e)
	}
	return k.withSpecial(f.dentry.Path(), list), nil
}

func dirType(m os.FileMode) byte {
	switch {
	case m.IsDir():
		return abi.DT_DIR
	case m&os.ModeSymlink != 0:
		return abi.DT_LNK
	case m.IsRegular():
		return abi.DT_REG
	case m&os.ModeSocket != 0:
		return abi.DT_SOCK
	case m&os.ModeNamedPipe != 0:
		return abi.DT_FIFO
	}
	return abi.DT_UNKNOWN
}

func sysGetdents64(k *Kernel, t *Thread, c *call) int64 {
	f := t.proc.files.get(c.fd(0))
	switch {
	case f == nil:
		return -EBADF
	case f.flags&abi.O_PATH != 0:
		return -EBADF
	case !f.isDir():
		return -ENOTDIR
	}
	switch {
	case f.entries != nil && f.device == devList:
	case f.device == devList:
		if now, _ := k.special(t, f.path); now != nil {
			f.entries = now.entries
		}
	case f.dentry.Gone():
		return -ENOENT
	case f.entries == nil:
		l, err := k.readDir(f)
		if err != nil {
			return fail(err)
		}
		f.entries = l
	}
	k.happenedByFile(f, abi.IN_ACCESS)
	var out []byte
	head := abi.Offsetof(8, abi.LinuxDirent64{}, "Name")
	for f.pos < int64(len(f.entries)) {
		e := f.entries[f.pos]
		n := (head + len(e.name) + 1 + 7) &^ 7
		if len(out)+n > int(min(c.arg[2], maxPart)) {
			break
		}
		f.pos++
		b := make([]byte, n)
		abi.Put(8, b, abi.LinuxDirent64{Ino: e.ino, Off: f.pos, Reclen: uint16(n), Type: e.typ})
		copy(b[head:], e.name)
		out = append(out, b...)
	}
	switch {
	case len(out) == 0 && f.pos < int64(len(f.entries)):
		return -EINVAL
	case !t.proc.mm.Write(c.arg[1], out):
		return -EFAULT
	}
	return int64(len(out))
}
