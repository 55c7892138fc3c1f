package emu

import (
	"bytes"
	"errors"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/x86"
)

// codeCache keeps the instructions of a space that were decoded for one
// privilege, direct-mapped by address, in chunks that are made when needed.
type codeCache struct {
	space  *Space
	user   bool
	chunks [codeSlots / chunkSlots]*[chunkSlots]codeSlot
}

const codeSlots, chunkSlots = 4096, 64

// codeSlot keeps what the library may run apart from what the machine does
// itself (int3 among it), so that arming and disarming a probe never costs a
// retranslation.
type codeSlot struct{ plain, own decoded }

// decoded is one instruction as it was when it was last decoded. Before each
// step the bytes in memory are compared with it (P13), so a code write costs
// nothing until the changed instruction runs.
type decoded struct {
	pc     uint64
	n      uint8 // bytes compared; 0: empty
	own    ownOp // how the machine runs it without the library
	mends  mendSet
	beyond bool  // see beyondLibrary
	align  uint8 // alignmentOf an SSE or AVX instruction
	drains bool  // see drainsStores
	bytes  [insn.MaxLen]byte
	op     interp.Op // with ownInterp
	known  *view     // whose instance holds no other translation of pc than these bytes'
	in     insn.Inst
	err    error
}

// code gives the decoded instructions for a privilege.
func (s *Space) code(user bool) *codeCache {
	i := 0
	if user {
		i = 1
	}
	if s.codes[i] == nil {
		s.codes[i] = &codeCache{space: s, user: user}
	}
	return s.codes[i]
}

func (k *codeCache) slot(pc uint64) *codeSlot {
	i := (pc ^ pc>>12*0x9e5) % codeSlots // pages of one text shall not meet in a slot
	p := &k.chunks[i/chunkSlots]
	if *p == nil {
		*p = new([chunkSlots]codeSlot)
	}
	return &(*p)[i%chunkSlots]
}

// fetch decodes the instruction at linear address pc, in a mode. A *Trap is
// the page fault of a byte that may not be fetched.
func (k *codeCache) fetch(pc uint64, mode insn.Mode) (*decoded, *Trap) {
	s := k.space
	slot := k.slot(pc)
	e := s.entry(pc)
	if e == nil || !k.mayFetch(e.pte) {
		return nil, k.fault(pc)
	}
	off := int(pc % PageSize)
	if d := slot.match(pc, mode, e.data[off:]); d != nil {
		return d, nil
	}
	var buf [insn.MaxLen + 1]byte
	n := copy(buf[:], e.data[off:])
	if n < len(buf) {
		next := s.mask(pc + uint64(n))
		if e := s.entry(next); e != nil && k.mayFetch(e.pte) {
			n += copy(buf[n:], e.data)
		}
	}
	return k.decode(slot, pc, mode, buf[:n])
}

func (k *codeCache) decode(slot *codeSlot, pc uint64, mode insn.Mode, code []byte) (*decoded, *Trap) {
	in, err := insn.Decode(code, mode)
	if errors.Is(err, insn.ErrTruncated) {
		return nil, k.fault(k.space.mask(pc + uint64(len(code))))
	}
	n := in.Len
	if err != nil || n == 0 {
		n = min(len(code), insn.MaxLen)
	}
	own, op := k.space.processor.classify(&in, err, k.space.level)
	d := &slot.plain
	if own != ownNone && own != ownInterp {
		d = &slot.own
	}
	known := d.known
	if d.pc != pc || int(d.n) != n || !bytes.Equal(d.bytes[:n], code[:n]) {
		known = nil
	}
	*d = decoded{pc: pc, n: uint8(n), known: known, own: own, op: op, mends: mendsOf(&in), beyond: err == nil && beyondLibrary(&in), drains: err == nil && drainsStores(&in), in: in, err: err}
	if own == ownInterp && op.Vector() {
		d.align = uint8(alignmentOf(&in))
	}
	copy(d.bytes[:], code[:n])
	return d, nil
}

// match finds the decoding of pc whose bytes are those in memory now.
func (c *codeSlot) match(pc uint64, mode insn.Mode, mem []byte) *decoded {
	if c.plain.is(pc, mode, mem) {
		return &c.plain
	}
	if c.own.is(pc, mode, mem) {
		return &c.own
	}
	return nil
}

func (d *decoded) is(pc uint64, mode insn.Mode, mem []byte) bool {
	n := int(d.n)
	return d.pc == pc && n != 0 && n <= len(mem) && d.in.Mode == mode && string(mem[:n]) == string(d.bytes[:n])
}

func (k *codeCache) mayFetch(p PTE) bool {
	return p.Prot&Exec != 0 && (!k.user || p.Prot&User != 0)
}

func (k *codeCache) fault(va uint64) *Trap {
	return k.space.pageFault(va, accessFetch, k.user)
}

// codeMode is the decoder's mode at c's CS (SDM vol. 3, 3.4.5).
func (c *CPU) codeMode() insn.Mode {
	switch {
	case c.Code64 != 0:
		return c.Space.mode
	case c.Seg[x86.CS].Flags&segBig == 0:
		return insn.Mode16
	}
	return insn.Mode32
}

// fetchCode is fetch within CS: #GP(0) at an offset that is not canonical, or
// for a byte beyond the limit.
func (m *Machine) fetchCode(c *CPU, pc uint64) (*decoded, *Trap) {
	if !c.InCode(c.RIP) {
		return nil, FaultErr(x86.VecGP, 0)
	}
	d, t := m.fetch(c, pc)
	limit := uint64(c.Seg[x86.CS].Limit)
	if c.Code64 != 0 || limit == 0xffffffff {
		return d, t
	}
	last := uint64(0)
	if t != nil {
		last = (t.CR2 - pc) & 0xffffffff
	} else {
		last = uint64(max(d.in.Len, 1) - 1)
	}
	if c.RIP+last > limit {
		return nil, FaultErr(x86.VecGP, 0)
	}
	return d, t
}
