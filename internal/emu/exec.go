package emu

import (
	"encoding/binary"
	"errors"
	"fmt"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/unicorn"
	"trapline/internal/x86"
)

// execute runs the instruction at c's RIP: by itself (classify), in package
// interp, or in the library.
func (m *Machine) execute(c *CPU) {
	ev := &m.ev
	ev.Kind = StepInstruction
	if t := c.executeBreakpoint(); t != nil {
		m.fault(c, t)
		return
	}
	pc := ev.PC
	d, t := m.fetchCode(c, pc)
	if t != nil {
		m.fault(c, t)
		return
	}
	ev.Bytes = d.bytes[:d.n]
	ev.Drains = d.drains
	if !m.lean || m.prefetch > 0 || m.split {
		ev.Insn = d.in
	}
	known := m.followed.at(pc)
	if d.own != ownInterp || known != 0 {
		m.began(c)
	}
	before := c.RFLAGS
	c.Sys.TSC++
	own := d.own
	if c.vm86() && own != ownInvalid && own != ownTooLong {
		if t = c.vm86Refuses(&d.in); t != nil {
			own = ownRefused
		}
	}
	switch own {
	case ownRefused:
	case ownInterp:
		t = m.interpret(c, d)
	case ownNone:
		t = m.runPlain(c, d)
	case ownHypercall:
		if !c.User() && m.Kernel != nil && m.Kernel.Hypercall(m, c, pc) {
			c.Shadow = 0
			return
		}
		t = m.softInt(c, d)
	default:
		if m.systemCall(c, d) {
			return
		}
		shadow := c.Shadow
		c.Shadow = 0
		if t = m.runOwn(c, d); t != nil && t.Kind == Exception {
			c.Shadow = shadow
		}
	}
	if t == nil {
		m.retire(c, d, before)
		if known != 0 && !c.User() {
			m.followed.Passed(c, known&^FollowedCounts)
		}
		return
	}
	if t.Kind == Exception {
		c.Sys.TSC--
		m.fault(c, t)
		return
	}
	held := c.heldDR6
	c.heldDR6 = 0
	if t.Kind == PrivSoftInt { // INT1 is a #DB itself: one for both
		t.DR6, held = held, 0
	}
	m.Deliver(c, *t)
	if held != 0 { // P7: what MOV SS held off is taken at the handler's first instruction (SDM vol. 3, 6.8.3)
		c.Raise(Trap{Vector: x86.VecDB, Kind: Exception, DR6: held})
	}
}

// fault delivers an exception, before which c is as the step found it.
func (m *Machine) fault(c *CPU, t *Trap) {
	m.began(c)
	m.Deliver(c, *t)
}

// runPlain runs what is the library's, and what it would not check in package
// interp.
func (m *Machine) runPlain(c *CPU, d *decoded) *Trap {
	if d.op.Prepared() && c.confined(&d.in) {
		return m.interpret(c, d)
	}
	t := m.runMended(c, d)
	if t == nil && !c.InCode(c.cutCode(c.RIP)) && m.jumped(c, d) {
		t = m.refuseJump(c)
	}
	return t
}

// jumped reports whether the instruction was a near branch, and taken.
func (m *Machine) jumped(c *CPU, d *decoded) bool {
	a := d.in.Attr()
	return a.Has(insn.JmpRel|insn.JmpInd|insn.CallRel|insn.CallInd|insn.RetNear) ||
		a.Has(insn.CondBranch) && c.cutCode(c.RIP) != c.cutCode(m.ev.Before.RIP+uint64(d.in.Len))
}

// refuseJump takes back a near branch to a non-canonical address, or beyond the
// limit of CS. Processors raise #GP(0) at the branch, after the faults of its
// operand and of its stack accesses (SDM vol. 2, JMP, CALL, RET, Jcc, LOOP;
// docs/silicon.md); the library goes there.
func (m *Machine) refuseJump(c *CPU) *Trap {
	c.Core = m.ev.Before
	c.on = nil
	m.undoWrites(c)
	return FaultErr(x86.VecGP, 0)
}

// retire does what follows every completed instruction: RF goes, data
// breakpoints and the single-step trap are raised unless a MOV SS or POP SS
// holds them off (P6, P7, P12).
func (m *Machine) retire(c *CPU, d *decoded, before uint64) {
	c.Retired++
	c.RIP = c.cutCode(c.RIP) // the library does not cut a 32-bit jcc's target that wraps around
	if d.in.Attr().Has(insn.Iret) {
		// IRET loads RF for the instruction that follows it.
	} else {
		c.RFLAGS &^= x86.RF
	}
	dr6 := c.heldDR6 | c.dataBreakpoints(m.ev.Reads, m.ev.Writes)
	c.heldDR6 = 0
	if d.own == ownSyscall || d.own == ownSysret {
		before = c.RFLAGS // P9: the new TF decides
	}
	if before&x86.TF != 0 {
		dr6 |= DR6BS // P6
	}
	if d.in.Attr().Has(insn.Sti) && before&x86.IF != 0 {
		c.Shadow = 0 // P7: only an STI that sets IF has a shadow
	}
	if d.in.Attr().Has(insn.MovSS) { // P7
		c.Shadow = shadowMovSS
		c.heldDR6 = dr6 &^ DR6BS // the step trap is not held but lost: TF still set traps after the next
		return
	}
	if dr6 != 0 {
		t := Trap{Vector: x86.VecDB, Kind: Exception, DR6: dr6}
		c.Raise(t)
		m.ev.Raised = &t
	}
}

