package vfs

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// Sealed reports whether one of the seals keeps f from something.
func (n *Node) Sealed(seals uint32) bool { return n != nil && n.Seals&seals != 0 }

// SealedRoom is how many of size bytes can be written at off: a write goes page by
// page, and ends with the first that makes a file longer that must not grow
// (shmem_write_begin()).
func (n *Node) SealedRoom(off int64, size int) (int, abi.Errno) {
	switch {
	case n.Sealed(abi.F_SEAL_WRITE | abi.F_SEAL_FUTURE_WRITE):
		return 0, abi.EPERM
	case !n.Sealed(abi.F_SEAL_GROW) || off+int64(size) <= n.Inode.Size:
		return size, 0
	}
	room := (n.Inode.Size - n.Inode.Size%emu.PageSize) - off
	if off+int64(size) <= n.Inode.Size || room <= 0 {
		return 0, abi.EPERM
	}
	return int(room), 0
}
