package emu

import "trapline/internal/emu/unicorn"

// pieces are the mappings of one library instance as far as they can be joined with neighbours: its calls cost by
// the square of their number. A piece that was changed in part is forgotten, not followed.
type pieces struct {
	from map[uint64]piece  // by first page number
	ends map[uint64]uint64 // first page number by that of the page behind the last
}

// piece is n pages that show n frames from first on with one permission.
type piece struct {
	n     uint64
	first Frame
	prot  unicorn.Prot
}

// mostPages bounds a joined piece. To join one means to take it out of the library, which costs by its pages: memory that is
// filled from end to end would cost by the square of its size.
const mostPages = 8192

func newPieces() pieces { return pieces{map[uint64]piece{}, map[uint64]uint64{}} }

func (s *pieces) add(vpn uint64, p piece) {
	s.from[vpn], s.ends[vpn+p.n] = p, vpn
}

func (s *pieces) remove(vpn uint64) {
	delete(s.ends, vpn+s.from[vpn].n)
	delete(s.from, vpn)
}

// forget drops the pieces that share a page with [vpn, vpn+n).
func (s *pieces) forget(vpn, n uint64) {
	for start, p := range s.from {
		if start < vpn+n && vpn < start+p.n {
			s.remove(start)
		}
	}
}

// below is the piece that p continues at vpn, above the one that continues p, if both in one are not too large.
func (s *pieces) below(vpn uint64, p piece) (start uint64, ok bool) {
	start, ok = s.ends[vpn]
	if !ok {
		return 0, false
	}
	q := s.from[start]
	return start, q.prot == p.prot && q.first+Frame(q.n) == p.first && q.n+p.n <= mostPages
}

func (s *pieces) above(vpn uint64, p piece) (start uint64, ok bool) {
	q, ok := s.from[vpn+p.n]
	return vpn + p.n, ok && q.prot == p.prot && p.first+Frame(p.n) == q.first && q.n+p.n <= mostPages
}

// mapPiece maps pages, in one piece with their neighbours if these show the frames next to theirs.
func (w *window) mapPiece(vpn uint64, p piece) error {
	if p.prot&unicorn.ProtExec == 0 {
		if start, ok := w.pieces.below(vpn, p); ok {
			q := w.pieces.from[start]
			if err := w.unmapPiece(start); err != nil {
				return err
			}
			vpn, p.n, p.first = start, p.n+q.n, q.first
		}
		if start, ok := w.pieces.above(vpn, p); ok {
			q := w.pieces.from[start]
			if err := w.unmapPiece(start); err != nil {
				return err
			}
			p.n += q.n
		}
		w.pieces.add(vpn, p)
	}
	w.shown++
	w.spent += w.shown
	return w.eng.Map(vpn*PageSize, p.n*PageSize, p.prot, w.space.mem.host(p.first))
}

// unmapPiece takes a piece out of the library, to map it anew.
func (w *window) unmapPiece(start uint64) error {
	n := w.pieces.from[start].n
	w.pieces.remove(start)
	w.shown--
	return w.eng.Unmap(start*PageSize, n*PageSize)
}
