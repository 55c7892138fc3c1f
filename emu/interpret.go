package emu

import (
	"encoding/binary"

	"trapline/emu/interp"
	"trapline/emu/regs"
)

// interpret runs one instruction in package interp, of a repeated string one a
// single iteration (P8).
func (m *Machine) interpret(c *CPU, d *decoded) *Trap {
	switch d.op.Run(&c.Core, &c.bus) {
	case interp.Done:
		return nil
	case interp.Refused:
		m.undoWrites(c)
		t := c.bus.trap
		return &t
	case interp.Divide:
		return Fault(VecDE)
	case interp.Bound:
		return Fault(VecBR)
	case interp.Undefined:
		return Fault(VecUD)
	}
	return FaultErr(VecGP, 0)
}

// bus is memory as an instruction of one vCPU sees it (interp.Memory): through
// segments and pages, every access noted in the step's event.
type bus struct {
	m    *Machine
	c    *CPU
	trap Trap // of the last access refused
}

// linear is the address of an offset in a segment. 64-bit mode has bases in FS
// and GS only (SDM vol. 3, 3.4.4).
func (b *bus) linear(seg uint8, offset uint64) uint64 {
	c := b.c
	if c.Code64 == 0 {
		return (c.Seg[seg].Base + offset) & 0xffffffff
	}
	if seg >= regs.FS {
		return c.Seg[seg].Base + offset
	}
	return offset
}

// page finds the page at va, if all of an access of up to 8 bytes lies in it
// and the page allows it.
func (b *bus) page(va uint64, need Prot) *tlbEntry {
	if b.c.CPL == 3 {
		need |= User
	}
	if e := b.c.Space.entry(va); e != nil && va%PageSize <= PageSize-8 && e.pte.Prot&need == need {
		return e
	}
	return nil
}

// refuse keeps the fault of an access, or gives false if there is none.
func (b *bus) refuse(seg uint8, va uint64, size uint8, a access) bool {
	c := b.c
	if !c.reachable(va, int(size)) {
		b.trap = *FaultErr(VecGP, 0)
		if seg == SS {
			b.trap.Vector = VecSS
		}
		return true
	}
	if bad, refused := c.Space.firstRefused(va, int(size), a, c.User()); refused {
		b.trap = *c.Space.pageFault(bad, a, c.User())
		return true
	}
	return false
}

// Load implements interp.Memory.
func (b *bus) Load(seg uint8, offset uint64, size uint8) (uint64, bool) {
	va := b.linear(seg, offset)
	if e := b.page(va, 0); e != nil {
		return b.note(va, binary.LittleEndian.Uint64(e.data[va%PageSize:]), size), true
	}
	if b.refuse(seg, va, size, accessRead) {
		return 0, false
	}
	return b.note(va, b.m.peekWord(b.c.Space, va, int(size)), size), true
}

// LoadToStore implements interp.Memory.
func (b *bus) LoadToStore(seg uint8, offset uint64, size uint8) (uint64, bool) {
	va := b.linear(seg, offset)
	if e := b.page(va, Write); e != nil {
		return b.note(va, binary.LittleEndian.Uint64(e.data[va%PageSize:]), size), true
	}
	if b.refuse(seg, va, size, accessWrite) {
		return 0, false
	}
	return b.note(va, b.m.peekWord(b.c.Space, va, int(size)), size), true
}

func (b *bus) note(va, word uint64, size uint8) uint64 {
	v := word & (^uint64(0) >> (64 - 8*size))
	ev := &b.m.ev
	ev.Reads = append(ev.Reads, MemRead{va, v, size})
	return v
}

// Store implements interp.Memory.
func (b *bus) Store(seg uint8, offset uint64, size uint8, v uint64) bool {
	va := b.linear(seg, offset)
	if b.page(va, Write) == nil && b.refuse(seg, va, size, accessWrite) {
		return false
	}
	b.m.pokeWord(b.c.Space, va, int(size), v, ByInstruction)
	return true
}

// Probe implements interp.Memory.
func (b *bus) Probe(seg uint8, offset uint64, size uint8, write bool) bool {
	a := accessRead
	if write {
		a = accessWrite
	}
	return !b.refuse(seg, b.linear(seg, offset), size, a)
}
