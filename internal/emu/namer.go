package emu

import (
	"encoding/binary"
	"slices"

	"trapline/internal/x86"
)

// Namer replaces what names a vCPU, its number and the addresses of its areas, by
// who it is in the order in which they were met: two states in which different
// vCPUs have the same parts are told alike.
type Namer struct {
	own   *Own
	Met   []int // in that order
	named [MaxCPUs]uint8
}

// NewNamer makes one of those vCPUs that are renamed at all; the others keep their
// names.
func (o *Own) NewNamer(renamed func(cpu int) bool) *Namer {
	n := &Namer{own: o}
	for cpu := range n.named {
		if cpu >= len(o.m.CPUs) || !renamed(cpu) {
			n.named[cpu] = kept
		}
	}
	return n
}

// kept marks vCPUs that keep their numbers.
const kept = 0xff

// Names in the words of a Namer that Self was called of.
const (
	self = 1 + iota
	another
)

// Self tells one vCPU from all others, and these not from each other.
func (n *Namer) Self(cpu int) {
	for i, old := range n.named {
		switch {
		case old == kept:
		case i == cpu:
			n.named[i] = self
		default:
			n.named[i] = another
		}
	}
}

// CPU is the name of a vCPU.
func (n *Namer) CPU(cpu int) uint64 {
	switch n.named[cpu] {
	case kept:
		return uint64(cpu) | kept<<8
	case 0:
		n.Met = append(n.Met, cpu)
		n.named[cpu] = uint8(len(n.Met))
	}
	return uint64(n.named[cpu])
}

// Word is the name of an address.
func (n *Namer) Word(v uint64) uint64 {
	kind, cpu, ok := n.own.find(v)
	if !ok {
		return v
	}
	return mix(v-n.own.areas[kind][cpu].Low, n.CPU(cpu)<<8|uint64(kind))
}

// Forget begins anew.
func (n *Namer) Forget() {
	for _, cpu := range n.Met {
		n.named[cpu] = 0
	}
	n.Met = n.Met[:0]
}

// HashOwn feeds all that is one vCPU's own but its areas.
func (m *Machine) HashOwn(h *Hasher, cpu int, n *Namer) {
	c := m.CPUs[cpu]
	core, sys := c.Core, c.Sys
	for g := range core.GPR {
		core.GPR[g] = n.Word(core.GPR[g])
	}
	sys.TR, sys.CR2, sys.MSR.SysenterESP = SystemSeg{}, n.Word(sys.CR2), n.Word(sys.MSR.SysenterESP)
	core.Seg[x86.GS].Base, sys.MSR.KernelGSBase = n.Word(core.Seg[x86.GS].Base), n.Word(sys.MSR.KernelGSBase)
	hashCore(h, &core)
	sys.hash(h, false)
	h.Uint64(uint64(m.SpaceNumber(c.Space)))
	h.Bool(c.Halted)
	h.String(c.Shutdown)
	h.Uint64(uint64(c.nPending))
	for _, t := range c.Pending() {
		t.CR2 = n.Word(t.CR2)
		hashTraps(h, []Trap{t})
	}
	h.Uint64(c.heldDR6)
	if c.fetched.n > 0 {
		h.Uint64(c.fetched.at)
		h.bytes(c.fetched.b[:c.fetched.n])
	}
	for _, v := range c.irqs {
		h.Uint64(v)
	}
	h.Bool(c.inNMI)
	if c.fpuUsed {
		hashExtended(h, c.extended())
	}
	for _, p := range m.parts {
		if x, ok := p.(Renamer); ok {
			x.HashOwn(h, cpu, n)
		}
	}
}

// HashShared feeds what is no vCPU's own, but memory.
func (m *Machine) HashShared(h *Hasher) {
	for _, c := range m.CPUs { // they stay: see Renaming
		h.Uint64(uint64(c.Sys.TR.Sel)<<32 | uint64(c.Sys.TR.Limit))
		h.Uint64(c.Sys.TR.Base<<8 | uint64(c.Sys.TR.Type))
	}
	for _, s := range m.spaces {
		h.Fingerprint(s.hash())
	}
	for _, p := range m.parts {
		if x, ok := p.(Renamer); ok {
			x.HashShared(h)
		} else {
			p.Hash(h)
		}
	}
}

// Names feeds which of the words that name a vCPU, outside areas, name this one.
func (o *Own) Names(h *Hasher, cpu int) {
	for i := range o.numbers {
		n := &o.numbers[i]
		if _, _, own := o.inside(n.Addr); !own {
			h.Bool(n.cpu(o.space().Word(n.Addr, n.Size), len(o.m.CPUs)) == cpu)
		}
	}
}

// cpuOf is the vCPU whose value a cell is, or -1.
func (m *Machine) cpuOf(l Loc) int {
	for _, p := range m.parts {
		if x, ok := p.(Renamer); ok {
			if cpu := x.CPUOf(l); cpu >= 0 {
				return cpu
			}
		}
	}
	return -1
}

// HashUse feeds a location that a step of a vCPU has used, with what was there
// in a state before. False: that does not tell all.
func (o *Own) HashUse(h *Hasher, n *Namer, before *Snapshot, cpu int, l Loc, mask uint8) bool {
	of := cpu
	switch l & (0xf << 60) {
	case locMemory:
		o.hashMemory(h, n, before, l, mask)
		return true
	case locPage: // see HashShared
		return true
	case locRegister, locInterrupts:
		of = l.CPU()
		if l&(0xf<<60) == locInterrupts {
			of = int(l & 0xff)
		}
	case locCell:
		if of = o.m.cpuOf(l); of < 0 {
			return true
		}
	case locNumber:
		of = int(l & 0xff)
		word := l &^ (0xf << 60) >> 8
		for _, j := range o.words[word] {
			x := &o.numbers[j]
			h.Bool(x.cpu(before.mem.word(word)>>(8*(x.Addr%8))&(^uint64(0)>>(64-8*x.Size)), len(o.m.CPUs)) == of)
		}
	default:
		return false
	}
	if of != cpu {
		n.CPU(of)
	}
	return of == cpu
}

