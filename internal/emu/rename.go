package emu

import (
	"encoding/binary"

	"trapline/internal/x86"
)

// Renaming gives vCPUs each other's parts in a state: vCPU i gets the number
// To[i]. It is a permutation.
type Renaming struct {
	To  [MaxCPUs]uint8
	own *Own
}

// Renamer is a Part that knows of vCPUs. A Part that is none is the same for all
// of them.
type Renamer interface {
	Part
	// Rename gives vCPUs their new numbers.
	Rename(*Renaming)
	// HashOwn feeds what there is of one vCPU alone, with Namer's words for
	// addresses and vCPUs.
	HashOwn(h *Hasher, cpu int, n *Namer)
	// HashShared feeds the rest of what Hash feeds.
	HashShared(h *Hasher)
	// CPUOf is the vCPU whose value a cell of this part is, or -1.
	CPUOf(Loc) int
}

// Renaming makes one of the numbers that the vCPUs get.
func (o *Own) Renaming(to [MaxCPUs]uint8) *Renaming { return &Renaming{To: to, own: o} }

// Word is what an address becomes.
func (r *Renaming) Word(v uint64) uint64 {
	if kind, cpu, ok := r.own.find(v); ok {
		list := r.own.areas[kind]
		return v - list[cpu].Low + list[r.To[cpu]].Low
	}
	return v
}

// Rename makes the state that in which each vCPU has the part of another one.
func (m *Machine) Rename(r *Renaming) {
	r.cpus(m)
	r.memory(m)
	for _, p := range m.parts {
		if x, ok := p.(Renamer); ok {
			x.Rename(r)
		}
	}
}

// cpus moves the vCPUs' registers. The task register stays: its TSS is no area.
func (r *Renaming) cpus(m *Machine) {
	var saved [MaxCPUs]cpuSnapshot
	var moves [MaxCPUs]bool
	for i, c := range m.CPUs {
		if moves[i] = int(r.To[i]) != i || r.changes(c); !moves[i] {
			continue
		}
		saved[i].cpuState = c.state()
		if c.fpuUsed {
			ext := *c.extended()
			saved[i].ext = &ext
		}
	}
	for i := range m.CPUs {
		if !moves[i] {
			continue
		}
		c, s := m.CPUs[r.To[i]], &saved[i]
		for g := range s.core.GPR {
			s.core.GPR[g] = r.Word(s.core.GPR[g])
		}
		s.core.Seg[x86.GS].Base = r.Word(s.core.Seg[x86.GS].Base)
		for t := range s.pending[:s.nPending] {
			s.pending[t].CR2 = r.Word(s.pending[t].CR2)
		}
		sys := *s.sys
		sys.CR2, sys.MSR.SysenterESP, sys.TR = r.Word(sys.CR2), r.Word(sys.MSR.SysenterESP), c.Sys.TR
		sys.MSR.KernelGSBase = r.Word(sys.MSR.KernelGSBase)
		s.sys = &sys
		used := c.fpuUsed
		c.setState(&s.cpuState)
		c.saved = nil
		switch {
		case s.ext != nil:
			c.setExtended(s.ext)
		case used:
			c.setExtended(&resetExtended)
		}
	}
}

// changes reports whether a vCPU has an address of one that gets another number.
func (r *Renaming) changes(c *CPU) bool {
	for _, v := range c.GPR {
		if r.Word(v) != v {
			return true
		}
	}
	for _, t := range c.Pending() {
		if r.Word(t.CR2) != t.CR2 {
			return true
		}
	}
	for _, v := range [...]uint64{c.Sys.CR2, c.Sys.MSR.SysenterESP, c.Seg[x86.GS].Base, c.Sys.MSR.KernelGSBase} {
		if r.Word(v) != v {
			return true
		}
	}
	return false
}

// memory moves the contents of areas and renames the words outside them that
// name a vCPU.
func (r *Renaming) memory(m *Machine) {
	o := r.own
	for i := range o.numbers {
		n := &o.numbers[i]
		if _, _, own := o.inside(n.Addr); own {
			continue
		}
		v := o.space().Word(n.Addr, n.Size)
		if cpu := n.cpu(v, len(m.CPUs)); cpu >= 0 && int(r.To[cpu]) != cpu {
			o.write(n.Addr, n.Size, n.First+uint64(r.To[cpu]))
		}
	}
	m.Mem.fold()
	for _, list := range o.areas {
		if list[0].pages() {
			r.movePages(m.Mem, list)
		} else {
			r.moveWords(m, list)
		}
	}
}

