package linux

import (
	"strings"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// allSeals are what files of memfd_create(2) can be kept from.
const allSeals = abi.F_SEAL_SEAL | abi.F_SEAL_SHRINK | abi.F_SEAL_GROW | abi.F_SEAL_WRITE | abi.F_SEAL_FUTURE_WRITE

// maxMemfdName is the longest name of such a file, in bytes.
const maxMemfdName = 249

// sysMemfdCreate makes a file that has no name in the tree.
func sysMemfdCreate(k *Kernel, t *Thread, c *call) int64 {
	flags := c.arg[1] & 0xffffffff
	if flags&^(abi.MFD_CLOEXEC|abi.MFD_ALLOW_SEALING|abi.MFD_HUGETLB) != 0 {
		return -EINVAL
	}
	name, ok := t.proc.mm.ReadString(c.arg[0], maxMemfdName+1)
	switch {
	case !ok && len(name) > maxMemfdName:
		return -EINVAL
	case !ok:
		return -EFAULT
	case flags&abi.MFD_HUGETLB != 0: // as without CONFIG_HUGETLBFS
		return -ENOSYS
	}
	n := k.makeFile(t, "", 0)
	n.st.Mode, n.st.Nlink, n.memfd, n.seals = abi.S_IFREG|0o777, 0, true, abi.F_SEAL_SEAL
	if flags&abi.MFD_ALLOW_SEALING != 0 {
		n.seals = 0
	}
	full := "/memfd:" + strings.ToValidUTF8(name, "?") + " (deleted)"
	opening := uint64(0)
	if flags&abi.MFD_CLOEXEC != 0 {
		opening = abi.O_CLOEXEC
	}
	r := t.open(&File{path: full, host: n.open(k, full)}, opening)
	if r < 0 {
		n.users--
		k.dropNode(n)
	}
	return r
}

// sealed reports whether one of the seals keeps f from something.
func (n *node) sealed(seals uint32) bool { return n != nil && n.seals&seals != 0 }

// getSeals is fcntl's F_GET_SEALS.
func (f *File) getSeals() int64 {
	if f.host == nil || f.host.node == nil || !f.host.node.memfd {
		return -EINVAL
	}
	return int64(f.host.node.seals)
}

// addSeals is fcntl's F_ADD_SEALS (memfd_add_seals()).
func (k *Kernel) addSeals(f *File, seals uint32) int64 {
	switch {
	case !f.writable():
		return -EPERM
	case seals&^allSeals != 0 || f.getSeals() < 0:
		return -EINVAL
	}
	n := f.host.node
	switch {
	case n.seals&abi.F_SEAL_SEAL != 0:
		return -EPERM
	case seals&abi.F_SEAL_WRITE != 0 && n.seals&abi.F_SEAL_WRITE == 0 && k.mappedToWrite(n.inode):
		return -EBUSY
	}
	n.seals |= seals
	return 0
}

// mappedToWrite reports whether a shared mapping could be written, if it were
// allowed to (i_mmap_writable).
func (k *Kernel) mappedToWrite(in *Inode) bool {
	for _, p := range k.procs {
		if p.mm == nil {
			continue
		}
		for _, v := range p.mm.vmas {
			if v.Inode == in && v.Shared && !v.ReadOnly {
				return true
			}
		}
	}
	return false
}

// sealsMapping checks a new mapping of a sealed file; one that may only be read stays so.
func (f *File) sealsMapping(v *VMA) int64 {
	n := f.host.node
	switch {
	case n == nil || !v.Shared || v.ReadOnly:
	case n.sealed(abi.F_SEAL_WRITE), n.sealed(abi.F_SEAL_FUTURE_WRITE) && v.Prot&ProtWrite != 0:
		return -EPERM
	case n.sealed(abi.F_SEAL_FUTURE_WRITE):
		v.ReadOnly = true
	}
	return 0
}

// sealedRoom is how many of size bytes can be written at off: a write goes page by
// page, and ends with the first that makes a file longer that must not grow
// (shmem_write_begin()).
func (n *node) sealedRoom(off int64, size int) (int, int64) {
	switch {
	case n.sealed(abi.F_SEAL_WRITE | abi.F_SEAL_FUTURE_WRITE):
		return 0, -EPERM
	case !n.sealed(abi.F_SEAL_GROW) || off+int64(size) <= n.inode.Size:
		return size, 0
	}
	room := (n.inode.Size - n.inode.Size%emu.PageSize) - off
	if off+int64(size) <= n.inode.Size || room <= 0 {
		return 0, -EPERM
	}
	return int(room), 0
}
