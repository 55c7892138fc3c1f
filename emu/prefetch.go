package emu

import "trapline/emu/insn"

// MaxPrefetch bounds Config.Prefetch, in bytes.
const MaxPrefetch = 32

// prefetched is the code that a vCPU has fetched ahead of itself (P13): bytes that
// another vCPU's later store no longer changes. Plain values: a snapshot of
// the CPU holds them.
type prefetched struct {
	at uint64 // linear
	n  uint8
	b  [MaxPrefetch]byte
}

// executePrefetched is execute on a machine with a prefetch window. The
// instruction's bytes are those of the window where it reaches; else the
// window is filled anew from there. A taken branch, a trap, a serialising
// instruction (SDM vol. 3, 9.3) and the vCPU's own store to a fetched byte
// (9.1.3) empty it.
func (m *Machine) executePrefetched(c *CPU) {
	w := &c.fetched
	pc := m.ev.PC
	if !w.holds(m, pc) {
		w.at, w.n = pc, uint8(c.Space.Peek(pc, w.b[:m.prefetch]))
		m.ev.Fetched = int(w.n)
	}
	back := w.overlay(c.Space, pc)
	m.execute(c)
	if back != nil {
		back()
	}
	if w.flushedBy(m, &m.ev, c.LinearPC()) {
		*w = prefetched{}
	}
}

// holds reports whether the whole instruction at pc is in the window.
func (w *prefetched) holds(m *Machine, pc uint64) bool {
	off := pc - w.at
	if off >= uint64(w.n) {
		return false
	}
	in, err := insn.Decode(w.b[off:w.n], m.Vendor.mode(m.Arch))
	return err == nil && in.Len > 0
}

// overlay puts the window's bytes from pc on into memory for one step, and
// gives the way back, or nil where they are what memory holds.
func (w *prefetched) overlay(s *Space, pc uint64) (back func()) {
	stale := w.b[pc-w.at : w.n]
	var buf [MaxPrefetch]byte
	now := buf[:s.Peek(pc, buf[:len(stale)])]
	if string(now) == string(stale[:len(now)]) {
		return nil
	}
	stale = stale[:len(now)]
	if s.poke(pc, stale) != nil {
		return nil
	}
	return func() {
		var left [MaxPrefetch]byte
		s.Peek(pc, left[:len(stale)])
		for i := range stale {
			if left[i] == stale[i] { // not written by the step itself
				_ = s.poke(s.mask(pc+uint64(i)), now[i:i+1])
			}
		}
	}
}

// flushedBy reports whether the step empties the window.
func (w *prefetched) flushedBy(m *Machine, ev *Event, next uint64) bool {
	if ev.Kind != StepInstruction || next != m.Arch.Mask(ev.PC+uint64(len(ev.Bytes))) || serialises(ev.Bytes) {
		return true
	}
	for i := range ev.Writes {
		if o := &ev.Writes[i]; o.Addr < w.at+uint64(w.n) && w.at < o.Addr+uint64(o.Size) {
			return true
		}
	}
	return false
}

// serialises: CPUID, and what the machine runs by itself that loads system
// registers (0F 00 to 0F 01, 0F 22, 0F 23).
func serialises(code []byte) bool {
	if len(code) < 2 || code[0] != 0x0f {
		return false
	}
	switch code[1] {
	case 0x00, 0x01, 0x22, 0x23, 0xa2:
		return true
	}
	return false
}
