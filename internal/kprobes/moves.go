package kprobes

import (
	"slices"

	"trapline/internal/emu"
)

// CountsVersion rises when hits, misses or ends of the same steps are counted
// otherwise: states with counts are then others.
const CountsVersion = "3"

// stepOf is which hit a vCPU is in, for counting. The kernel's text, which a guest may break, decides which of these
// moves comes when: each is possible in every state.
type stepOf struct {
	hitAt
	outer   hitAt   // the hit that this one is inside of
	skipped members // of a hit inside this one, which begins
}

// hitAt is a hit. It counts for the probes that were registered when it began, whatever becomes of them meanwhile.
type hitAt struct {
	addr    uint64  // of the probe point
	copy    uint64  // where the instruction is stepped, if out of line
	active  bool    // its step is under way
	boosted bool    // which ends without a trap
	members members // of the probes at addr: those that it counts for
	due     members // of those, the ones whose post_handler comes next: the step is over
}

// begin begins the hit of a probe point (kprobe_status: KPROBE_HIT_ACTIVE).
func (s *stepOf) begin(addr uint64) {
	s.hitAt = hitAt{addr: addr, members: s.skipped}
	s.skipped = members{}
}

// at: the instruction will be stepped in its copy.
func (s *stepOf) at(to uint64) { s.copy = to }

// steps begins the step (KPROBE_HIT_SS, KPROBE_REENTER).
func (s *stepOf) steps() { s.active = true }

// runs begins the run of a copy without a trap at its end (boost), of this hit or of one inside it.
func (s *stepOf) runs(addr, to uint64, inside bool) {
	if inside {
		s.aside()
		s.begin(addr)
	} else {
		s.outer = hitAt{}
	}
	s.addr, s.copy, s.active, s.boosted = addr, to, true, true
}

// leaves ends the step.
func (s *stepOf) leaves() { s.active = false }

// aside: a hit begins inside this one (save_previous_kprobe()).
func (s *stepOf) aside() { s.outer = s.hitAt }

// back: it is over (restore_previous_kprobe()).
func (s *stepOf) back() { s.hitAt, s.outer = s.outer, hitAt{} }

// hash feeds the state hash. A hit that counts for the only probe of its address, as most do, is told by the address.
func (s *stepOf) hash(h *emu.Hasher) {
	h.Uint64(s.addr)
	h.Uint64(s.copy<<1 | emu.B2U(s.active))
	h.Uint64(s.outer.addr)
	if s.plain() && s.outer.plain() && s.skipped == (members{}) && !s.boosted && !s.outer.active {
		return
	}
	h.Uint64(s.members.first)
	h.Uint64(s.skipped.first<<1 | emu.B2U(s.boosted))
	h.Uint64(s.outer.members.first)
	h.Uint64(s.outer.copy<<2 | emu.B2U(s.outer.active)<<1 | emu.B2U(s.outer.boosted))
	if s.due == (members{}) && s.outer.due == (members{}) && s.members.few() && s.skipped.few() && s.outer.members.few() {
		return
	}
	for _, m := range [...]*members{&s.members, &s.due, &s.skipped, &s.outer.members, &s.outer.due} {
		m.hash(h)
	}
}

// plain reports whether a hit counts for the first probe of its address and no other.
func (s *hitAt) plain() bool {
	return s.members == members{first: emu.B2U(s.addr != 0)} && s.due == members{}
}

// begun counts the hit that a vCPU is in for probe i.
func (g *Manager) begun(cpu, i int) {
	g.add(i, Hits)
	s := &g.step[cpu]
	s.members = s.members.with(g.place(i))
}

// place is probe i's place in byAddr.
func (g *Manager) place(i int) int { return slices.Index(g.byAddr[g.probes[i].Addr], i) }

// eachOf sees the probes that a hit counts for.
func (g *Manager) eachOf(s *hitAt, see func(i int)) {
	for n, i := range g.byAddr[s.addr] {
		if s.members.has(n) {
			see(i)
		}
	}
}
