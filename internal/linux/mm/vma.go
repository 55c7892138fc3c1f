package mm

import (
	"slices"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// Prot is the protection of a mapping, with the values of mmap(2).
type Prot uint8

// Protections.
const (
	ProtRead  Prot = 1
	ProtWrite Prot = 2
	ProtExec  Prot = 4
)

// VMA is one run of an address space with one protection and one backing.
type VMA struct {
	Start, End uint64 // linear addresses, page aligned, End exclusive
	Prot       Prot
	Shared     bool // MAP_SHARED
	DontCopy   bool // fork leaves it out
	WipeOnFork bool // fork's copy is zeros
	ReadOnly   bool // shared, of a file that was not opened for writing: it never can be
	GrowsDown  bool // the stack
	Locked     Locking
	Inode      *vfs.Inode // nil: anonymous
	File       File       // that Inode is mapped by; nil: memory without one
	Off        uint64     // offset in Inode of Start, in bytes
	Name       string     // of a special mapping, such as "[stack]"
}

// Names of the kernel's mappings in /proc/PID/maps.
const (
	VvarName    = "[vvar]"
	VDSOName    = "[vdso]"
	UprobesName = "[uprobes]"
)

// device reports whether v's pages are none of memory's, so that nobody has them but
// the process itself (VM_IO, VM_PFNMAP).
func (v *VMA) device() bool { return v.Name == VvarName }

// MayHave reports whether v can have a protection (VM_MAYWRITE and its like).
func (v *VMA) MayHave(p Prot) bool {
	return (p&ProtWrite == 0 || !v.ReadOnly) && (p&^ProtRead == 0 || !v.device())
}

// SplitsSpecial reports whether an end of [start, end) lies within a mapping of the
// kernel's making (special_mapping_split()).
func (mm *MM) SplitsSpecial(start, end uint64) bool {
	for _, at := range []uint64{start, end} {
		if v := mm.Find(at); v != nil && v.Start != at && v.special() {
			return true
		}
	}
	return false
}

// Offset is the file offset of va.
func (v *VMA) Offset(va uint64) uint64 { return v.Off + va - v.Start }

// special reports whether v is pages of the kernel's own, as the vDSO is (VM_SPECIAL), which are moved and taken away as a
// whole only.
func (v *VMA) special() bool { return v.Name != "" && !v.GrowsDown }

// joins reports whether w continues v with the same properties.
func (v *VMA) joins(w *VMA) bool {
	return v.End == w.Start && v.Prot == w.Prot && v.Shared == w.Shared && v.ReadOnly == w.ReadOnly && v.GrowsDown == w.GrowsDown && v.Locked == w.Locked &&
		v.DontCopy == w.DontCopy && v.WipeOnFork == w.WipeOnFork &&
		v.Inode == w.Inode && v.File == w.File && v.Name == w.Name && (v.Inode == nil || v.Offset(w.Start) == w.Off)
}

// Index is the position of the first vma that ends above va.
func (mm *MM) Index(va uint64) int {
	i, _ := slices.BinarySearchFunc(mm.vmas, va, func(v *VMA, a uint64) int {
		if v.End <= a {
			return -1
		}
		return 1
	})
	return i
}

// Find is the vma that holds va, or nil.
func (mm *MM) Find(va uint64) *VMA {
	if i := mm.Index(va); i < len(mm.vmas) && mm.vmas[i].Start <= va {
		return mm.vmas[i]
	}
	return nil
}

// VMAs lists the mappings in address order.
func (mm *MM) VMAs() []*VMA { return mm.vmas }

// Insert adds v, merging it with its neighbours.
func (mm *MM) Insert(v *VMA) {
	i := mm.Index(v.Start)
	mm.vmas = slices.Insert(mm.vmas, i, v)
	v.hold()
	mm.merge(i + 1)
	mm.merge(i)
}

// merge joins the vma at i with the one before it where they fit.
func (mm *MM) merge(i int) {
	if i <= 0 || i >= len(mm.vmas) || !mm.vmas[i-1].joins(mm.vmas[i]) {
		return
	}
	mm.vmas[i-1].End = mm.vmas[i].End
	mm.remove(i)
}

func (mm *MM) remove(i int) {
	v := mm.vmas[i]
	mm.vmas = slices.Delete(mm.vmas, i, i+1)
	mm.release(v)
}

// hold takes holds of what is behind a mapping.
func (v *VMA) hold() {
	if v.Inode != nil {
		v.Inode.Hold()
	}
	if v.File != nil {
		v.File.Hold()
	}
}

// release gives up the holds of a mapping that is gone.
func (mm *MM) release(v *VMA) {
	if v.Inode != nil {
		mm.shared.files.DropInode(v.Inode)
	}
	if v.File != nil {
		mm.shared.kernel.Close(v.File)
	}
}

// split makes va a boundary between two vmas.
func (mm *MM) split(va uint64) {
	i := mm.Index(va)
	if i == len(mm.vmas) || mm.vmas[i].Start >= va {
		return
	}
	high := *mm.vmas[i]
	high.Start, high.Off = va, high.Offset(va)
	mm.vmas[i].End = va
	mm.vmas = slices.Insert(mm.vmas, i+1, &high)
	high.hold()
}

// Within lists the vmas inside [start, end), after splitting at its edges.
func (mm *MM) Within(start, end uint64) []*VMA {
	mm.split(start)
	mm.split(end)
	i, j := mm.Index(start), mm.Index(end)
	return slices.Clone(mm.vmas[i:j])
}

// Covered reports whether every page of [start, end) is mapped.
func (mm *MM) Covered(start, end uint64) bool {
	for i := mm.Index(start); start < end; i++ {
		if i == len(mm.vmas) || mm.vmas[i].Start > start {
			return false
		}
		start = mm.vmas[i].End
	}
	return true
}

// hole finds room for size bytes: the highest that ends at or below the mmap
// base, as the kernel's top-down search does. 0: none.
func (mm *MM) hole(size uint64) uint64 {
	end := mm.mmapBase
	for i := len(mm.vmas) - 1; ; i-- {
		low := uint64(minAddress)
		if i >= 0 {
			if mm.vmas[i].Start >= end {
				continue
			}
			low = max(low, mm.vmas[i].End)
		}
		if end >= low && end-low >= size {
			return end - size
		}
		if i < 0 {
			return 0
		}
		end = min(end, mm.vmas[i].Start)
	}
}

// What MAP_32BIT asks for lies between these addresses, but for a hint, which may be lower.
const map32Start, map32End = 1 << 30, 1 << 31

// below2G reports whether mmap's flags ask for it (MAP_32BIT, which 32-bit programs have no use for).
func (mm *MM) below2G(flags uint64) bool { return flags&abi.MAP_32BIT != 0 && mm.abi.Word() == 8 }

// holeFor finds room as mmap's flags ask: with MAP_32BIT the lowest in the second GiB.
func (mm *MM) holeFor(size, flags uint64) uint64 {
	if !mm.below2G(flags) {
		return mm.hole(size)
	}
	start := uint64(map32Start)
	for i := mm.Index(start); i < len(mm.vmas) && mm.vmas[i].Start < start+size; i++ {
		start = mm.vmas[i].End
	}
	if start+size > map32End {
		return 0
	}
	return start
}

// Free reports whether nothing is mapped in [start, end).
func (mm *MM) Free(start, end uint64) bool {
	i := mm.Index(start)
	return i == len(mm.vmas) || mm.vmas[i].Start >= end
}