func (o *Own) write(at uint64, n int, v uint64) {
	pte, ok := o.space().Lookup(at)
	if !ok {
		return
	}
	o.m.Mem.MarkDirty(pte.Frame)
	b := o.m.Mem.Bytes(pte.Frame)[at%PageSize:]
	if n == 4 {
		binary.LittleEndian.PutUint32(b, uint32(v))
	} else {
		binary.LittleEndian.PutUint64(b, v)
	}
}

// movePages moves areas of whole pages. Pages without addresses are shared.
func (r *Renaming) movePages(p *PhysMem, list []Area) {
	o := r.own
	for off := uint64(0); off < list[0].High-list[0].Low; off += PageSize {
		var pages [MaxCPUs]*page
		var frames [MaxCPUs]Frame
		for cpu := range list {
			pte, ok := o.space().Lookup(list[cpu].Low + off)
			if !ok {
				continue
			}
			frames[cpu], pages[cpu] = pte.Frame, p.saved[pte.Frame]
		}
		for cpu, now := range pages {
			if now == nil || pages[r.To[cpu]] == nil {
				continue
			}
			if to := r.page(now, frames[cpu]); to != p.saved[frames[r.To[cpu]]] {
				p.put(frames[r.To[cpu]], to)
			}
		}
	}
	if len(o.moved) > maxMoved {
		clear(o.moved)
	}
}

// maxMoved bounds the blocks that are remembered as they are with others' numbers.
const maxMoved = 1 << 12

// movedBlock is a block that gets new numbers; at tells apart blocks with words
// that name vCPUs.
type movedBlock struct {
	b  *block
	to [MaxCPUs]uint8
	at Loc
}

// page is a page with the vCPUs' new numbers.
func (r *Renaming) page(p *page, f Frame) *page {
	n, o := p, r.own
	for i, b := range p.blocks {
		if b == zeroPage.blocks[0] && !o.blocks[MemoryLoc(f, uint64(i*blockSize))] {
			continue
		}
		c := r.block(b, f, i)
		if c == b {
			continue
		}
		if n == p {
			n = &page{blocks: p.blocks}
		}
		n.blocks[i] = c
	}
	if n != p {
		n.rehash()
	}
	return n
}

func (r *Renaming) block(b *block, f Frame, i int) *block {
	o := r.own
	key := movedBlock{b: b, to: r.To}
	first := MemoryLoc(f, uint64(i*blockSize))
	if o.blocks[first] {
		key.at = first
	}
	if c, ok := o.moved[key]; ok {
		return c
	}
	c := b
	set := func(at, size int, v uint64) {
		if c == b {
			x := *b
			c = &x
		}
		putWord(c.data[at:], size, v)
	}
	word := o.m.Arch.Word()
	for at := 0; at < blockSize; at += word {
		v := getWord(b.data[at:], word)
		if x := r.Word(v); x != v {
			set(at, word, x)
		}
	}
	if key.at != 0 {
		for g := range Loc(blockSize / 8) {
			for _, j := range o.words[first+g] {
				n := &o.numbers[j]
				at := int(uint64(g)*8 + n.Addr%8)
				if cpu := n.cpu(getWord(b.data[at:], n.Size), len(o.m.CPUs)); cpu >= 0 {
					set(at, n.Size, n.First+uint64(r.To[cpu]))
				}
			}
		}
	}
	if c != b {
		c.hash = blockHash(c.data[:])
	}
	o.moved[key] = c
	return c
}

func getWord(b []byte, n int) uint64 {
	if n == 4 {
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return binary.LittleEndian.Uint64(b)
}

func putWord(b []byte, n int, v uint64) {
	if n == 4 {
		binary.LittleEndian.PutUint32(b, uint32(v))
	} else {
		binary.LittleEndian.PutUint64(b, v)
	}
}

// moveWords moves areas that are less than pages.
func (r *Renaming) moveWords(m *Machine, list []Area) {
	word := m.Arch.Word()
	var values [MaxCPUs]uint64
	for off := uint64(0); off < list[0].High-list[0].Low; off += uint64(word) {
		for cpu := range list {
			values[cpu] = m.CPUs[0].Space.Word(list[cpu].Low+off, word)
		}
		for cpu := range list {
			at, v := list[r.To[cpu]].Low+off, r.Word(values[cpu])
			if m.CPUs[0].Space.Word(at, word) != v {
				r.own.write(at, word, v)
			}
		}
	}
}
