package linux

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/vfs"
)

// attached is how many mappings show a segment, beside the segment's own hold.
func (o *ipcObject) attached() int {
	if o.gone {
		return o.inode.Holds()
	}
	return o.inode.Holds() - 1
}

func sysShmget(k *Kernel, t *Thread, c *call) int64 {
	size := c.arg[1]
	if c.arg[2]&abi.SHM_HUGETLB != 0 && c.arg[2]&abi.IPC_CREAT != 0 { // no huge pages are set aside
		return -ENOMEM
	}
	return k.ipcGet(t, ipcShm, c.arg[0], c.arg[2],
		func(o *ipcObject) int64 {
			if size > o.size {
				return -EINVAL
			}
			return 0
		},
		func(o *ipcObject) int64 {
			if size == 0 || size > t.proc.mm.TaskSize() {
				return -EINVAL
			}
			o.size = size
			o.inode = k.fs.NewShared(mm.PageCeil(size))
			o.inode.Path = fmt.Sprintf("/SYSV%08x"+vfs.Deleted, o.key)
			o.inode.Hold()
			return 0
		})
}

// sysShmat maps a segment (shmat(2)).
func sysShmat(k *Kernel, t *Thread, c *call) int64 {
	mem, addr, flags := t.proc.mm, c.arg[1], c.arg[2]
	o := k.ipcFind(ipcShm, c.int(0))
	if addr%emu.PageSize != 0 && flags&abi.SHM_RND != 0 {
		if addr = mm.PageFloor(addr); addr == 0 && flags&abi.SHM_REMAP != 0 {
			return -EINVAL
		}
	}
	switch {
	case c.int(0) < 0 || addr%emu.PageSize != 0, c.arg[1] == 0 && flags&abi.SHM_REMAP != 0, o == nil:
		return -EINVAL
	case len(mem.VMAs()) >= k.cfg.Limits.Maps, !t.proc.mayGrow(o.inodeSize(), false):
		return -ENOMEM
	}
	v := &mm.VMA{Prot: mm.ProtRead | mm.ProtWrite, Shared: true, Inode: o.inode}
	need := uint32(abi.R_OK | abi.W_OK)
	if flags&abi.SHM_RDONLY != 0 {
		v.Prot, v.ReadOnly, need = mm.ProtRead, true, abi.R_OK
	}
	if flags&abi.SHM_EXEC != 0 {
		v.Prot |= mm.ProtExec
		need |= abi.X_OK
	}
	if r := k.ipcPermit(o, need); r != 0 {
		return r
	}
	how := uint64(0)
	if c.arg[1] != 0 {
		how = abi.MAP_FIXED
		if addr != 0 && flags&abi.SHM_REMAP == 0 && (addr+o.inodeSize() < addr || !mem.Free(addr, addr+o.inodeSize())) {
			return -EINVAL
		}
	}
	if r := mem.Place(v, addr, o.inodeSize(), how); r != 0 {
		return r
	}
	mem.Unmap(v.Start, v.End)
	mem.Add(v)
	o.used, o.lastPID = k.seconds(), t.proc.PID
	return int64(v.Start)
}

func (o *ipcObject) inodeSize() uint64 { return uint64(o.inode.Size) }

// sysShmdt removes the mappings of the segment that begins at an address.
func sysShmdt(k *Kernel, t *Thread, c *call) int64 {
	mm, addr := t.proc.mm, c.arg[0]
	if addr%emu.PageSize != 0 {
		return -EINVAL
	}
	for _, v := range mm.VMAs() {
		o := k.segmentOf(v)
		if o == nil || v.Start < addr || v.Start-addr != v.Off {
			continue
		}
		for _, w := range mm.Within(addr, addr+o.inodeSize()) {
			if w.Inode == o.inode && w.Start-addr == w.Off {
				mm.Unmap(w.Start, w.End)
			}
		}
		o.taken, o.lastPID = k.seconds(), t.proc.PID
		return 0
	}
	return -EINVAL
}

// segmentOf is the segment that a mapping shows, or nil.
func (k *Kernel) segmentOf(v *mm.VMA) *ipcObject {
	for _, o := range k.ipcs {
		if o.kind == ipcShm && v.Inode == o.inode {
			return o
		}
	}
	return nil
}

func sysShmctl(k *Kernel, t *Thread, c *call) int64 {
	o, command := k.ipcFind(ipcShm, c.int(0)), c.control(1)
	if c.int(0) >= 0 {
		switch command {
		case abi.IPC_INFO:
			return k.shmLimits(t, c.arg[2], c.word())
		case abi.SHM_INFO:
			return k.shmUse(t, c.arg[2], c.word())
		case abi.SHM_STAT, abi.SHM_STAT_ANY:
			return k.ipcStatAt(t, ipcShm, c.int(0), c.arg[2], c.word(), command == abi.SHM_STAT_ANY)
		}
	}
	if o == nil || c.int(0) < 0 {
		return -EINVAL
	}
	switch command {
	case abi.SHM_LOCK, abi.SHM_UNLOCK:
		return k.lockSegment(t, o, command == abi.SHM_LOCK)
	default:
		if command == abi.IPC_RMID && o.gone {
			return 0
		}
		return k.ipcCommon(t, o, command, c.arg[2], c.word())
	}
}
