package emu

import (
	"maps"
	"slices"

	"trapline/internal/emu/unicorn"
)

// window keeps the mappings of one library instance those of a space, as one
// privilege sees it, by replaying the space's changes.
type window struct {
	space  *Space
	user   bool
	eng    *unicorn.Engine
	owner  windowOwner
	epoch  int
	pos    int // ops replayed
	mapped map[uint64]PTE
	pieces pieces
	lazy   bool // pages are mapped when they are asked for (lazily.go)
	shown  int  // pieces, about: one that was unmapped in part counts as before
	spent  int  // on adding pieces, in numbers of those that were there
}

// windowOwner is who runs code in the instance.
type windowOwner interface {
	// libProt is what the instance may do with a page.
	libProt(PTE) unicorn.Prot
	// pageMapped follows the mapping of a page, pageUnmapping precedes its end.
	pageMapped(vpn uint64, pte PTE)
	pageUnmapping(vpn uint64, pte PTE)
}

func (w *window) shows(p PTE) bool { return !w.user || p.Prot&User != 0 }

func libProt(p Prot) unicorn.Prot {
	r := unicorn.ProtRead
	if p&Write != 0 {
		r |= unicorn.ProtWrite
	}
	if p&Exec != 0 {
		r |= unicorn.ProtExec
	}
	return r
}

func (w *window) stale() bool { return w.epoch != w.space.epoch || w.pos != len(w.space.ops) }

// sync brings the library's mappings up to the space's.
func (w *window) sync() error {
	if w.epoch != w.space.epoch {
		return w.rebuild()
	}
	for _, op := range w.space.ops[w.pos:] {
		if err := w.apply(op); err != nil {
			return err
		}
	}
	w.pos = len(w.space.ops)
	return nil
}

func (w *window) apply(op mapOp) error {
	if op.unmap {
		return w.unmap(op.vpn, op.n)
	}
	if !w.shows(op.pte) || w.lazy {
		return nil
	}
	return w.mapRun(op)
}

// mapRun maps pages that show frames in a row.
func (w *window) mapRun(op mapOp) error {
	for done := uint64(0); done < op.n; { // pieces of equal library permissions
		first := PTE{op.pte.Frame + Frame(done), op.pte.Prot}
		prot := w.owner.libProt(first)
		n := uint64(0)
		for ; done+n < op.n; n++ {
			pte := PTE{first.Frame + Frame(n), first.Prot}
			if w.owner.libProt(pte) != prot {
				break
			}
		}
		if err := w.mapPiece(op.vpn+done, piece{n, first.Frame, prot}); err != nil {
			return err
		}
		for i := range n {
			pte := PTE{first.Frame + Frame(i), first.Prot}
			w.mapped[op.vpn+done+i] = pte
			w.owner.pageMapped(op.vpn+done+i, pte)
		}
		done += n
	}
	return nil
}

// unmap takes n pages away, neighbours that the instance shows in one piece.
func (w *window) unmap(vpn, n uint64) error {
	for end := vpn + n; vpn < end; {
		run := uint64(0)
		for vpn+run < end {
			pte, ok := w.mapped[vpn+run]
			if !ok {
				break
			}
			w.owner.pageUnmapping(vpn+run, pte)
			delete(w.mapped, vpn+run)
			run++
		}
		if run > 0 {
			w.pieces.forget(vpn, run)
			w.shown = max(w.shown-1, 0)
			if err := w.eng.Unmap(vpn*PageSize, run*PageSize); err != nil {
				return err
			}
		}
		vpn += run + 1
	}
	return nil
}

// rebuild starts from the space's present table, pages with frames in a row
// mapped in one piece.
func (w *window) rebuild() error {
	if err := w.unmapAll(); err != nil {
		return err
	}
	var pages []uint64
	if !w.lazy {
		pages = w.space.Pages()
	}
	for i := 0; i < len(pages); {
		first := w.space.pages[pages[i]]
		n := 1
		for i+n < len(pages) && pages[i+n] == pages[i]+uint64(n) &&
			w.space.pages[pages[i+n]] == (PTE{first.Frame + Frame(n), first.Prot}) {
			n++
		}
		if err := w.apply(mapOp{vpn: pages[i], n: uint64(n), pte: first}); err != nil {
			return err
		}
		i += n
	}
	w.epoch, w.pos = w.space.epoch, len(w.space.ops)
	return nil
}

// unmapAll empties the library's mappings, neighbouring pages in one piece.
func (w *window) unmapAll() error {
	pages := slices.Sorted(maps.Keys(w.mapped))
	for _, vpn := range pages {
		w.owner.pageUnmapping(vpn, w.mapped[vpn])
	}
	w.mapped, w.pieces, w.shown = map[uint64]PTE{}, newPieces(), 0
	for i := 0; i < len(pages); {
		n := 1
		for i+n < len(pages) && pages[i+n] == pages[i]+uint64(n) {
			n++
		}
		if err := w.eng.Unmap(pages[i]*PageSize, uint64(n)*PageSize); err != nil {
			return err
		}
		i += n
	}
	return nil
}

// trimmed takes note that the space forgot its log of changes.
func (w *window) trimmed() {
	if w.stale() {
		w.epoch = -1
	} else {
		w.pos = 0
	}
}
