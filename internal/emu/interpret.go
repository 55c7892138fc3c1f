package emu

import (
	"encoding/binary"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/x86"
)

// interpret runs one instruction in package interp, of a repeated string one a
// single iteration (P8).
func (m *Machine) interpret(c *CPU, d *decoded) *Trap {
	out := interp.Done
	if d.op.UsesExtended() {
		if t := c.extendedFault(d); t != nil {
			return t
		}
		c.fpuUsed = true
		x := &c.ext // x87 and MMX registers are never the library's
		if d.in.Attr().Has(insn.SSE | insn.AVX) {
			x = c.changeExtended()
		}
		out = d.op.RunExtended(&c.Core, x, &c.bus)
	} else {
		out = d.op.Run(&c.Core, &c.bus)
	}
	switch out {
	case interp.Done:
		return nil
	case interp.Refused:
		if !leavesStores(&d.in) {
			m.undoWrites(c)
		}
		t := c.bus.trap
		return &t
	case interp.Divide:
		return Fault(x86.VecDE)
	case interp.Bound:
		return Fault(x86.VecBR)
	case interp.Undefined:
		return Fault(x86.VecUD)
	case interp.MathFault:
		return Fault(x86.VecMF)
	case interp.Float:
		if c.Sys.CR4&CR4OSXMMEXCPT == 0 {
			return Fault(x86.VecUD)
		}
		return Fault(x86.VecXM)
	}
	return FaultErr(x86.VecGP, 0)
}

// extendedFault is the exception that comes before an x87, MMX, SSE or AVX
// instruction.
func (c *CPU) extendedFault(d *decoded) *Trap {
	if d.op.Vector() {
		return c.vectorFault(&d.in, uint64(d.align))
	}
	return c.deviceFault(&d.in)
}

// vectorFault is the exception of an SSE or AVX instruction whose registers the
// kernel has not made available, or whose operand is not aligned as it must be,
// which alignmentOf says (SDM vol. 2, 2.4 and 2.8).
func (c *CPU) vectorFault(in *insn.Inst, align uint64) *Trap {
	if in.Vex.Kind == insn.VexNone {
		if c.Sys.CR4&CR4OSFXSR == 0 && in.Attr().Has(insn.SSE) {
			return Fault(x86.VecUD)
		}
		if t := c.deviceFault(in); t != nil {
			return t
		}
	} else {
		const needed = xstateSSE | xstateAVX
		if c.Sys.CR4&CR4OSXSAVE == 0 || c.Sys.XCR0&needed != needed || c.vm86() {
			return Fault(x86.VecUD)
		}
		if c.Sys.CR0&CR0TS != 0 {
			return Fault(x86.VecNM)
		}
	}
	if align > 1 && c.EffectiveAddress(in)%align != 0 {
		if in.Attr().Has(insn.MMX) && c.ext.X87.Pending() { // CVTPD2PI and CVTTPD2PI (silicon)
			return Fault(x86.VecMF)
		}
		return FaultErr(x86.VecGP, 0)
	}
	return nil
}

// leavesStores reports whether processors leave in memory what an instruction
// stored before a later access of its faults: PUSHA and ENTER (docs/silicon.md).
func leavesStores(in *insn.Inst) bool {
	return in.Map == insn.OneByte && (in.Opcode == 0x60 || in.Opcode == 0xc8)
}

// bus is memory as an instruction of one vCPU sees it (interp.Memory): through
// segments and pages, every access noted in the step's event.
type bus struct {
	m    *Machine
	c    *CPU
	trap Trap // of the last access refused
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

// at is translate, which keeps the fault.
func (b *bus) at(seg uint8, offset uint64, size uint8, a access) (uint64, bool) {
	va, t := b.c.translate(int(seg), offset, int(size), a)
	if t != nil {
		b.trap = *t
	}
	return va, t == nil
}

// refused reports whether a page refuses an access, and keeps the fault.
func (b *bus) refused(va uint64, size uint8, a access) bool {
	c := b.c
	bad, refused := c.Space.firstRefused(va, int(size), a, c.User())
	if refused {
		b.trap = *c.Space.pageFault(bad, a, c.User())
	}
	return refused
}

// Load implements interp.Memory.
func (b *bus) Load(seg uint8, offset uint64, size uint8) (uint64, bool) {
	va, ok := b.at(seg, offset, size, accessRead)
	if !ok {
		return 0, false
	}
	if e := b.page(va, 0); e != nil {
		return b.note(va, binary.LittleEndian.Uint64(e.data[va%PageSize:]), size), true
	}
	if b.refused(va, size, accessRead) {
		return 0, false
	}
	return b.note(va, b.c.Space.Word(va, int(size)), size), true
}

// LoadToStore implements interp.Memory.
func (b *bus) LoadToStore(seg uint8, offset uint64, size uint8) (uint64, bool) {
	va, ok := b.at(seg, offset, size, accessWrite)
	if !ok {
		return 0, false
	}
	if e := b.page(va, Write); e != nil {
		return b.note(va, binary.LittleEndian.Uint64(e.data[va%PageSize:]), size), true
	}
	if b.refused(va, size, accessWrite) {
		return 0, false
	}
	return b.note(va, b.c.Space.Word(va, int(size)), size), true
}

func (b *bus) note(va, word uint64, size uint8) uint64 {
	v := word & (^uint64(0) >> (64 - 8*size))
	ev := &b.m.ev
	ev.Reads = append(ev.Reads, MemRead{va, v, size})
	return v
}

// Store implements interp.Memory.
func (b *bus) Store(seg uint8, offset uint64, size uint8, v uint64) bool {
	va, ok := b.at(seg, offset, size, accessWrite)
	if !ok || b.page(va, Write) == nil && b.refused(va, size, accessWrite) {
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
	va, ok := b.at(seg, offset, size, a)
	return ok && !b.refused(va, size, a)
}