// shadowMovSS in Core.Shadow tells the shadow of MOV SS and POP SS from that
// of STI, which is 1.
const shadowMovSS = 2

// runLibrary runs one instruction in the library, of a REP string one a single
// iteration (P8). The library always steps
// with its own TF set; the guest's is put back afterwards. code is what it
// translates if memory may hold other bytes, or nil.
func (m *Machine) runLibrary(c *CPU, v *view, d *decoded, code []byte) *Trap {
	v.retranslate(d)
	if code != nil {
		v.eng.ShowCode(d.pc, code)
	}
	if touchesFPU(&d.in) {
		if err := c.lendExtended(v.eng); err != nil {
			m.fail(err)
			return Fault(x86.VecUD)
		}
	}
	guestTF := c.RFLAGS & x86.TF
	c.Core.CR0 = uint32(c.Sys.CR0 & (CR0MP | CR0EM | CR0TS))
	load := c.on != v || c.Core != c.last
	v.eng.Step(c.ctx, &c.Core, &c.x, load)
	c.on = v
	x := &c.x
	if x.Status == unicorn.Intr && x86.Vector(x.Vector) == x86.VecDB {
		x.Status = unicorn.OK
	}
	if !d.in.Attr().Has(insn.Popf) || x.Status != unicorn.OK {
		c.RFLAGS = c.RFLAGS&^x86.TF | guestTF
		c.last = c.Core
	} else {
		c.on = nil // the library's TF is now the guest's: reload
	}
	m.recordAccesses(c, v, d)
	if x.Status == unicorn.OK {
		if d.in.Attr().Has(insn.Pushf) {
			m.fixPushedFlags(c, guestTF)
		}
		return nil
	}
	c.on = nil
	return m.libraryFault(c, d)
}

// touchesFPU reports whether an instruction may change x87, MMX or SSE state.
func touchesFPU(in *insn.Inst) bool {
	return in.Attr().Has(insn.X87|insn.MMX|insn.SSE|insn.AVX|insn.AVX512) ||
		in.Map == insn.Map0F && (in.Opcode == 0xae || in.Opcode == 0xc7)
}

func (m *Machine) recordAccesses(c *CPU, v *view, d *decoded) {
	ev := &m.ev
	for _, a := range v.eng.Accesses(&c.x) {
		addr := c.Space.mask(a.Addr)
		if a.Kind == unicorn.Read {
			ev.Reads = append(ev.Reads, MemRead{addr, a.Old, uint8(a.Size)})
			continue
		}
		if e := c.Space.entry(addr); e != nil {
			c.Space.mem.MarkDirty(e.pte.Frame)
		}
		if end := c.Space.mask(addr + uint64(a.Size) - 1); end/PageSize != addr/PageSize {
			if e := c.Space.entry(end); e != nil {
				c.Space.mem.MarkDirty(e.pte.Frame)
			}
		}
		ev.Writes = append(ev.Writes, MemWrite{addr, a.Old, a.New, uint8(a.Size), ByInstruction, false, false})
	}
	if c.x.Overflow > 0 {
		m.fail(fmt.Errorf("%v made more than %d memory accesses", d.in.Attr(), unicorn.MaxAccesses))
	}
}

// fixPushedFlags makes the image that PUSHF pushed the guest's: its own TF, not
// the stepping one (P10), and RF clear (SDM vol. 2, PUSHF).
func (m *Machine) fixPushedFlags(c *CPU, guestTF uint64) {
	for i := range m.ev.Writes {
		w := &m.ev.Writes[i]
		w.New &^= x86.TF ^ guestTF | x86.RF
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], w.New)
		_ = c.Space.poke(w.Addr, b[:w.Size])
	}
}

