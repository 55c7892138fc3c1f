package mm

import (
	"trapline/internal/emu"
	"trapline/internal/x86"
)

// Layout is where a process of one width has what. All but the stack is where
// Linux has it without address randomisation.
type Layout struct {
	TaskSize uint64 // first address that is not the user's
	StackTop uint64 // below TaskSize as randomisation may place it; see LayoutOf
	mmapBase uint64 // mappings are placed below it
	PieBase  uint64 // load bias of position-independent programs
	CS, SS   uint16 // flat user segments
	Data     uint16 // initial DS and ES
}

// minAddress is vm.mmap_min_addr.
const minAddress = 0x10000

// Layouts are those of a kernel's own width.
var Layouts = map[x86.Arch]*Layout{
	x86.I386: {
		TaskSize: 0xc0000000, StackTop: 0xbfff0000, mmapBase: 0xb7ffe000, PieBase: 0x56555000,
		CS: 0x73, SS: 0x7b, Data: 0x7b,
	},
	x86.AMD64: {
		TaskSize: 0x7ffffffff000, StackTop: 0x7ffffffef000, mmapBase: 0x7ffff7fff000, PieBase: 0x555555554000,
		CS: 0x33, SS: 0x2b,
	},
}

// compatLayout is that of 32-bit programs under a 64-bit kernel: they have all
// of the low 4 GiB but two pages (IA32_PAGE_OFFSET), and run in compatibility
// mode (U15).
var compatLayout = &Layout{
	TaskSize: 0xffffe000, StackTop: 0xfffee000, mmapBase: 0xf7ffe000, PieBase: 0x56555000,
	CS: 0x23, SS: 0x2b, Data: 0x2b,
}

// stackAtEnd are the layouts of processes with ADDR_NO_RANDOMIZE.
var stackAtEnd = map[*Layout]*Layout{}

func init() {
	for _, l := range []*Layout{Layouts[x86.I386], Layouts[x86.AMD64], compatLayout} {
		n := *l
		n.StackTop = l.TaskSize
		stackAtEnd[l] = &n
	}
}

// LayoutOf is the layout of programs of a width under a kernel of a width; nil: it has none.
func LayoutOf(kernel, program x86.Arch) *Layout {
	if program == x86.I386 && kernel == x86.AMD64 {
		return compatLayout
	}
	if program != kernel {
		return nil
	}
	return Layouts[program]
}

// Tables is where a kernel has its descriptor tables: the address of the first global
// one and of an address space's local one, of ring 0 only, and the number of the first
// of three TLS descriptors.
type Tables struct {
	Gdt, ldt uint64
	TlsEntry int
}

var TablesOf = map[x86.Arch]Tables{
	x86.I386:  {Gdt: 0xffff0000, ldt: 0xffc00000, TlsEntry: 6},
	x86.AMD64: {Gdt: 0xfffffe0000001000, ldt: 0xffff880000000000, TlsEntry: 12},
}

func PageFloor(a uint64) uint64 { return a &^ (emu.PageSize - 1) }
func PageCeil(a uint64) uint64  { return (a + emu.PageSize - 1) &^ (emu.PageSize - 1) }
