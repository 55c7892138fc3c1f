package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
)

// Calls that tell the kernel what a program has in mind with its memory.

func sysMadvise(k *Kernel, t *Thread, c *call) int64 {
	mem := t.proc.mm
	end, r := mem.UserRange(c.arg[0], c.arg[1])
	if r != 0 {
		return r
	}
	advice := c.int(2)
	switch advice {
	case abi.MADV_NORMAL, abi.MADV_RANDOM, abi.MADV_SEQUENTIAL, abi.MADV_WILLNEED, // of files that are memory
		abi.MADV_HUGEPAGE, abi.MADV_NOHUGEPAGE, abi.MADV_COLD, abi.MADV_PAGEOUT, // of the size and the place of pages
		abi.MADV_DONTDUMP, abi.MADV_DODUMP: // there are no core dumps
		if !mem.Covered(c.arg[0], end) {
			return -ENOMEM
		}
		return 0
	case abi.MADV_DONTNEED, abi.MADV_DONTNEED_LOCKED, abi.MADV_FREE:
		return mem.Forget(c.arg[0], end, advice)
	case abi.MADV_DONTFORK, abi.MADV_DOFORK, abi.MADV_WIPEONFORK, abi.MADV_KEEPONFORK:
		if len(mem.VMAs()) >= k.cfg.Limits.Maps {
			return -ENOMEM
		}
		return mem.OnFork(c.arg[0], end, advice)
	case abi.MADV_POPULATE_READ:
		return mem.BringIn(c.arg[0], end, mm.ProtRead)
	case abi.MADV_POPULATE_WRITE:
		return mem.BringIn(c.arg[0], end, mm.ProtWrite)
	case abi.MADV_REMOVE:
		return -ENOTSUP
	}
	return -EINVAL
}

// sysMsync has nothing to write: the pages of a shared mapping are the file's.
func sysMsync(k *Kernel, t *Thread, c *call) int64 {
	const both = abi.MS_ASYNC | abi.MS_SYNC
	flags, mem := c.arg[2]&0xffffffff, t.proc.mm
	end := c.arg[0] + mm.PageCeil(c.arg[1])
	switch {
	case flags&^(both|abi.MS_INVALIDATE) != 0, flags&both == both, c.arg[0]%emu.PageSize != 0:
		return -EINVAL
	case end < c.arg[0], !mem.Covered(c.arg[0], end):
		return -ENOMEM
	}
	return 0
}