// libraryFault turns the library's exit into the processor's exception.
func (m *Machine) libraryFault(c *CPU, d *decoded) *Trap {
	x := &c.x
	c.Core = m.ev.Before // a fault leaves no trace
	defer m.undoWrites(c)
	switch x.Status {
	case unicorn.Intr:
		switch v := x86.Vector(x.Vector); v {
		case x86.VecGP, x86.VecSS, x86.VecTS, x86.VecNP, x86.VecAC:
			return FaultErr(v, 0)
		default:
			return Fault(v)
		}
	case unicorn.Invalid:
		return Fault(x86.VecUD)
	case unicorn.Mem:
		const top = 1<<32 - 16 // an access from here on may end past the segment, where the library wraps
		if c.Code64 == 0 && x.MemAddr >= top {
			if t := m.interpret(c, d); t != nil {
				return t
			}
			c.Core = m.ev.Before
		}
		return m.memFault(c, d)
	case unicorn.Dead:
		m.fail(fmt.Errorf("the translator aborted on % x", d.bytes[:d.n]))
		return Fault(x86.VecUD)
	}
	m.fail(fmt.Errorf("error %d on % x at %#x", x.Vector, d.bytes[:d.n], d.pc))
	return Fault(x86.VecUD)
}

var errSpurious = errors.New("access refused though mapped")

// memFault makes #PF with CR2 and error code, or #GP/#SS for a non-canonical
// address (SDM vol. 3, 6.15).
func (m *Machine) memFault(c *CPU, d *decoded) *Trap {
	x := &c.x
	a := accessRead
	switch x.MemKind {
	case unicorn.WriteUnmapped, unicorn.WriteProt:
		a = accessWrite
	case unicorn.FetchUnmapped, unicorn.FetchProt:
		a = accessFetch
	}
	if a == accessRead && modifiesMemory(&d.in) {
		a = accessWrite // read-modify-write asks for both at once
	}
	addr := c.Space.mask(x.MemAddr)
	n := max(int(x.MemSize), 1)
	if l := len(m.ev.Writes); a == accessWrite && l > 0 { // a store across pages is tried from its last byte
		if w := m.ev.Writes[l-1]; addr-w.Addr < uint64(w.Size) {
			addr, n = w.Addr, int(w.Size)
		}
	}
	if t := c.refuses(&d.in, addr, n, a); t != nil {
		return t
	}
	if !c.reachable(addr, n) {
		if c.isStackAccess(&d.in, addr) {
			return FaultErr(x86.VecSS, 0)
		}
		return FaultErr(x86.VecGP, 0)
	}
	bad, refused := c.Space.firstRefused(addr, n, a, c.User())
	if !refused {
		m.fail(fmt.Errorf("%w: %#x at %#x", errSpurious, addr, d.pc))
		bad = addr
	}
	return c.Space.pageFault(bad, a, c.User())
}

// undoWrites puts back what an instruction wrote before it faulted: the library
// runs wide and page-crossing stores in pieces, and records a store before it
// tries.
func (m *Machine) undoWrites(c *CPU) {
	for i := len(m.ev.Writes) - 1; i >= 0; i-- {
		w := &m.ev.Writes[i]
		for k := range uint64(w.Size) { // a refused store's second page may be absent
			_ = c.Space.poke(c.Space.mask(w.Addr+k), []byte{byte(w.Old >> (8 * k))})
		}
	}
	m.ev.Writes = m.ev.Writes[:0]
}

// modifiesMemory reports whether an instruction reads and writes one memory
// operand: the processor then faults as for a write.
func modifiesMemory(in *insn.Inst) bool {
	if in.Lockable() {
		return true
	}
	if !in.HasMemory() || in.Vex.Kind != insn.VexNone {
		return false
	}
	switch in.Map {
	case insn.OneByte: // shifts and rotates
		return in.Opcode&^1 == 0xc0 || in.Opcode&^3 == 0xd0
	case insn.Map0F: // SHLD, SHRD
		return in.Opcode == 0xa4 || in.Opcode == 0xa5 || in.Opcode == 0xac || in.Opcode == 0xad
	}
	return false
}

// isStackAccess reports whether the access to addr was by the stack pointer
// or through an operand whose default segment is SS.
func (c *CPU) isStackAccess(in *insn.Inst, addr uint64) bool {
	if _, moves := in.StackDelta(); moves && (!in.HasMemory() || addr != c.EffectiveAddress(in)) {
		return true
	}
	return usesStack(in)
}

// usesStack reports whether the memory operand's default segment is SS.
func usesStack(in *insn.Inst) bool {
	if !in.HasMemory() {
		return in.Map == insn.OneByte && (in.Opcode == 0xc8 || in.Opcode == 0xc9) // ENTER, LEAVE
	}
	if in.Seg == insn.SegFS || in.Seg == insn.SegGS || in.Seg != insn.SegNone && in.Seg != insn.SegSS && !in.Mode.Is64() {
		return false
	}
	if in.Seg == insn.SegSS && !in.Mode.Is64() {
		return true
	}
	base := in.RM()
	if in.HasSIB {
		base = int(in.SIB & 7)
		if base == 5 && in.Mod() == 0 {
			return false
		}
	} else if base == 5 && in.Mod() == 0 {
		return false
	}
	return (base == 4 || base == 5) && in.REX&insn.RexB == 0
}
