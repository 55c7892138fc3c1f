package linux

import (
	"trapline/internal/emu"
	"trapline/internal/x86"
)

// layout is where a process of one width has what (Linux without address
// randomisation).
type layout struct {
	taskSize uint64 // first address that is not the user's
	stackTop uint64
	mmapBase uint64 // mappings are placed below it
	pieBase  uint64 // load bias of position-independent programs
	cs, ss   uint16 // flat user segments
	data     uint16 // initial DS and ES
}

// minAddress is vm.mmap_min_addr.
const minAddress = 0x10000

// layouts are those of a kernel's own width.
var layouts = map[x86.Arch]*layout{
	x86.I386: {
		taskSize: 0xc0000000, stackTop: 0xbfff0000, mmapBase: 0xb7ffe000, pieBase: 0x56555000,
		cs: 0x73, ss: 0x7b, data: 0x7b,
	},
	x86.AMD64: {
		taskSize: 0x7ffffffff000, stackTop: 0x7ffffffef000, mmapBase: 0x7ffff7fff000, pieBase: 0x555555554000,
		cs: 0x33, ss: 0x2b,
	},
}

// compatLayout is that of 32-bit programs under a 64-bit kernel: they have all
// of the low 4 GiB but two pages (IA32_PAGE_OFFSET), and run in compatibility
// mode (U15).
var compatLayout = &layout{
	taskSize: 0xffffe000, stackTop: 0xfffee000, mmapBase: 0xf7ffe000, pieBase: 0x56555000,
	cs: 0x23, ss: 0x2b, data: 0x2b,
}

// layoutOf is the layout of programs of a width; nil: the kernel has none.
func (k *Kernel) layoutOf(program x86.Arch) *layout {
	if program == x86.I386 && k.m.Arch == x86.AMD64 {
		return compatLayout
	}
	if program != k.m.Arch {
		return nil
	}
	return layouts[program]
}

// TaskSize is the first address that is not the user's in programs of a width that the kernel runs.
func (k *Kernel) TaskSize(program x86.Arch) uint64 { return k.layoutOf(program).taskSize }

// tables is where a kernel has its descriptor tables: the address of the first global
// one and of an address space's local one, of ring 0 only, and the number of the first
// of three TLS descriptors.
type tables struct {
	gdt, ldt uint64
	tlsEntry int
}

var tablesOf = map[x86.Arch]tables{
	x86.I386:  {gdt: 0xffff0000, ldt: 0xffc00000, tlsEntry: 6},
	x86.AMD64: {gdt: 0xfffffe0000001000, ldt: 0xffff880000000000, tlsEntry: 12},
}

// gdtEntries is the size of the descriptor table, as both kernels have it.
const gdtEntries = 16

// flat is a descriptor of the whole address space for a ring, accessed.
func flat(d x86.Descriptor, ring uint8) uint64 {
	d.Access |= x86.AccessAccessed
	return d.WithDPL(ring).Encode()
}

// cpuNumber is the descriptor whose limit is the number of a vCPU (GDT_ENTRY_CPUNODE).
func cpuNumber(id int) uint64 {
	const access = x86.AccessPresent | x86.AccessSegment | x86.AccessExpandDown | x86.AccessAccessed
	return x86.Descriptor{Limit: uint32(id), Access: access, Flags: x86.FlagBig}.WithDPL(3).Encode()
}

// descriptors is the descriptor table without the thread's TLS entries.
func descriptors(a x86.Arch) [gdtEntries]uint64 {
	var d [gdtEntries]uint64
	kernelData, userCode32, userData := flat(x86.FlatData, 0), flat(x86.FlatCode32, 3), flat(x86.FlatData, 3)
	if a == x86.I386 {
		d[12], d[13], d[14], d[15] = flat(x86.FlatCode32, 0), kernelData, userCode32, userData
		return d
	}
	d[2], d[3] = flat(x86.FlatCode64, 0), kernelData
	d[4], d[5], d[6] = userCode32, userData, flat(x86.FlatCode64, 3)
	d[15] = cpuNumber(0)
	return d
}

func pageFloor(a uint64) uint64 { return a &^ (emu.PageSize - 1) }
func pageCeil(a uint64) uint64  { return (a + emu.PageSize - 1) &^ (emu.PageSize - 1) }
