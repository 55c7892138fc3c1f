package kprobes

import "trapline/internal/emu"

// stepOf is which probe point a vCPU is stepping, for counting misses. The kernel's text, which a guest may break,
// decides which of these moves comes when: each is possible in every state.
type stepOf struct {
	addr   uint64 // of the probe point
	copy   uint64 // where the instruction is stepped, if out of line
	outer  uint64 // addr of the hit that this one is inside of
	active bool   // its step is under way
}

// begin begins the hit of a probe point (kprobe_status: KPROBE_HIT_ACTIVE).
func (s *stepOf) begin(addr uint64) { *s = stepOf{addr: addr, outer: s.outer} }

// at: the instruction will be stepped in its copy.
func (s *stepOf) at(to uint64) { s.copy = to }

// steps begins the step (KPROBE_HIT_SS, KPROBE_REENTER).
func (s *stepOf) steps() { s.active = true }

// runs begins the run of a copy without a trap at its end (boost).
func (s *stepOf) runs(addr, to uint64) { *s = stepOf{addr: addr, copy: to, active: true} }

// leaves ends the step.
func (s *stepOf) leaves() { s.active = false }

// aside: a hit begins inside this one (save_previous_kprobe()).
func (s *stepOf) aside() { s.outer = s.addr }

// back: it is over (restore_previous_kprobe()).
func (s *stepOf) back() { *s = stepOf{addr: s.outer} }

func (s *stepOf) hash(h *emu.Hasher) {
	h.Uint64(s.addr)
	h.Uint64(s.copy<<1 | emu.B2U(s.active))
	h.Uint64(s.outer)
}
