package uprobes

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

// Trap takes the #BP of a breakpoint and the #DB behind a copy; the work is done on the way back to ring 3 (U3,
// arch_uprobe_exception_notify()).
func (s *System) Trap(t *linux.Thread, trap emu.Trap) bool {
	ut := taskOf(t)
	switch trap.Vector {
	case x86.VecBP:
		if !stateOf(t.Process().MM()).probed && len(ut.returns) == 0 {
			return false
		}
	case x86.VecDB:
		if s.countedMissed(t) {
			return true
		}
		if ut.active == nil {
			return false
		}
		ut.become(stepped)
		s.account.trap(ut.active.insn.Kind(), x86.VecDB)
		t.CPU().Sys.DR[6] = emu.DR6Fixed
	default:
		return false
	}
	ut.notify = true
	return true
}

// TrapAddr shows the probed address for a fault in its copy (uprobe_get_trap_addr()).
func (s *System) TrapAddr(t *linux.Thread, ip uint64) uint64 {
	if ut := taskOf(t); ut.active != nil {
		return ut.step.Addr
	}
	return ip
}

// ReturnToUser does the next piece of what the last trap left to do (uprobe_notify_resume()). Each is a micro-step with
// the name of the kernel function that does it.
func (s *System) ReturnToUser(t *linux.Thread) linux.Resume {
	if t.Probes == nil {
		return linux.NoWork
	}
	ut := taskOf(t)
	if !ut.notify {
		return linux.NoWork
	}
	switch ut.state {
	case running:
		s.breakpoint(t, ut)
	case found:
		s.handlers(t, ut)
	case returnWanted:
		s.prepareReturn(t, ut)
	case handled:
		return s.execute(t, ut)
	case slotWanted:
		return s.stepOut(t, ut)
	case stepped:
		s.finish(t, ut)
	case trapped:
		s.abort(t, ut)
	case stepping: // a breakpoint where the copy ends: nothing is put right
		t.Micro(emu.Micro{Name: "handle_singlestep", In: "uprobe_notify_resume", Alone: true, Why: "a breakpoint in the middle of a step: it is over"})
		s.endStep(t, ut)
	}
	return linux.Resumed
}

// Pending reports whether a trap has left something to do (TIF_UPROBE).
func (s *System) Pending(t *linux.Thread) bool {
	ut, ok := t.Probes.(*task)
	return ok && ut.notify
}

// HoldSignals keeps signals from a thread in a step. If one is there because the copy faulted, or is fatal, the step
// is to be given up first (U12, uprobe_deny_signal()).
func (s *System) HoldSignals(t *linux.Thread) bool {
	ut := taskOf(t)
	if ut.active == nil {
		return false
	}
	if t.FatalPending() || t.TrapNo() != untrapped {
		ut.next(trapped)
	}
	return true
}

// breakpoint deals with a #BP (handle_swbp()).
func (s *System) breakpoint(t *linux.Thread, ut *task) {
	c, mm := t.Core(), t.Process().MM()
	addr := mm.ABI().Mask(c.RIP - 1)
	ut.over()
	if a := stateOf(mm).area; a != nil && addr == a.start {
		s.trampoline(t, ut)
		return
	}
	t.Micro(emu.Micro{Name: "handle_swbp", In: "uprobe_notify_resume", Alone: true, ID: "U3", Why: "the uprobe of the breakpoint is looked for"})
	u := s.uprobeAt(mm, addr)
	if u == nil {
		s.stray(t, mm, addr)
		return
	}
	c.RIP = addr
	if u.insn == nil {
		return
	}
	s.account.trap(u.insn.Kind(), x86.VecBP)
	ut.hit, ut.addr = u, addr
	ut.next(found)
}

// execute gives the probed instruction its effect at once, or sees to it that it is stepped
// (arch_uprobe_skip_sstep()).
func (s *System) execute(t *linux.Thread, ut *task) linux.Resume {
	switch s.engine {
	case Inline, Described2005, Coded2005, CodedUnlocked2005:
		if !s.lockStep(t, ut) {
			return linux.HeldBack
		}
		if s.engine == Inline {
			s.stepInPlace(t, ut)
		} else {
			s.stepOnStack(t, ut)
		}
		return linux.Resumed
	}
	c := t.Core()
	u := ut.hit
	if u.insn.Method == StepOutOfLine {
		return s.stepOut(t, ut)
	}
	t.Micro(emu.Micro{Work: emu.WorkEmulate, Name: "arch_uprobe_skip_sstep", In: "handle_swbp", Alone: true, ID: u.insn.emulatedBy(), Why: "the instruction's effect is made without running it"})
	if !u.insn.Emulate(c, t.Process().MM().Write) {
		ut.next(slotWanted)
		return linux.Resumed
	}
	ut.over()
	if c.RFLAGS&x86.TF != 0 {
		t.SendTrap()
	}
	return linux.Resumed
}

func (s *System) uprobeAt(mm *mm.MM, addr uint64) *uprobe {
	v := mm.Find(addr)
	if v == nil || !probeableVMA(v, false) {
		return nil
	}
	return s.tree.find(fileOf(v), v.Off+addr-v.Start)
}