func (o *Own) hashMemory(h *Hasher, n *Namer, before *Snapshot, l Loc, mask uint8) {
	v := before.mem.word(l)
	f := &ownFrame{}
	if i := int(l / (PageSize / 8)); i < len(o.frames) {
		f = &o.frames[i]
	}
	own := f.is == ownPage
	h.Uint64(uint64(mask))
	if own {
		h.Uint64(n.CPU(f.cpu)<<48 | uint64(f.kind)<<40 | uint64(f.page)<<12 | uint64(l%(PageSize/8)))
	} else if x, ok := o.pieces[l]; ok && f.is == ownParts {
		own = true
		h.Uint64(n.CPU(x.cpu)<<48 | uint64(x.kind)<<40 | uint64(x.offset))
	} else {
		h.Uint64(uint64(l))
	}
	if f.is != ownNothing {
		for _, j := range o.words[l] {
			x := &o.numbers[j]
			shift := 8 * (x.Addr % 8)
			ones := ^uint64(0) >> (64 - 8*x.Size) << shift
			if cpu := x.cpu(v&ones>>shift, len(o.m.CPUs)); cpu >= 0 && mask&(uint8(1<<x.Size-1)<<(x.Addr%8)) != 0 {
				h.Uint64(n.CPU(cpu))
				v &^= ones
			}
		}
	}
	if !own || o.m.Arch.Word() == 8 {
		if own {
			v = n.Word(v)
		}
		h.Uint64(v)
		return
	}
	if mask&0x0f != 0 {
		h.Uint64(n.Word(v & 0xffffffff))
	}
	if mask&0xf0 != 0 {
		h.Uint64(n.Word(v >> 32))
	}
}

// word is the eight bytes at a location of memory.
func (s *memSnapshot) word(l Loc) uint64 {
	off := uint64(l) % (PageSize / 8) * 8
	return binary.LittleEndian.Uint64(s.page(Frame(l / (PageSize / 8))).blocks[off/blockSize].data[off%blockSize:])
}

// HashAreas feeds the areas of a vCPU, of which Self was called, but for the
// bytes that are left out. Pieces of one frame follow each other.
func (o *Own) HashAreas(h *Hasher, cpu int, n *Namer, out []*LeftOut) {
	o.m.Mem.fold()
	for _, list := range o.areas {
		a := list[cpu]
		if !a.pages() {
			word := o.m.Arch.Word()
			for at := a.Low; at < a.High; at += uint64(word) {
				h.Uint64(n.Word(o.space().Word(at, word)))
			}
			continue
		}
		for at := a.Low; at < a.High; at += PageSize {
			if pte, ok := o.space().Lookup(at); ok {
				o.hashPage(h, pte.Frame, n, out)
			}
		}
	}
}

// hashedBlock is a block as HashAreas sees it.
type hashedBlock struct {
	b   *block
	out *LeftOut
	at  Loc // of its first byte: whose area it is in
}

func (o *Own) hashPage(h *Hasher, f Frame, n *Namer, out []*LeftOut) {
	out = out[max(0, slices.IndexFunc(out, func(l *LeftOut) bool { return l.frame == f })):]
	for i, b := range o.m.Mem.saved[f].blocks {
		var left *LeftOut
		if len(out) > 0 && out[0].frame == f && out[0].block == i {
			left, out = out[0], out[1:]
		}
		key := hashedBlock{b, left, MemoryLoc(f, uint64(i*blockSize))}
		if b == zeroPage.blocks[0] && !o.blocks[key.at] {
			continue
		}
		sum, ok := o.hashed[key]
		if !ok {
			if len(o.hashed) > maxMoved {
				clear(o.hashed)
			}
			sum = o.hashBlock(key, n)
			o.hashed[key] = sum
		}
		if sum != 0 {
			h.Uint64(uint64(i))
			h.Uint64(sum)
		}
	}
}

// hashBlock is 0 for a block in which nothing counts but zeros.
func (o *Own) hashBlock(key hashedBlock, n *Namer) uint64 {
	data := key.b.data
	if key.out != nil {
		for i, keep := range key.out.keep {
			putWord(data[8*i:], 8, getWord(data[8*i:], 8)&keep)
		}
	}
	var h Hasher
	some := false
	if o.blocks[key.at] {
		for g := range Loc(blockSize / 8) {
			for _, j := range o.words[key.at+g] {
				x := &o.numbers[j]
				at := int(uint64(g)*8 + x.Addr%8)
				if cpu := x.cpu(getWord(data[at:], x.Size), len(o.m.CPUs)); cpu >= 0 {
					some = true
					h.Uint64(n.CPU(cpu))
					putWord(data[at:], x.Size, 0)
				}
			}
		}
	}
	word := o.m.Arch.Word()
	for at := 0; at < blockSize; at += word {
		if v := getWord(data[at:], word); v != 0 {
			some = true
			h.Uint64(uint64(at))
			h.Uint64(n.Word(v))
		}
	}
	if !some {
		return 0
	}
	return h.Sum() | 1
}
