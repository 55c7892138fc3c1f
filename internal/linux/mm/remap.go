package mm

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// VDSOName is what /proc/PID/maps calls the vDSO.
const VDSOName = "[vdso]"

// Offsets in the i386 vDSO's page. Its ELF parts lie before its code.
// place chooses the address of a new mapping.
func (mm *MM) Place(v *VMA, addr, size, flags uint64) int64 {
	top := mm.Layout.TaskSize
	fits := addr >= minAddress && addr < top && size <= top-addr
	if flags&(abi.MAP_FIXED|abi.MAP_FIXED_NOREPLACE) != 0 {
		switch {
		case addr%emu.PageSize != 0:
			return -EINVAL
		case addr < minAddress:
			return -EPERM
		case !fits:
			return -ENOMEM
		case flags&abi.MAP_FIXED_NOREPLACE != 0 && !mm.Free(addr, addr+size):
			return -EEXIST
		}
		v.Start = addr
	} else if addr = PageFloor(addr); fits && addr >= minAddress && mm.Free(addr, addr+size) {
		v.Start = addr
	} else if v.Start = mm.holeFor(size, flags); v.Start == 0 {
		return -ENOMEM
	}
	v.End = v.Start + size
	return 0
}

// UserRange checks a page range argument.
func (mm *MM) UserRange(addr, size uint64) (end uint64, r int64) {
	size = PageCeil(size)
	if addr%emu.PageSize != 0 {
		return 0, -EINVAL
	}
	if addr >= mm.Layout.TaskSize || size > mm.Layout.TaskSize-addr {
		return 0, -EINVAL
	}
	return addr + size, 0
}

// Remap is mremap(2) with arguments that are right, of the mapping v.
func (mm *MM) Remap(v *VMA, old, oldSize, size, flags, to uint64) int64 {
	switch {
	case flags&abi.MREMAP_FIXED != 0:
		return mm.move(old, oldSize, size, to)
	case size <= oldSize:
		mm.Unmap(old+size, old+oldSize)
		return int64(old)
	case v.End == old+oldSize && old+size <= mm.Layout.TaskSize && mm.Free(v.End, old+size):
		n := *v
		n.Start, n.End, n.Off = v.End, old+size, v.Offset(v.End)
		if n.Inode != nil && n.Inode.Backing == nil {
			n.Inode.Size = max(n.Inode.Size, int64(n.Off+n.End-n.Start))
		}
		mm.Add(&n)
		return int64(old)
	case flags&abi.MREMAP_MAYMOVE == 0:
		return -ENOMEM
	}
	return mm.move(old, oldSize, size, 0)
}

// move puts a mapping elsewhere with its pages: at to, or where there is room.
func (mm *MM) move(old, oldSize, size, to uint64) int64 {
	if v := mm.Find(old); v.Name == VDSOName && size != v.End-v.Start { // vdso_mremap()
		return -EINVAL
	}
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
