package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// Calls that tell the kernel what a program has in mind with its memory.

func sysMadvise(k *Kernel, t *Thread, c *call) int64 {
	mm := t.proc.mm
	end, r := mm.userRange(c.arg[0], c.arg[1])
	if r != 0 {
		return r
	}
	advice := c.int(2)
	switch advice {
	case abi.MADV_NORMAL, abi.MADV_RANDOM, abi.MADV_SEQUENTIAL, abi.MADV_WILLNEED, // of files that are memory
		abi.MADV_HUGEPAGE, abi.MADV_NOHUGEPAGE, abi.MADV_COLD, abi.MADV_PAGEOUT, // of the size and the place of pages
		abi.MADV_DONTDUMP, abi.MADV_DODUMP: // there are no core dumps
		if !mm.covered(c.arg[0], end) {
			return -ENOMEM
		}
		return 0
	case abi.MADV_DONTNEED, abi.MADV_DONTNEED_LOCKED, abi.MADV_FREE:
		return mm.forget(c.arg[0], end, advice)
	case abi.MADV_DONTFORK, abi.MADV_DOFORK, abi.MADV_WIPEONFORK, abi.MADV_KEEPONFORK:
		return mm.onFork(c.arg[0], end, advice)
	case abi.MADV_POPULATE_READ:
		return mm.bringIn(c.arg[0], end, ProtRead)
	case abi.MADV_POPULATE_WRITE:
		return mm.bringIn(c.arg[0], end, ProtWrite)
	case abi.MADV_REMOVE:
		return -ENOTSUP
	}
	return -EINVAL
}

// forget drops private pages: they are the file's again, or zeros.
func (mm *MM) forget(start, end uint64, advice int) int64 {
	anonymous := advice == abi.MADV_FREE
	switch {
	case !mm.covered(start, end):
		return -ENOMEM
	case advice != abi.MADV_DONTNEED_LOCKED && mm.lockedIn(start, end) != 0:
		return -EINVAL
	}
	for _, v := range mm.vmas {
		if v.End <= start || v.Start >= end || v.Shared && !anonymous {
			continue
		}
		if anonymous && (v.Shared || v.Inode != nil) {
			return -EINVAL
		}
		mm.dropPages(max(v.Start, start), min(v.End, end))
	}
	return 0
}

// onFork sets what a fork makes of mappings.
func (mm *MM) onFork(start, end uint64, advice int) int64 {
	switch {
	case !mm.covered(start, end), len(mm.vmas) >= mm.k.cfg.Limits.Maps:
		return -ENOMEM
	}
	for _, v := range mm.within(start, end) {
		switch advice {
		case abi.MADV_DONTFORK, abi.MADV_DOFORK:
			v.DontCopy = advice == abi.MADV_DONTFORK
		case abi.MADV_WIPEONFORK:
			if v.Shared || v.Inode != nil {
				mm.mergeWithin(start, end)
				return -EINVAL
			}
			v.WipeOnFork = true
		default:
			v.WipeOnFork = false
		}
	}
	mm.mergeWithin(start, end)
	return 0
}

// mergeWithin joins mappings again that were split for a change of [start, end).
func (mm *MM) mergeWithin(start, end uint64) {
	for i := mm.index(end); i > 0 && i >= mm.index(start); i-- {
		mm.merge(i)
	}
}

// bringIn brings the pages of [start, end) in.
func (mm *MM) bringIn(start, end uint64, need Prot) int64 {
	if !mm.covered(start, end) {
		return -ENOMEM
	}
	for _, v := range mm.vmas {
		if v.End > start && v.Start < end && v.Prot&need == 0 {
			return -EINVAL
		}
	}
	for va := start; va < end; va += emu.PageSize {
		if !mm.ready(va, emu.PageSize, need) {
			return -EFAULT
		}
	}
	return 0
}

// sysMsync has nothing to write: the pages of a shared mapping are the file's.
func sysMsync(k *Kernel, t *Thread, c *call) int64 {
	const both = abi.MS_ASYNC | abi.MS_SYNC
	flags, mm := c.arg[2]&0xffffffff, t.proc.mm
	end := c.arg[0] + pageCeil(c.arg[1])
	switch {
	case flags&^(both|abi.MS_INVALIDATE) != 0, flags&both == both, c.arg[0]%emu.PageSize != 0:
		return -EINVAL
	case end < c.arg[0], !mm.covered(c.arg[0], end):
		return -ENOMEM
	}
	return 0
}
