package emu

import "trapline/emu/insn"

// MaxPrefetch bounds Config.Prefetch, in bytes.
const MaxPrefetch = 32

// prefetched is the code that a vCPU has fetched ahead of itself (P13): bytes
// that another vCPU's later store no longer changes. They are what runs;
// everything else, the instruction's own data among it, is memory's. Plain
// values: a snapshot of the CPU holds them.
type prefetched struct {
	at uint64 // linear
	n  uint8
	b  [MaxPrefetch]byte
}

// fetch gives the instruction at pc: from the vCPU's prefetch window, which is
// filled anew from pc where it does not reach, or from memory if the machine
// has none. A window too short for the instruction holds none of it.
func (m *Machine) fetch(c *CPU, pc uint64) (*decoded, *Trap) {
	k, mode := c.Space.code(c.User()), c.codeMode()
	if m.prefetch == 0 {
		return k.fetch(pc, mode)
	}
	w := &c.fetched
	if !w.holds(mode, pc) {
		w.at, w.n = pc, uint8(c.Space.Peek(pc, w.b[:m.prefetch]))
		m.ev.Fetched = m.prefetch
		if !w.holds(mode, pc) {
			return k.fetch(pc, mode)
		}
	}
	if e := c.Space.entry(pc); e == nil || !k.mayFetch(e.pte) {
		return nil, k.fault(pc)
	}
	code := w.b[pc-w.at : w.n]
	slot := k.slot(pc)
	if d := slot.match(pc, mode, code); d != nil {
		return d, nil
	}
	return k.decode(slot, pc, mode, code)
}

// staleCode is d's code if memory may hold other bytes in its place, else nil.
func (m *Machine) staleCode(d *decoded) []byte {
	if m.prefetch == 0 {
		return nil
	}
	return d.bytes[:d.n]
}

// holds reports whether the whole instruction at pc is in the window.
func (w *prefetched) holds(mode insn.Mode, pc uint64) bool {
	off := pc - w.at
	if off >= uint64(w.n) {
		return false
	}
	in, err := insn.Decode(w.b[off:w.n], mode)
	return err == nil && in.Len > 0
}

// transfers are the instructions that go on elsewhere whatever the flags.
const transfers = insn.JmpRel | insn.JmpInd | insn.JmpFar | insn.Call | insn.RetNear | insn.RetFar | insn.Iret |
	insn.SoftInt | insn.Syscall | insn.Sysenter | insn.Sysret | insn.Sysexit

// flushedBy reports whether the step empties the window: it was no plain
// instruction, went on elsewhere, is serialising (SDM vol. 3, 9.3), or stored
// to a fetched byte (9.1.3). next is where the vCPU goes on.
func (w *prefetched) flushedBy(ev *Event, next uint64) bool {
	if w.n == 0 {
		return false
	}
	if ev.Kind != StepInstruction || ev.Insn.Attr().Has(transfers) || next != ev.PC+uint64(len(ev.Bytes)) || serialises(&ev.Insn) {
		return true
	}
	for i := range ev.Writes {
		if o := &ev.Writes[i]; o.Addr < w.at+uint64(w.n) && w.at < o.Addr+uint64(o.Size) {
			return true
		}
	}
	return false
}

// serialises: loads of descriptor tables, INVLPG and their neighbours, INVD,
// WBINVD, moves to control and debug registers, WRMSR, CPUID, RSM.
func serialises(in *insn.Inst) bool {
	if in.Map != insn.Map0F || in.Vex.Kind != insn.VexNone {
		return false
	}
	switch in.Opcode {
	case 0x00, 0x01, 0x08, 0x09, 0x22, 0x23, 0x30, 0xa2, 0xaa:
		return true
	}
	return false
}