// stray is a #BP without a uprobe: the program's own int3, or a breakpoint that was removed in the meantime.
func (s *System) stray(t *linux.Thread, mm *mm.MM, addr uint64) {
	var now [1]byte
	own := mm.ReadForced(addr, now[:]) == 1 && now[0] == Breakpoint
	s.recheck(mm)
	if own {
		t.ForceTrap()
		return
	}
	t.Core().RIP = addr
}

// handlers runs the consumers, the newest first (handler_chain()).
func (s *System) handlers(t *linux.Thread, ut *task) {
	t.Micro(emu.Micro{Work: emu.WorkHandler, Name: "handler_chain", In: "handle_swbp", Alone: true, ID: "U3", Why: "the consumers' handlers run, the newest first"})
	u, addr := ut.hit, ut.addr
	s.account.hit(u.insn.Kind())
	remove, wantReturn := true, false
	for _, c := range u.consumers {
		gone := false
		if c.Handler != nil {
			gone = c.Handler(&Hit{Thread: t, Addr: addr})
		}
		wantReturn = wantReturn || c.Return != nil
		remove = remove && gone
	}
	if remove && len(u.consumers) > 0 {
		mm := t.Process().MM()
		for _, v := range slices.Clone(mm.VMAs()) {
			if m, ok := mappingIn(mm, v, u); ok && probeableVMA(v, false) {
				s.restore(u, m)
			}
		}
		for _, c := range u.consumers {
			if c.Removed != nil {
				c.Removed(&Hit{Thread: t, Addr: addr})
			}
		}
	}
	if wantReturn && !remove {
		ut.next(returnWanted)
	} else {
		s.beforeInstruction(t, ut)
	}
}

// beforeInstruction follows the handlers: one that changed the instruction pointer has the thread go on there.
func (s *System) beforeInstruction(t *linux.Thread, ut *task) {
	if t.Core().RIP != ut.addr {
		ut.over()
		return
	}
	ut.next(handled)
}

// stepOut sends the thread to a slot (pre_ssout()).
func (s *System) stepOut(t *linux.Thread, ut *task) linux.Resume {
	mm, u := t.Process().MM(), ut.hit
	a := s.areaOf(mm, 0)
	if a == nil { // the breakpoint is hit again
		t.Micro(emu.Micro{Name: "pre_ssout", In: "handle_swbp", Alone: true, ID: "U5", Why: "there is no room for slots: the breakpoint is hit again"})
		ut.over()
		return linux.Resumed
	}
	slot, ok := a.take(mm, u.insn)
	if !ok {
		t.Micro(emu.Micro{Name: "xol_take_insn_slot", In: "pre_ssout", Alone: true, ID: "U5", Why: "every slot is taken: the thread waits for one", Waits: true, Holds: linux.HoldsSlot})
		a.wanted = true
		ut.next(slotWanted)
		return linux.HeldBack
	}
	t.Micro(emu.Micro{Name: "pre_ssout", In: "handle_swbp", Alone: true, ID: "U5", Why: "the thread is sent to the copy in its slot, to be stepped"})
	ut.active = u
	ut.step = u.insn.Begin(t.Core(), ut.addr, slot)
	ut.trapNo = t.TrapNo()
	t.SetTrapNo(untrapped)
	ut.run()
	return linux.Resumed
}

// finish puts right what the step did (handle_singlestep()).
func (s *System) finish(t *linux.Thread, ut *task) {
	if s.engine != Modern {
		m := emu.Micro{Name: "resume_execution_user", In: "post_kprobe_handler", Alone: true, ID: "O3", Why: "the instruction pointer is moved back by the distance of the copy"}
		if s.engine == Inline {
			m.ID, m.Why = "K11", "the breakpoint comes back; until here other threads missed it"
		}
		t.Micro(m)
		s.resumeFromStack(t, ut)
		s.endStep(t, ut)
		return
	}
	t.Micro(emu.Micro{Name: "handle_singlestep", In: "uprobe_notify_resume", Alone: true, ID: "U6", Why: "what the copy left in registers and on the stack is put right, and its slot given back"})
	o := ut.step.Finish(t.Core(), t.Process().MM().Write)
	if o.Trap {
		t.SendTrap()
	}
	s.endStep(t, ut)
}

// abort takes back a step whose copy faulted (handle_singlestep()). The engines of 2005 do what they do at a step's end,
// as kprobe_fault_handler() of 2.6.13 does with a fault in a step; that patch's user half of it is assumed to be the same.
func (s *System) abort(t *linux.Thread, ut *task) {
	switch s.engine {
	case Modern, Inline:
		t.Micro(emu.Micro{Name: "arch_uprobe_abort_xol", In: "handle_singlestep", Alone: true, ID: "U12", Why: "the copy faulted: the thread stands at the probed instruction again"})
		ut.step.Abort(t.Core())
	default:
		t.Micro(emu.Micro{Name: "resume_execution_user", In: "kprobe_fault_handler", ID: "O3", Why: "the copy faulted: the instruction pointer is moved back by the distance of the copy"})
		s.resumeFromStack(t, ut)
	}
	s.endStep(t, ut)
}

func (s *System) endStep(t *linux.Thread, ut *task) {
	if s.engine == Modern || t.TrapNo() == untrapped { // Linux hides the number of a fault in the copy (U16)
		t.SetTrapNo(ut.trapNo)
	}
	if s.engine == Modern {
		s.freeSlot(t.Process().MM(), ut.step.Slot)
	}
	s.rearm(t, ut)
	ut.active = nil
	ut.over()
}
