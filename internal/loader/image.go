package loader

import (
	"cmp"
	"fmt"
	"slices"

	"trapline/internal/x86"
)

// PageSize is the size of an x86 base page in bytes.
const PageSize = 4096

// holds reports whether the size bytes from addr are addresses of an architecture: below
// 4 GiB, or within one canonical half of the 48-bit space (SDM vol. 1, 3.3.7.1).
func holds(a x86.Arch, addr, size uint64) bool {
	last := addr + size - 1
	if size == 0 || last < addr {
		return false
	}
	if a == x86.I386 {
		return last < 1<<32
	}
	const lowEnd, highStart = 1<<47 - 1, 0xffff8000_00000000
	return last <= lowEnd || addr >= highStart
}

// Prot is the protection of a segment, a set of ProtR, ProtW and ProtX.
type Prot uint8

// The permissions of a segment.
const (
	ProtR Prot = 1 << iota
	ProtW
	ProtX
)

// String gives the ls(1) form, such as "r-x".
func (p Prot) String() string {
	b := []byte("---")
	for i, c := range "rwx" {
		if p&(1<<i) != 0 {
			b[i] = byte(c)
		}
	}
	return string(b)
}

// ParseProt is the inverse of Prot.String.
func ParseProt(text string) (Prot, error) {
	for p := range ProtR | ProtW | ProtX + 1 {
		if text == p.String() {
			return p, nil
		}
	}
	return 0, fmt.Errorf("protection %q: expected three characters such as r-x", text)
}

// Segment is one run of memory with one protection.
type Segment struct {
	Addr    uint64 // linear address of the first byte
	Data    []byte // bytes from the file; read-only, it may alias what the image was read from
	MemSize uint64 // bytes in memory, at least len(Data); what is past Data is zero
	Prot    Prot
	Offset  uint64 // file offset of Data[0], congruent to Addr modulo PageSize when read from ELF
}

// End is the address of the first byte past the segment; 0 at the very top of
// the address space.
func (s *Segment) End() uint64 { return s.Addr + s.MemSize }

// contains reports whether addr is in the segment.
func (s *Segment) contains(addr uint64) bool { return addr-s.Addr < s.MemSize }

// StackKind is what an image says of its stack's permissions (PT_GNU_STACK).
type StackKind uint8

// The three cases that Linux tells apart, its EXSTACK_* values.
const (
	StackDefault StackKind = iota // no PT_GNU_STACK: the architecture's default
	StackNoExec
	StackExec
)

// TLS is the initial thread-local storage block (PT_TLS).
type TLS struct {
	Addr    uint64 // linear address of the initialisation image
	Data    []byte // the initialisation image; read-only
	MemSize uint64 // size of the block in bytes, at least len(Data)
	Align   uint64 // in bytes, a power of two
}

// ProgramHeaders locates the program header table, as the auxiliary vector
// tells it to a program.
type ProgramHeaders struct {
	Addr      uint64 // AT_PHDR; 0 if no segment holds the table
	EntrySize uint64 // AT_PHENT, in bytes
	Count     uint64 // AT_PHNUM
}

// Image is a program, or a piece of kernel text, ready to be mapped. Callers
// may also make one by hand; Check then says whether it is sound.
type Image struct {
	Arch     x86.Arch
	Entry    uint64    // linear address of the first instruction
	Segments []Segment // in address order, not overlapping
	Symbols  Symbols
	NoNames  error        // why the symbols of an ELF file were not read; nil: they were, if it has any
	Lines    LineMap      // source lines, 1 for the first line of the assembled text; empty for ELF programs
	Files    []SourceFile // what that text is put together of, in order; empty: one file

	Interpreter string // path that PT_INTERP names; "": the program runs by itself

	TLS     *TLS // nil without PT_TLS
	Stack   StackKind
	Headers ProgramHeaders // zero for assembled text
}

