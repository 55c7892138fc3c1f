package mm

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// Place chooses the address of a new mapping of size bytes, whole pages (get_unmapped_area()).
func (mm *MM) Place(v *VMA, addr, size, flags uint64) int64 {
	if flags&(abi.MAP_FIXED|abi.MAP_FIXED_NOREPLACE) != 0 {
		switch {
		case !mm.InUser(addr, size):
			return -ENOMEM
		case addr%emu.PageSize != 0:
			return -EINVAL
		case addr < minAddress:
			return -EPERM
		case flags&abi.MAP_FIXED_NOREPLACE != 0 && !mm.Free(addr, addr+size):
			return -EEXIST
		}
		v.Start = addr
	} else if v.Start = mm.hinted(addr, size, flags); v.Start == 0 {
		if v.Start = mm.holeFor(size, flags); v.Start == 0 {
			return -ENOMEM
		}
	}
	v.End = v.Start + size
	return 0
}

// hinted is the place that the address of a mapping asks for; 0: none is, or it is not free.
func (mm *MM) hinted(addr, size, flags uint64) uint64 {
	if addr = PageFloor(addr); addr == 0 {
		return 0
	}
	addr = max(addr, minAddress) // round_hint_to_min()
	if !mm.InUser(addr, size) || !mm.Free(addr, addr+size) || mm.below2G(flags) && addr+size > map32End {
		return 0
	}
	return addr
}

// Remap is mremap(2) with arguments that are right, of the mapping v.
func (mm *MM) Remap(v *VMA, old, oldSize, size, flags, to uint64) int64 {
	switch {
	case v.special() && size > oldSize: // VM_DONTEXPAND
		return -EFAULT
	case mm.SplitsSpecial(old, old+min(oldSize, size)):
		return -EINVAL
	case flags&abi.MREMAP_FIXED != 0:
		return mm.move(old, oldSize, size, to)
	case size <= oldSize:
		mm.Unmap(old+size, old+oldSize)
		return int64(old)
	case v.End == old+oldSize && old+size <= mm.Layout.TaskSize && mm.Free(v.End, old+size):
		n := *v
		n.Start, n.End, n.Off = v.End, old+size, v.Offset(v.End)
		mm.Add(&n)
		return int64(old)
	case flags&abi.MREMAP_MAYMOVE == 0:
		return -ENOMEM
	}
	return mm.move(old, oldSize, size, 0)
}

// move puts a mapping elsewhere with its pages: at to, or where there is room.
func (mm *MM) move(old, oldSize, size, to uint64) int64 {
	if to != 0 && (to < minAddress || to >= mm.Layout.TaskSize || size > mm.Layout.TaskSize-to ||
		to < old+oldSize && old < to+size) {
		return -EINVAL
	}
	if to == 0 {
		if to = mm.hole(size); to == 0 {
			return -ENOMEM
		}
	} else {
		mm.Unmap(to, to+size)
	}
	mm.shared.kernel.InterruptUsers(mm)
	keep := min(oldSize, size)
	v := *mm.Within(old, old+oldSize)[0]
	vdso := v.Name == VDSOName
	v.Off, v.Start, v.End = v.Offset(old), to, to+size
	mm.Insert(&v)
	skip := mm.skipTo(old + keep)
	for va := old; va < old+keep; {
		pte, ok := mm.space.Lookup(va)
		if !ok {
			va = skip(va)
			continue
		}
		mm.space.Unmap(va, 1)
		if mm.done(mm.space.Map(to+va-old, pte.Frame, 1, pte.Prot)) != FaultDone {
			return -ENOMEM
		}
		va += emu.PageSize
	}
	mm.Unmap(old, old+oldSize)
	if vdso {
		mm.VDSO = to
	}
	if h := mm.shared.hooks; h != nil && v.Inode != nil {
		h.Mapped(mm, mm.Find(to))
	}
	return int64(to)
}
