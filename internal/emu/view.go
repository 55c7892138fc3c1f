package emu

import (
	"sort"

	"trapline/internal/emu/unicorn"
	"trapline/internal/x86"
)

// view is one library instance that shows a space as one privilege sees it.
type view struct {
	window
	translations int // made by eng, at least
}

// maxTranslations is when a view is replaced: the library frees no translation
// before it has filled a gigabyte with them.
const maxTranslations = 16384

func newView(s *Space, user bool) (*view, error) {
	eng, err := unicorn.Open(s.width(), true)
	if err != nil {
		return nil, err
	}
	v := new(view)
	v.window = window{space: s, user: user, eng: eng, owner: v, epoch: -1}
	return v, nil
}

func (v *view) close() { v.eng.Close() }

func (v *view) libProt(p PTE) unicorn.Prot { return libProt(p.Prot) }

func (v *view) pageMapped(uint64, PTE) {}

// pageUnmapping drops the page's translations: the library would find them
// again if it later gave the page's place to another frame. Decodings stay,
// since their bytes are compared before each use.
func (v *view) pageUnmapping(vpn uint64, p PTE) {
	if p.Prot&Exec != 0 {
		v.eng.RemoveCache(vpn*PageSize, (vpn+1)*PageSize)
	}
}

// retranslate makes sure that the library's translation of d is of d's bytes.
func (v *view) retranslate(d *decoded) {
	if d.known != v {
		v.eng.RemoveCache(d.pc, d.pc+1)
		d.known = v
		v.translations++
	}
}

type access uint8

const (
	accessRead access = iota
	accessWrite
	accessFetch
)

// pageFault makes the #PF of an access to va that the space refuses.
func (s *Space) pageFault(va uint64, a access, user bool) *Trap {
	t := FaultErr(x86.VecPF, 0)
	t.SetCR2, t.CR2 = true, va
	if _, ok := s.Lookup(va); ok {
		t.ErrCode |= PFProt
	}
	if a == accessWrite {
		t.ErrCode |= PFWrite
	}
	if user {
		t.ErrCode |= PFUser
	}
	if a == accessFetch && s.arch == x86.AMD64 {
		t.ErrCode |= PFFetch
	}
	return t
}

// allows reports whether the page at va grants the access.
func (s *Space) allows(va uint64, a access, user bool) bool {
	e := s.entry(va)
	return e != nil && e.pte.Prot.Allows(a == accessWrite, a == accessFetch, user)
}

// firstRefused finds the first byte of [va, va+n) that the space refuses.
func (s *Space) firstRefused(va uint64, n int, a access, user bool) (uint64, bool) {
	for off := 0; off < n; {
		x := s.mask(va + uint64(off))
		if !s.allows(x, a, user) {
			return x, true
		}
		off += int(PageSize - x%PageSize)
	}
	return 0, false
}

// sortedPages is the order in which pages are hashed and listed.
func sortedPages(m map[uint64]PTE) []uint64 {
	l := make([]uint64, 0, len(m))
	for v := range m {
		l = append(l, v)
	}
	sort.Slice(l, func(i, j int) bool { return l[i] < l[j] })
	return l
}
