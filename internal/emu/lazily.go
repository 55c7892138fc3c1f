package emu

import "trapline/internal/emu/unicorn"

// The library makes its table of the pieces of memory that it shows anew whenever one is added, at a cost by their number. An
// instance of its own for those that are used pays for itself once that came to as much as it costs to translate all code again.
const (
	fewPieces   = 128  // that no new instance is made for
	eagerPieces = 512  // that are shown before they are asked for
	maxPieces   = 2048 // the library ends at 4096
	renewing    = 7000 // a new instance, and
	translating = 14   // each block there, in the unit of adding one piece to one other
)

// crowded reports whether a new instance, which shows what it is asked for, is better than this one.
func (r *runner) crowded() bool {
	switch {
	case r.stale() && !r.lazy && r.epoch != r.space.epoch && piecesOf(r.space.pages) > eagerPieces:
		return true
	case r.stale() && !r.lazy && r.shown+len(r.space.ops)-r.pos > eagerPieces:
		return true
	case r.spent < renewing+translating*len(r.blocks) && r.shown < maxPieces:
		return false
	}
	r.shown, r.spent = piecesOf(r.mapped), 0
	return r.shown > fewPieces
}

// piecesOf counts the runs of pages that show frames in a row.
func piecesOf(pages map[uint64]PTE) int {
	n := 0
	for vpn, pte := range pages {
		if before, ok := pages[vpn-1]; !ok || before != (PTE{pte.Frame - 1, pte.Prot}) {
			n++
		}
	}
	return n
}

// ask maps the pages of an access in an instance that had too many pieces. false: it shows them, or the space refuses.
func (r *runner) ask(x *unicorn.Exit, a access) (more bool, err error) {
	if !r.lazy {
		return false, nil
	}
	for _, va := range []uint64{x.MemAddr, x.MemAddr + max(uint64(x.MemSize), 1) - 1} {
		va = r.space.mask(va)
		if _, shown := r.mapped[va/PageSize]; shown || !r.space.allows(va, a, r.user) {
			continue
		}
		more = true
		if err := r.mapRun(r.around(va)); err != nil {
			return false, err
		}
	}
	return more, nil
}

// around is the page at va and those beside it that show frames in a row and are not mapped yet.
func (r *runner) around(va uint64) mapOp {
	vpn, pte := va/PageSize, r.space.entry(va).pte
	first, n := vpn, uint64(1)
	joins := func(at uint64) bool {
		_, shown := r.mapped[at]
		p, ok := r.space.pages[at]
		return ok && !shown && p == (PTE{pte.Frame + Frame(at-vpn), pte.Prot})
	}
	for ; n < maxAsked && joins(first-1); n++ {
		first--
	}
	for n < maxAsked && joins(first+n) {
		n++
	}
	return mapOp{vpn: first, n: n, pte: PTE{pte.Frame - Frame(vpn-first), pte.Prot}}
}

// maxAsked bounds the pages that are mapped at once.
const maxAsked = 1 << 14
