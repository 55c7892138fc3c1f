package emu

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/unicorn"
	"trapline/internal/x86"
)

// Prot is what a page allows.
type Prot uint8

// Page permissions. Read is implied by presence, as on the processor.
const (
	Write Prot = 1 << iota
	Exec
	User
)

// String shows the permissions as "rwxu" with dashes.
func (p Prot) String() string {
	b := []byte("r---")
	for i, c := range []struct {
		bit Prot
		ch  byte
	}{{Write, 'w'}, {Exec, 'x'}, {User, 'u'}} {
		if p&c.bit != 0 {
			b[i+1] = c.ch
		}
	}
	return string(b)
}

// Allows reports whether a page with these permissions grants an access of ring
// 3 (user) or the supervisor: a read, a write, or an instruction fetch. CR0.WP is
// taken as set.
func (p Prot) Allows(write, fetch, user bool) bool {
	return (!user || p&User != 0) && (!write || p&Write != 0) && (!fetch || p&Exec != 0)
}

// PTE is one page-table entry: a present page.
type PTE struct {
	Frame Frame
	Prot  Prot
}

// MaxMapOps bounds the mapping changes a view replays one by one; past it the
// view is rebuilt.
const MaxMapOps = 256

// ErrNotMapped is returned for an access to an address with no page.
var ErrNotMapped = errors.New("address is not mapped")

// mapOp is one change of a space's mappings, replayed by its views.
type mapOp struct {
	vpn   uint64
	n     uint64
	pte   PTE
	unmap bool
}

// Space is an address space: which frame each linear page shows, and its
// permissions. vCPUs that share a Space share its library instances (views):
// one for the kernel, one for ring 3 that maps user pages only, since the
// library knows no user/supervisor bit.
type Space struct {
	mem       *PhysMem
	arch      x86.Arch
	mode      insn.Mode // of its 64-bit code, or of all
	runs      insn.Mode // of the code that Run runs
	processor Processor
	level     Level
	pages     map[uint64]PTE // by linear page number
	ops       []mapOp
	epoch     int           // counts rebuilds of ops
	saved     *pageTable    // immutable copy of pages for snapshots, nil if stale
	codes     [2]*codeCache // by privilege: supervisor, user
	views     [2]*view
	runners   [2]*runner
	followed  *Followed // the machine's; nil: none
	tlb       [tlbSize]tlbEntry
}

const (
	tlbBits = 6
	tlbSize = 1 << tlbBits
)

type tlbEntry struct {
	vpn  uint64
	pte  PTE
	data []byte // nil: empty
}

func newSpace(mem *PhysMem, arch x86.Arch, mode insn.Mode, p Processor, l Level) *Space {
	return &Space{mem: mem, arch: arch, mode: mode, runs: mode, processor: p, level: l, pages: map[uint64]PTE{}}
}

// RunCompatible has Run run the space's code of compatibility mode at full speed,
// instead of its 64-bit code. It is for a space before its first run.
func (s *Space) RunCompatible() { s.runs = insn.Mode32 }

// Map shows n frames from first at linear address va (page aligned).
// Pages already there are replaced.
func (s *Space) Map(va uint64, first Frame, n int, p Prot) error {
	if va%PageSize != 0 || n <= 0 {
		return fmt.Errorf("map %#x: expected a page-aligned address and at least one page", va)
	}
	vpn := va / PageSize
	if s.arch == x86.I386 && vpn+uint64(n) > 1<<20 {
		return fmt.Errorf("map %#x: %d pages reach above 4 GiB", va, n)
	}
	for i := range uint64(n) {
		if _, ok := s.pages[vpn+i]; ok {
			s.Unmap((vpn+i)*PageSize, 1)
		}
		s.pages[vpn+i] = PTE{first + Frame(i), p}
	}
	s.log(mapOp{vpn: vpn, n: uint64(n), pte: PTE{first, p}})
	return nil
}

// Unmap removes n pages from va; absent ones are passed over.
func (s *Space) Unmap(va uint64, n int) {
	vpn := va / PageSize
	for end := vpn + uint64(n); vpn < end; {
		if _, ok := s.pages[vpn]; !ok {
			vpn++
			continue
		}
		run := s.run(vpn, end-vpn)
		for i := range run {
			delete(s.pages, vpn+i)
		}
		s.log(mapOp{vpn: vpn, n: run, unmap: true})
		vpn += run
	}
}

// Protect changes the permissions of n pages from va; absent ones stay absent.
func (s *Space) Protect(va uint64, n int, p Prot) {
	first := va / PageSize
	for vpn := first; vpn < first+uint64(n); {
		old, ok := s.pages[vpn]
		if !ok || old.Prot == p {
			vpn++
			continue
		}
		run := s.run(vpn, first+uint64(n)-vpn)
		s.log(mapOp{vpn: vpn, n: run, unmap: true})
		for i := range run {
			s.pages[vpn+i] = PTE{old.Frame + Frame(i), p}
		}
		s.log(mapOp{vpn: vpn, n: run, pte: PTE{old.Frame, p}})
		vpn += run
	}
}

