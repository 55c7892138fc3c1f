package mm

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// Forget drops private pages: they are the file's again, or zeros.
func (mm *MM) Forget(start, end uint64, advice int) int64 {
	anonymous := advice == abi.MADV_FREE
	switch {
	case !mm.Covered(start, end):
		return -ENOMEM
	case advice != abi.MADV_DONTNEED_LOCKED && mm.LockedIn(start, end) != 0:
		return -EINVAL
	}
	for _, v := range mm.vmas {
		if v.End <= start || v.Start >= end || v.Shared && !anonymous {
			continue
		}
		if anonymous && (v.Shared || v.Inode != nil) {
			return -EINVAL
		}
		mm.DropPages(max(v.Start, start), min(v.End, end))
	}
	return 0
}

// OnFork sets what a fork makes of mappings.
func (mm *MM) OnFork(start, end uint64, advice int) int64 {
	if !mm.Covered(start, end) {
		return -ENOMEM
	}
	for _, v := range mm.Within(start, end) {
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
	for i := mm.Index(end); i > 0 && i >= mm.Index(start); i-- {
		mm.merge(i)
	}
}

// BringIn brings the pages of [start, end) in.
func (mm *MM) BringIn(start, end uint64, need Prot) int64 {
	if !mm.Covered(start, end) {
		return -ENOMEM
	}
	for _, v := range mm.vmas {
		if v.End > start && v.Start < end && v.Prot&need == 0 {
			return -EINVAL
		}
	}
	for va := start; va < end; va += emu.PageSize {
		if !mm.Ready(va, emu.PageSize, need) {
			return -EFAULT
		}
	}
	return 0
}

// InCore reports whether a page is there, or in the cache of the file that is mapped.
func (mm *MM) InCore(v *VMA, va uint64) bool {
	if _, ok := mm.space.Lookup(va); ok {
		return true
	}
	return v.Inode != nil && v.Inode.Cached(v.Offset(va))
}
