package mm

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// EachPart calls visit for the part of each mapping that lies in [start, end). A hole is ENOMEM
// in the end, and an error of visit the result at once (madvise_walk_vmas()).
func (mm *MM) EachPart(start, end uint64, visit func(v *VMA, start, end uint64) int64) int64 {
	result := int64(0)
	for start < end {
		i := mm.Index(start)
		if i == len(mm.vmas) || mm.vmas[i].Start >= end {
			return -ENOMEM
		}
		v := mm.vmas[i]
		if v.Start > start {
			start, result = v.Start, -ENOMEM
		}
		next := min(v.End, end)
		if r := visit(v, start, next); r != 0 {
			return r
		}
		start = next
	}
	return result
}

// Forget drops private pages of v: they are the file's again, or zeros. The kernel's own pages stay.
func (mm *MM) Forget(v *VMA, start, end uint64, advice int) int64 {
	switch {
	case advice != abi.MADV_DONTNEED_LOCKED && v.Locked != NotLocked,
		advice == abi.MADV_FREE && (v.Shared || v.Inode != nil || v.special()):
		return -EINVAL
	case !v.Shared && !v.special():
		mm.DropPages(start, end)
	}
	return 0
}

// OnFork sets what a fork makes of a part of v.
func (mm *MM) OnFork(v *VMA, start, end uint64, advice int) int64 {
	if advice == abi.MADV_WIPEONFORK && (v.Shared || v.Inode != nil) {
		return -EINVAL
	}
	for _, v := range mm.Within(start, end) {
		switch advice {
		case abi.MADV_DONTFORK, abi.MADV_DOFORK:
			v.DontCopy = advice == abi.MADV_DONTFORK
		default:
			v.WipeOnFork = advice == abi.MADV_WIPEONFORK
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

// BringIn brings pages of v in.
func (mm *MM) BringIn(v *VMA, start, end uint64, need Prot) int64 {
	if v.Prot&need == 0 {
		return -EINVAL
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
