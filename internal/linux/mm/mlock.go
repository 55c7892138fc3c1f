package mm

import (
	"trapline/internal/emu"
)

// Locking is how a mapping is locked.
type Locking uint8

const (
	NotLocked   Locking = iota
	LockPages           // its pages are there
	LockOnFault         // they come when they are touched
)

// Locked is how many bytes of the address space are locked.
func (mm *MM) Locked() uint64 {
	n := uint64(0)
	for _, v := range mm.vmas {
		if v.Locked != NotLocked {
			n += v.End - v.Start
		}
	}
	return n
}

// LockedIn is how many bytes of [start, end) are locked.
func (mm *MM) LockedIn(start, end uint64) uint64 {
	n := uint64(0)
	for _, v := range mm.vmas {
		if v.Locked != NotLocked && v.Start < end && v.End > start {
			n += min(v.End, end) - max(v.Start, start)
		}
	}
	return n
}

// SetLocked locks or unlocks the mappings of a range, up to a hole in it, which is
// ENOMEM (apply_vma_lock_flags()).
func (mm *MM) SetLocked(start, end uint64, how Locking) int64 {
	for _, v := range mm.Within(start, end) {
		if v.Start > start {
			break
		}
		start = v.End
		v.Lock(how)
	}
	for i := len(mm.vmas) - 1; i > 0; i-- {
		mm.merge(i)
	}
	if start < end {
		return -ENOMEM
	}
	return 0
}

// Lock changes how v is locked; the kernel's own pages never are.
func (v *VMA) Lock(how Locking) {
	if !v.special() {
		v.Locked = how
	}
}

// Populate brings the pages of a range in (mm_populate()).
func (mm *MM) Populate(start, end uint64) int64 {
	for va := start; va < end; va += emu.PageSize {
		if _, ok := mm.space.Lookup(va); ok {
			continue
		}
		v := mm.Find(va)
		switch {
		case v == nil:
			return -ENOMEM
		case v.Locked == LockOnFault:
			va = v.End - emu.PageSize
			continue
		case v.Prot == 0:
			return -ENOMEM
		}
		need := ProtRead
		if v.Prot&ProtWrite != 0 && !v.Shared {
			need = ProtWrite
		}
		switch mm.Fault(va, need) {
		case FaultDone:
		case FaultEnd:
			return -EAGAIN
		default:
			return -ENOMEM
		}
	}
	return 0
}

// PopulateLocked brings in the pages of a new mapping that is locked.
func (mm *MM) PopulateLocked(start, end uint64) {
	if v := mm.Find(start); v != nil && v.Locked == LockPages {
		mm.Populate(start, end)
	}
}

func (mm *MM) LockAll(how Locking) {
	for _, v := range mm.vmas {
		v.Lock(how)
	}
	for i := len(mm.vmas) - 1; i > 0; i-- {
		mm.merge(i)
	}
}
