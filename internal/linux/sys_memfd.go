package linux

import (
	"strings"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/vfs"
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
	n.Attr.Mode, n.Attr.Nlink, n.Memfd, n.Seals = abi.S_IFREG|0o777, 0, true, abi.F_SEAL_SEAL
	if flags&abi.MFD_ALLOW_SEALING != 0 {
		n.Seals = 0
	}
	full := "/memfd:" + strings.ToValidUTF8(name, "?") + vfs.Deleted
	n.Inode.Path = full
	opening := uint64(0)
	if flags&abi.MFD_CLOEXEC != 0 {
		opening = abi.O_CLOEXEC
	}
	r := t.open(&File{flags: abi.O_LARGEFILE, path: full, host: k.fs.OpenNode(n, full)}, opening)
	if r < 0 {
		n.Users--
		k.fs.DropNode(n)
	}
	return r
}

// getSeals is fcntl's F_GET_SEALS.
func (f *File) getSeals() int64 {
	if f.host == nil || f.host.Node == nil || !f.host.Node.Memfd {
		return -EINVAL
	}
	return int64(f.host.Node.Seals)
}

// addSeals is fcntl's F_ADD_SEALS (memfd_add_seals()).
func (k *Kernel) addSeals(f *File, seals uint32) int64 {
	switch {
	case !f.writable():
		return -EPERM
	case seals&^allSeals != 0 || f.getSeals() < 0:
		return -EINVAL
	}
	n := f.host.Node
	switch {
	case n.Seals&abi.F_SEAL_SEAL != 0:
		return -EPERM
	case seals&abi.F_SEAL_WRITE != 0 && n.Seals&abi.F_SEAL_WRITE == 0 && k.mappedToWrite(n.Inode):
		return -EBUSY
	}
	n.Seals |= seals
	return 0
}

// unmapBehind takes a file's bytes from size on out of the address spaces that show them
// (unmap_mapping_range()).
func (k *Kernel) unmapBehind(in *vfs.Inode, size int64) {
	first := uint64(size+emu.PageSize-1) / emu.PageSize
	for _, p := range k.procs {
		if p.mm == nil {
			continue
		}
		for _, v := range p.mm.VMAs() {
			if v.Inode == in && v.Offset(v.End) > first*emu.PageSize {
				p.mm.DropPages(max(v.Start, v.Start+first*emu.PageSize-min(v.Off, first*emu.PageSize)), v.End)
			}
		}
	}
}

// mappedToWrite reports whether a shared mapping could be written, if it were
// allowed to (i_mmap_writable).
func (k *Kernel) mappedToWrite(in *vfs.Inode) bool {
	for _, p := range k.procs {
		if p.mm == nil {
			continue
		}
		for _, v := range p.mm.VMAs() {
			if v.Inode == in && v.Shared && !v.ReadOnly {
				return true
			}
		}
	}
	return false
}

// sealsMapping checks a new mapping of a sealed file; one that may only be read stays so.
func (f *File) sealsMapping(v *mm.VMA) int64 {
	n := f.host.Node
	switch {
	case n == nil || !v.Shared || v.ReadOnly:
	case n.Sealed(abi.F_SEAL_WRITE), n.Sealed(abi.F_SEAL_FUTURE_WRITE) && v.Prot&mm.ProtWrite != 0:
		return -EPERM
	case n.Sealed(abi.F_SEAL_FUTURE_WRITE):
		v.ReadOnly = true
	}
	return 0
}
