package uprobes

import (
	"trapline/emu"
	"trapline/emu/linux"
)

// The userspace probes of 2005 before their third patch: the original instruction is put back and stepped where it
// stands, and the breakpoint comes again behind it. Meanwhile another thread runs through: its hit is missed (K11).

// holdsStep is what Micro.Holds says of a thread that waits for another's step to end.
const holdsStep = "kprobe_lock"

// stepInPlace lifts the breakpoint and sends the thread to the instruction under it (prepare_singlestep() with
// arch_disarm_uprobe()). One thread at a time is in a step.
func (s *System) stepInPlace(t *linux.Thread, ut *task) linux.Resume {
	if s.inPlace != 0 && s.inPlace != t.TID {
		t.Micro(emu.Micro{Name: "lock_kprobes", In: "kprobe_handler", ID: "K5", Why: "another thread is in a step: this one waits", Holds: holdsStep})
		ut.next(handled)
		return linux.HeldBack
	}
	t.Micro(emu.Micro{Name: "prepare_singlestep", In: "kprobe_handler", ID: "K11", Why: "the breakpoint is taken out, for every thread, and the instruction is stepped where it stands"})
	s.inPlace = t.TID
	u, addr := ut.hit, ut.addr
	ut.over()
	t.Process().MM().WriteForced(addr, u.insn.Original[:1])
	ut.active = u
	ut.step = u.insn.Begin(t.Core(), addr, addr)
	ut.trapNo = t.TrapNo()
	t.SetTrapNo(untrapped)
	ut.state = stepping
	return linux.Resumed
}

// rearm puts the breakpoint back behind a step in place (arch_arm_uprobe()).
func (s *System) rearm(t *linux.Thread, ut *task) {
	if s.engine != Inline || s.inPlace != t.TID {
		return
	}
	s.inPlace = 0
	mm := t.Process().MM()
	if mm == nil {
		return
	}
	mm.Kernel().Changed()
	if ut.active != nil && ut.active.wanted(mm) {
		mm.WriteForced(ut.step.Addr, []byte{Breakpoint})
	}
}