// run counts the pages from vpn on, at most limit, that show frames in a row
// with the same permissions.
func (s *Space) run(vpn, limit uint64) uint64 {
	first := s.pages[vpn]
	n := uint64(1)
	for n < limit && s.pages[vpn+n] == (PTE{first.Frame + Frame(n), first.Prot}) {
		n++
	}
	return n
}

func (s *Space) log(op mapOp) {
	s.saved = nil
	s.tlb = [tlbSize]tlbEntry{}
	if len(s.ops) >= MaxMapOps {
		s.trim()
	}
	s.ops = append(s.ops, op)
}

// trim forgets the changes logged so far; views that have not replayed them
// are to be rebuilt.
func (s *Space) trim() {
	for i, v := range s.views {
		if v != nil {
			v.trimmed()
		}
		if r := s.runners[i]; r != nil {
			r.trimmed()
		}
	}
	s.ops = s.ops[:0]
}

// Lookup finds the page that shows va.
func (s *Space) Lookup(va uint64) (PTE, bool) {
	e := s.entry(va)
	if e == nil {
		return PTE{}, false
	}
	return e.pte, true
}

// Pages lists the mapped linear page numbers in order.
func (s *Space) Pages() []uint64 {
	return sortedPages(s.pages)
}

func (s *Space) entry(va uint64) *tlbEntry {
	vpn := va / PageSize
	e := &s.tlb[vpn*0x9e3779b97f4a7c15>>(64-tlbBits)] // stacks and text often lie a power of two apart
	if e.data != nil && e.vpn == vpn {
		return e
	}
	pte, ok := s.pages[vpn]
	if !ok {
		return nil
	}
	*e = tlbEntry{vpn, pte, s.mem.Bytes(pte.Frame)}
	return e
}

// mask cuts an address to the width of the space.
func (s *Space) mask(va uint64) uint64 {
	if s.arch == x86.I386 {
		return va & 0xffffffff
	}
	return va
}

// Peek copies memory at va whatever its permissions, as a debugger would.
// It returns how many bytes were there.
func (s *Space) Peek(va uint64, buf []byte) int {
	n := 0
	for n < len(buf) {
		a := s.mask(va + uint64(n))
		e := s.entry(a)
		if e == nil {
			return n
		}
		n += copy(buf[n:], e.data[a%PageSize:])
	}
	return n
}

// poke writes memory at va whatever its permissions. All of it must be
// mapped. Callers log the change: see Machine.
func (s *Space) poke(va uint64, b []byte) error {
	for a, n := va, len(b); n > 0; {
		if s.entry(s.mask(a)) == nil {
			return fmt.Errorf("%w: %#x", ErrNotMapped, s.mask(a))
		}
		step := min(n, int(PageSize-a%PageSize))
		a, n = a+uint64(step), n-step
	}
	for len(b) > 0 {
		a := s.mask(va)
		e := s.entry(a)
		s.mem.MarkDirty(e.pte.Frame)
		n := copy(e.data[a%PageSize:], b)
		b, va = b[n:], va+uint64(n)
	}
	return nil
}

// pageTable is an immutable copy of a space's mappings.
type pageTable struct {
	pages map[uint64]PTE
	hash  Fingerprint // zero: not computed yet
}

func (s *Space) snapshot() *pageTable {
	if s.saved == nil {
		s.saved = &pageTable{pages: maps.Clone(s.pages)}
	}
	return s.saved
}

func (s *Space) restore(saved *pageTable) {
	if s.saved == saved {
		return
	}
	s.pages = maps.Clone(saved.pages)
	s.saved = saved
	s.ops = nil
	s.epoch++
	s.tlb = [tlbSize]tlbEntry{}
}

// close frees the library instances.
func (s *Space) close() {
	for i, v := range s.views {
		if v != nil {
			v.close()
		}
		if r := s.runners[i]; r != nil {
			r.close()
		}
	}
	s.views, s.runners = [2]*view{}, [2]*runner{}
}

// view gives the library instance for a privilege, its mappings up to date.
func (s *Space) view(user bool) (*view, error) {
	i := 0
	if user {
		i = 1
	}
	if v := s.views[i]; v == nil || v.translations > maxTranslations {
		fresh, err := newView(s, user)
		if err != nil {
			return nil, err
		}
		if v != nil {
			v.close()
		}
		s.views[i] = fresh
	}
	v := s.views[i]
	if v.stale() {
		if err := v.sync(); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (s *Space) width() unicorn.Width {
	if s.arch == x86.AMD64 {
		return unicorn.Width64
	}
	return unicorn.Width32
}

// PagesBetween lists the addresses of the pages mapped in [start, end), in order.
func (s *Space) PagesBetween(start, end uint64) []uint64 {
	var l []uint64
	for vpn := range s.pages {
		if a := vpn * PageSize; start <= a && a < end {
			l = append(l, a)
		}
	}
	slices.Sort(l)
	return l
}
