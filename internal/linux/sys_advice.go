package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
)

// Calls that tell the kernel what a program has in mind with its memory.

func sysMadvise(k *Kernel, t *Thread, c *call) int64 {
	visit := k.adviser(t.proc.mm, c.int(2))
	start, size := c.arg[0], mm.PageCeil(c.arg[1])
	switch {
	case visit == nil, start%emu.PageSize != 0, size == 0 && c.arg[1] != 0, start+size < start:
		return -EINVAL
	}
	return t.proc.mm.EachPart(start, start+size, visit)
}

// adviser is what an advice does to a part of a mapping (madvise_vma_behavior()); nil: there is no such advice.
func (k *Kernel) adviser(mem *mm.MM, advice int) func(v *mm.VMA, start, end uint64) int64 {
	switch advice {
	case abi.MADV_NORMAL, abi.MADV_RANDOM, abi.MADV_SEQUENTIAL, abi.MADV_WILLNEED, // of files that are memory
		abi.MADV_HUGEPAGE, abi.MADV_NOHUGEPAGE, // of the size of pages
		abi.MADV_DONTDUMP, abi.MADV_DODUMP: // there are no core dumps
		return func(*mm.VMA, uint64, uint64) int64 { return 0 }
	case abi.MADV_COLD, abi.MADV_PAGEOUT: // of the place of pages
		return func(v *mm.VMA, _, _ uint64) int64 {
			if v.Locked != mm.NotLocked {
				return -EINVAL
			}
			return 0
		}
	case abi.MADV_DONTNEED, abi.MADV_DONTNEED_LOCKED, abi.MADV_FREE:
		return func(v *mm.VMA, start, end uint64) int64 { return mem.Forget(v, start, end, advice) }
	case abi.MADV_DONTFORK, abi.MADV_DOFORK, abi.MADV_WIPEONFORK, abi.MADV_KEEPONFORK:
		return func(v *mm.VMA, start, end uint64) int64 {
			if len(mem.VMAs()) >= k.cfg.Limits.Maps {
				return -ENOMEM
			}
			return mem.OnFork(v, start, end, advice)
		}
	case abi.MADV_POPULATE_READ:
		return func(v *mm.VMA, start, end uint64) int64 { return mem.BringIn(v, start, end, mm.ProtRead) }
	case abi.MADV_POPULATE_WRITE:
		return func(v *mm.VMA, start, end uint64) int64 { return mem.BringIn(v, start, end, mm.ProtWrite) }
	case abi.MADV_REMOVE:
		return func(*mm.VMA, uint64, uint64) int64 { return -ENOTSUP }
	}
	return nil
}

// sysMsync has nothing to write: the pages of a shared mapping are the file's.
func sysMsync(k *Kernel, t *Thread, c *call) int64 {
	const both = abi.MS_ASYNC | abi.MS_SYNC
	flags, mem := c.arg[2]&0xffffffff, t.proc.mm
	end := c.arg[0] + mm.PageCeil(c.arg[1])
	switch {
	case flags&^(both|abi.MS_INVALIDATE) != 0, flags&both == both, c.arg[0]%emu.PageSize != 0:
		return -EINVAL
	case end < c.arg[0]:
		return -ENOMEM
	}
	return mem.EachPart(c.arg[0], end, func(v *mm.VMA, _, _ uint64) int64 {
		if flags&abi.MS_INVALIDATE != 0 && v.Locked != mm.NotLocked {
			return -EBUSY
		}
		return 0
	})
}
