package uprobes

import (
	"trapline/internal/emu"
	"trapline/internal/linux"
)

// The userspace probes of 2005 before their third patch: the original instruction is put back and stepped where it
// stands, and the breakpoint comes again behind it. Meanwhile another thread runs through: its hit is missed (K11).

// holdsStep is what Micro.Holds says of a thread that waits for another's step to end.
const holdsStep = "kprobe_lock"

// lockStep takes the one lock, which other hits wait for until the step is over (K6); false: another thread has it.
func (s *System) lockStep(t *linux.Thread, ut *task) bool {
	switch {
	case s.engine == CodedUnlocked2005:
		return true
	case s.stepper != 0 && s.stepper != t.TID:
		t.Micro(emu.Micro{Name: "lock_kprobes", In: "kprobe_handler", Alone: true, ID: "K6", Why: "another thread is in a step: this one waits", Waits: true, Holds: holdsStep})
		ut.next(handled)
		return false
	}
	s.stepper = t.TID
	return true
}

// unlockStep gives the lock back, if the thread has it.
func (s *System) unlockStep(t *linux.Thread) {
	if s.stepper != t.TID {
		return
	}
	s.stepper = 0
	if mm := t.Process().MM(); mm != nil {
		linux.KernelOf(mm).Changed()
	}
}

// stepInPlace lifts the breakpoint and sends the thread to the instruction under it (prepare_singlestep() with
// arch_disarm_uprobe()).
func (s *System) stepInPlace(t *linux.Thread, ut *task) {
	t.Micro(emu.Micro{Name: "prepare_singlestep", In: "kprobe_handler", Alone: true, ID: "K11", Why: "the breakpoint is taken out, for every thread, and the instruction is stepped where it stands"})
	u, addr := ut.hit, ut.addr
	t.Process().MM().WriteForced(addr, u.insn.Original[:1])
	s.watchMissed(t, addr)
	ut.active = u
	ut.step = u.insn.Begin(t.Core(), addr, addr)
	ut.trapNo = t.TrapNo()
	t.SetTrapNo(untrapped)
	ut.run()
}

// rearm puts the breakpoint back behind a step in place (arch_arm_uprobe()).
func (s *System) rearm(t *linux.Thread, ut *task) {
	mm := t.Process().MM()
	if s.engine == Inline && s.stepper == t.TID {
		s.watchedMissed(ut.step.Addr)
	}
	if s.engine == Inline && s.stepper == t.TID && mm != nil && ut.active != nil && ut.active.wanted(mm) {
		mm.WriteForced(ut.step.Addr, []byte{Breakpoint})
	}
	s.unlockStep(t)
}
