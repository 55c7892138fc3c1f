package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/x86"
)

// Bits of Seg.Flags: those of the descriptor's second word, in place.
const (
	segWritable   = x86.AccessWritable << x86.AttributesAccess
	segExpandDown = x86.AccessExpandDown << x86.AttributesAccess
	segCode       = x86.AccessExecutable << x86.AttributesAccess
	segPresent    = x86.AccessPresent << x86.AttributesAccess
	segBig        = x86.FlagBig << x86.AttributesFlags
)

// linear is the linear address of an offset, unchecked. 64-bit mode has bases
// in FS and GS only (SDM vol. 3, 3.4.4).
func (c *CPU) linear(seg int, off uint64) uint64 {
	switch {
	case c.Code64 == 0:
		return (c.Seg[seg].Base + off) & 0xffffffff
	case seg >= x86.FS:
		return c.Seg[seg].Base + off
	}
	return off
}

// translate gives the linear address of n bytes at an offset in a segment, or
// the fault of the segment: #SS(0) of SS, #GP(0) of the others, then #AC(0).
// Processors look for misalignment before they look at pages (docs/silicon.md).
func (c *CPU) translate(seg int, off uint64, n int, a access) (uint64, *Trap) {
	va := c.linear(seg, off)
	if c.Code64 == 0 && !allows(&c.Seg[seg], off, n, a) ||
		c.Code64 != 0 && !(c.Space.canonical(va) && c.Space.canonical(va+uint64(n)-1)) {
		return 0, segmentFault(seg)
	}
	if c.RFLAGS&x86.AC != 0 && va&uint64(n-1) != 0 && c.checksAlignment() {
		return 0, FaultErr(x86.VecAC, 0)
	}
	return va, nil
}

func segmentFault(seg int) *Trap {
	if seg == x86.SS {
		return FaultErr(x86.VecSS, 0)
	}
	return FaultErr(x86.VecGP, 0)
}

// checksAlignment: ring 3 with CR0.AM and EFLAGS.AC (SDM vol. 3, 6.15, vector 17).
func (c *CPU) checksAlignment() bool {
	return c.CPL == 3 && c.Sys.CR0&CR0AM != 0 && c.RFLAGS&x86.AC != 0
}

// allows reports whether a data access to n bytes at an offset is within the
// limit and of a kind that the segment permits (SDM vol. 3, 5.3, 5.4). A null
// segment permits none.
func allows(s *Seg, off uint64, n int, a access) bool {
	last := off + uint64(n) - 1
	switch {
	case s.Flags&segPresent == 0:
		return false
	case s.Flags&segCode != 0:
		return a == accessRead && s.Flags&segWritable != 0 && last <= uint64(s.Limit)
	case a == accessWrite && s.Flags&segWritable == 0:
		return false
	case s.Flags&segExpandDown == 0:
		return last <= uint64(s.Limit)
	}
	top := uint64(0xffff)
	if s.Flags&segBig != 0 {
		top = 0xffffffff
	}
	return off > uint64(s.Limit) && last <= top
}

// full reports whether a data segment is present and allows everything.
func full(s *Seg) bool {
	const kind = segPresent | segCode | segExpandDown | segWritable
	return s.Limit == 0xffffffff && s.Flags&kind == segPresent|segWritable
}

// checked reports whether data accesses are checked for more than pages, FS and
// GS aside, which code seldom uses and may be null.
func (c *CPU) checked() bool {
	return c.checksAlignment() || c.Code64 == 0 && !(full(&c.Seg[x86.ES]) && full(&c.Seg[x86.SS]) && full(&c.Seg[x86.DS]))
}

// confined reports whether an access of the instruction may be refused for more
// than pages.
func (c *CPU) confined(in *insn.Inst) bool {
	if c.checked() {
		return true
	}
	return c.Code64 == 0 && (throughCode(in) ||
		in.Seg == insn.SegFS && !full(&c.Seg[x86.FS]) || in.Seg == insn.SegGS && !full(&c.Seg[x86.GS]))
}

// throughCode reports whether the instruction accesses memory through CS, which
// may not be written to and perhaps not be read.
func throughCode(in *insn.Inst) bool {
	return in.Seg == insn.SegCS && (in.HasMemory() || in.Attr().Has(insn.Memory|insn.String))
}

// confine takes back what the library has run if the segment or the alignment
// check forbids one of its accesses.
func (m *Machine) confine(c *CPU, d *decoded) *Trap {
	if !c.confined(&d.in) {
		return nil
	}
	after := c.Core
	c.Core = m.ev.Before
	for i := range m.ev.Reads {
		if t := c.refuses(&d.in, m.ev.Reads[i].Addr, int(m.ev.Reads[i].Size), accessRead); t != nil {
			m.undoWrites(c)
			return t
		}
	}
	for i := range m.ev.Writes {
		if t := c.refuses(&d.in, m.ev.Writes[i].Addr, int(m.ev.Writes[i].Size), accessWrite); t != nil {
			m.undoWrites(c)
			return t
		}
	}
	c.Core = after
	return nil
}

