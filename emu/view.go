package emu

import (
	"bytes"
	"errors"
	"sort"

	"trapline/emu/insn"
	"trapline/emu/unicorn"
)

// view is one library instance that shows a space as one privilege sees it,
// with what is known of the instructions it has translated.
type view struct {
	window
	code []codeSlot // direct-mapped by address

	translations int // made by eng, at least
}

const codeSlots = 4096

// maxTranslations is when a view is replaced: the library frees no translation
// before it has filled a gigabyte with them.
const maxTranslations = 16384

// codeSlot keeps what the library runs apart from what the machine does
// itself (int3 among it), so that arming and disarming a probe never costs a
// retranslation.
type codeSlot struct{ lib, own decoded }

// decoded is one instruction as it was when the library last translated it.
// Before each step the bytes in memory are compared with it (P13), so a code write
// costs nothing until the changed instruction runs, and a breakpoint byte,
// which never reaches the library, costs nothing at all.
type decoded struct {
	pc    uint64
	n     uint8 // bytes compared; 0: empty
	known bool  // eng holds no other translation of pc than these bytes'
	own   ownOp // how the machine runs it without the library
	mends mendSet
	bytes [insn.MaxLen]byte
	in    insn.Inst
	err   error
}

func newView(s *Space, user bool) (*view, error) {
	eng, err := unicorn.Open(s.width(), true)
	if err != nil {
		return nil, err
	}
	v := &view{code: make([]codeSlot, codeSlots)}
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

func (v *view) slot(pc uint64) *codeSlot { return &v.code[(pc^pc>>12)%codeSlots] }

// fetch decodes the instruction at linear address pc. A *Trap is the page
// fault of a byte that may not be fetched.
func (v *view) fetch(pc uint64) (*decoded, *Trap) {
	s := v.space
	slot := v.slot(pc)
	e := s.entry(pc)
	if e == nil || !v.mayFetch(e.pte) {
		return nil, v.fetchFault(pc)
	}
	off := int(pc % PageSize)
	if d := slot.match(pc, e.data[off:]); d != nil {
		return d, nil
	}
	var buf [insn.MaxLen + 1]byte
	n := copy(buf[:], e.data[off:])
	if n < len(buf) {
		next := s.mask(pc + uint64(n))
		if e := s.entry(next); e != nil && v.mayFetch(e.pte) {
			n += copy(buf[n:], e.data)
		}
	}
	return v.decode(slot, pc, buf[:n])
}

func (v *view) decode(slot *codeSlot, pc uint64, code []byte) (*decoded, *Trap) {
	in, err := insn.Decode(code, v.space.mode)
	if errors.Is(err, insn.ErrTruncated) {
		return nil, v.fetchFault(v.space.mask(pc + uint64(len(code))))
	}
	n := in.Len
	if err != nil || n == 0 {
		n = min(len(code), insn.MaxLen)
	}
	d := &slot.lib
	own := classify(&in, err)
	if own != ownNone {
		d = &slot.own
	}
	same := d.pc == pc && int(d.n) == n && d.known && bytes.Equal(d.bytes[:n], code[:n])
	*d = decoded{pc: pc, n: uint8(n), known: same, own: own, mends: mendsOf(&in), in: in, err: err}
	copy(d.bytes[:], code[:n])
	return d, nil
}

// match finds the decoding of pc whose bytes are those in memory now.
func (c *codeSlot) match(pc uint64, mem []byte) *decoded {
	for _, d := range [...]*decoded{&c.lib, &c.own} {
		n := int(d.n)
		if d.pc == pc && n != 0 && n <= len(mem) && bytes.Equal(mem[:n], d.bytes[:n]) {
			return d
		}
	}
	return nil
}

func (v *view) mayFetch(p PTE) bool {
	return p.Prot&Exec != 0 && (!v.user || p.Prot&User != 0)
}

func (v *view) fetchFault(va uint64) *Trap {
	return v.space.pageFault(va, accessFetch, v.user)
}

// retranslate makes sure that the library's translation of d is of d's bytes.
func (v *view) retranslate(d *decoded) {
	if !d.known {
		v.eng.RemoveCache(d.pc, d.pc+1)
		d.known = true
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
	t := FaultErr(VecPF, 0)
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
	if a == accessFetch && s.arch == AMD64 {
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