// Check reports the first thing that keeps m from being mapped: segments out
// of order, overlapping, outside the address space of m.Arch, sharing a page
// under different protections (ErrMalformed), or over lim (ErrBounds).
func (m *Image) Check(lim Limits) error {
	lim = lim.withDefaults()
	if m.Arch != x86.I386 && m.Arch != x86.AMD64 {
		return fmt.Errorf("%w: architecture %s", ErrForeign, m.Arch)
	}
	if len(m.Segments) > lim.Segments {
		return fmt.Errorf("%w: %d segments, at most %d are allowed", ErrBounds, len(m.Segments), lim.Segments)
	}
	if n := m.Symbols.Len(); n > lim.Symbols {
		return fmt.Errorf("%w: %d symbols, at most %d are allowed", ErrBounds, n, lim.Symbols)
	}
	left := lim.Memory
	for i := range m.Segments {
		s := &m.Segments[i]
		if err := m.checkSegment(s); err != nil {
			return err
		}
		if s.MemSize > left {
			return fmt.Errorf("%w: segment at %#x of %#x bytes takes the image over %#x bytes of memory",
				ErrBounds, s.Addr, s.MemSize, lim.Memory)
		}
		left -= s.MemSize
		if i > 0 {
			if err := checkNeighbours(&m.Segments[i-1], s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *Image) checkSegment(s *Segment) error {
	switch {
	case uint64(len(s.Data)) > s.MemSize:
		return fmt.Errorf("%w: segment at %#x has %#x bytes of data for %#x bytes of memory",
			ErrMalformed, s.Addr, len(s.Data), s.MemSize)
	case !holds(m.Arch, s.Addr, s.MemSize):
		return fmt.Errorf("%w: segment at %#x of %#x bytes is empty or outside the %s address space",
			ErrMalformed, s.Addr, s.MemSize, m.Arch)
	}
	return nil
}

// checkNeighbours compares two segments of which a comes first in the image.
func checkNeighbours(a, b *Segment) error {
	aLast := a.Addr + a.MemSize - 1
	if b.Addr <= aLast {
		return fmt.Errorf("%w: segment at %#x is not after the end of the one before it, %#x",
			ErrMalformed, b.Addr, a.End())
	}
	if b.Addr/PageSize == aLast/PageSize && a.Prot != b.Prot {
		return fmt.Errorf("%w: segments at %#x (%s) and %#x (%s) share a page",
			ErrMalformed, a.Addr, a.Prot, b.Addr, b.Prot)
	}
	return nil
}

// SegmentAt finds the segment that holds addr, or nil.
func (m *Image) SegmentAt(addr uint64) *Segment {
	i, found := slices.BinarySearchFunc(m.Segments, addr, func(s Segment, a uint64) int {
		return cmp.Compare(s.Addr, a)
	})
	if !found {
		i--
	}
	if i < 0 || !m.Segments[i].contains(addr) {
		return nil
	}
	return &m.Segments[i]
}

// AddrOfOffset is the linear address of the byte at file offset off, which is
// how a uprobe names its place. A byte that several segments map is taken from
// the executable one.
func (m *Image) AddrOfOffset(off uint64) (addr uint64, ok bool) {
	for i := range m.Segments {
		s := &m.Segments[i]
		if off-s.Offset >= uint64(len(s.Data)) {
			continue
		}
		if s.Prot&ProtX != 0 {
			return s.Addr + off - s.Offset, true
		}
		if !ok {
			addr, ok = s.Addr+off-s.Offset, true
		}
	}
	return addr, ok
}

// OffsetOfAddr is the file offset of the byte at linear address addr; false if
// addr is not backed by the file (zero-filled or unmapped).
func (m *Image) OffsetOfAddr(addr uint64) (off uint64, ok bool) {
	s := m.SegmentAt(addr)
	if s == nil || addr-s.Addr >= uint64(len(s.Data)) {
		return 0, false
	}
	return s.Offset + addr - s.Addr, true
}