// refuses gives the fault of the segment, or of the alignment check, for an
// access of the library to a linear address.
func (c *CPU) refuses(in *insn.Inst, va uint64, n int, a access) *Trap {
	if !c.confined(in) {
		return nil
	}
	seg := c.segmentOf(in)
	_, t := c.translate(seg, c.offsetIn(seg, va), n, a)
	if t != nil {
		c.on = nil
	}
	return t
}

// offsetIn is the offset in a segment of a linear address.
func (c *CPU) offsetIn(seg int, va uint64) uint64 {
	if c.Code64 == 0 {
		return (va - c.Seg[seg].Base) & 0xffffffff
	}
	if seg >= x86.FS {
		return va - c.Seg[seg].Base
	}
	return va
}

// loadAt reads n bytes (1-8) at an offset in a segment, as the running code may.
func (m *Machine) loadAt(c *CPU, seg int, off uint64, n int) (uint64, *Trap) {
	va, t := c.translate(seg, off, n, accessRead)
	if t != nil {
		return 0, t
	}
	return m.Load(c, va, n, c.User())
}

// storeAt writes n bytes like loadAt.
func (m *Machine) storeAt(c *CPU, seg int, off uint64, n int, v uint64, by By) *Trap {
	va, t := c.translate(seg, off, n, accessWrite)
	if t != nil {
		return t
	}
	return m.Store(c, va, n, v, c.User(), by)
}

// segmentOf is the segment of an instruction's memory operand. 64-bit mode
// ignores overrides other than FS and GS (SDM vol. 1, 3.3.7.1).
func (c *CPU) segmentOf(in *insn.Inst) int {
	switch {
	case in.Seg == insn.SegFS:
		return x86.FS
	case in.Seg == insn.SegGS:
		return x86.GS
	case c.Code64 == 0 && in.Seg != insn.SegNone:
		return [...]int{insn.SegES: x86.ES, insn.SegCS: x86.CS, insn.SegSS: x86.SS, insn.SegDS: x86.DS}[in.Seg]
	case usesStack(in):
		return x86.SS
	}
	return x86.DS
}

// operandAt is where an instruction's memory operand lies.
func (c *CPU) operandAt(in *insn.Inst) (seg int, off uint64) {
	return c.segmentOf(in), c.offsetOf(in)
}

// loadOperand reads n bytes at so many bytes behind the beginning of the
// memory operand.
func (m *Machine) loadOperand(c *CPU, in *insn.Inst, behind uint64, n int) (uint64, *Trap) {
	seg, off := c.operandAt(in)
	return m.loadAt(c, seg, cutOffset(in, off+behind), n)
}

// storeOperand writes like loadOperand reads.
func (m *Machine) storeOperand(c *CPU, in *insn.Inst, behind uint64, n int, v uint64) *Trap {
	seg, off := c.operandAt(in)
	return m.storeAt(c, seg, cutOffset(in, off+behind), n, v, ByInstruction)
}

// cutOffset cuts an offset to the address size.
func cutOffset(in *insn.Inst, off uint64) uint64 { return off & (^uint64(0) >> (64 - in.AddressBits)) }

// stackAt is the offset in SS of n bytes above (below, if negative) the stack pointer.
func (c *CPU) stackAt(n int) uint64 {
	return (c.GPR[x86.RSP] + uint64(n)) & interp.StackMask(&c.Core)
}

// setSP sets the stack pointer to an offset: a 16-bit one leaves the upper half
// of ESP (SDM vol. 1, 6.2.3).
func (c *CPU) setSP(off uint64) {
	w := interp.StackMask(&c.Core)
	if w == 0xffff {
		off, w = c.GPR[x86.RSP]&^w|off&w, 0xffffffff
	}
	c.GPR[x86.RSP] = off & w
}

// pop reads the word of so many bytes at n bytes above the stack pointer, which stays.
func (m *Machine) pop(c *CPU, n, size int) (uint64, *Trap) {
	return m.loadAt(c, x86.SS, c.stackAt(n), size)
}

// Push pushes a word of so many bytes, as an instruction or a delivery does.
func (m *Machine) Push(c *CPU, size int, v uint64, by By) (at uint64, t *Trap) {
	off := c.stackAt(-size)
	if t := m.storeAt(c, x86.SS, off, size, v, by); t != nil {
		return 0, t
	}
	c.setSP(off)
	return c.linear(x86.SS, off), nil
}
