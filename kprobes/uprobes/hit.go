package uprobes

import (
	"slices"

	"trapline/emu"
	"trapline/emu/linux"
)

// Trap takes the #BP of a breakpoint and the #DB behind a copy; the work is done on the way back to ring 3 (U3,
// arch_uprobe_exception_notify()).
func (s *System) Trap(t *linux.Thread, trap emu.Trap) bool {
	ut := taskOf(t)
	switch trap.Vector {
	case emu.VecBP:
		if !stateOf(t.Process().MM()).probed && len(ut.returns) == 0 {
			return false
		}
	case emu.VecDB:
		if ut.active == nil {
			return false
		}
		ut.state = stepped
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

// ReturnToUser does what the last trap left to do (uprobe_notify_resume()). False: every slot is taken.
func (s *System) ReturnToUser(t *linux.Thread) bool {
	if t.Probes == nil {
		return true
	}
	ut := taskOf(t)
	if !ut.notify {
		return true
	}
	ut.notify = false
	switch ut.state {
	case stepped:
		s.finish(t, ut)
	case slotWanted:
		return s.stepOut(t, ut, t.Core().RIP)
	default:
		return s.breakpoint(t, ut)
	}
	return true
}

// HoldSignals keeps signals from a thread in a step. If one is there because the copy faulted, or is fatal, the step
// is given up first (U12, uprobe_deny_signal()).
func (s *System) HoldSignals(t *linux.Thread) bool {
	ut := taskOf(t)
	if ut.active == nil || ut.state == slotWanted {
		return false
	}
	if !t.FatalPending() && t.TrapNo() == untrapped {
		return true
	}
	if s.engine == Modern {
		ut.step.Abort(t.Core())
	}
	s.endStep(t, ut)
	return false
}

// breakpoint deals with a #BP (handle_swbp()).
func (s *System) breakpoint(t *linux.Thread, ut *task) bool {
	c, mm := t.Core(), t.Process().MM()
	addr := s.mode.Mask(c.RIP - 1)
	if a := stateOf(mm).area; a != nil && addr == a.start {
		s.trampoline(t, ut)
		return true
	}
	u := s.uprobeAt(mm, addr)
	if u == nil {
		s.stray(t, mm, addr)
		return true
	}
	c.RIP = addr
	if u.insn == nil {
		return true
	}
	s.handlers(t, ut, u, addr)
	if c.RIP != addr {
		return true
	}
	if s.engine != Modern {
		s.stepOnStack(t, ut, u, addr)
		return true
	}
	if u.insn.Emulate(c, mm.Write) {
		if c.RFLAGS&emu.TF != 0 {
			t.SendTrap()
		}
		return true
	}
	ut.active = u
	return s.stepOut(t, ut, addr)
}

func (s *System) uprobeAt(mm *linux.MM, addr uint64) *uprobe {
	v := mm.Find(addr)
	if v == nil || !probeableVMA(v, false) {
		return nil
	}
	return s.tree.find(fileOf(v), v.Off+addr-v.Start)
}

// stray is a #BP without a uprobe: the program's own int3, or a breakpoint that was removed in the meantime.
func (s *System) stray(t *linux.Thread, mm *linux.MM, addr uint64) {
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
func (s *System) handlers(t *linux.Thread, ut *task, u *uprobe, addr uint64) {
	remove, wantReturn := true, false
	for _, c := range slices.Clone(u.consumers) {
		gone := false
		if c.Handler != nil {
			gone = c.Handler(&Hit{Thread: t, Addr: addr})
		}
		wantReturn = wantReturn || c.Return != nil
		remove = remove && gone
	}
	if wantReturn && !remove {
		s.prepareReturn(t, ut, u)
	}
	if remove && len(u.consumers) > 0 {
		mm := t.Process().MM()
		for _, v := range slices.Clone(mm.VMAs()) {
			if m, ok := mappingIn(mm, v, u); ok && probeableVMA(v, false) {
				s.restore(u, m)
			}
		}
	}
}

// stepOut sends the thread to a slot (pre_ssout()).
func (s *System) stepOut(t *linux.Thread, ut *task, addr uint64) bool {
	mm, u := t.Process().MM(), ut.active
	a := s.areaOf(mm, 0)
	if a == nil { // the breakpoint is hit again
		ut.active, ut.state = nil, running
		return true
	}
	slot, ok := a.take(mm, u.insn)
	if !ok {
		t.Core().RIP = addr
		ut.state, ut.notify = slotWanted, true
		return false
	}
	ut.step = u.insn.Begin(t.Core(), addr, slot)
	ut.trapNo = t.TrapNo()
	t.SetTrapNo(untrapped)
	ut.state = stepping
	return true
}

// finish puts right what the step did (handle_singlestep()).
func (s *System) finish(t *linux.Thread, ut *task) {
	if s.engine != Modern {
		s.resumeFromStack(t, ut)
		s.endStep(t, ut)
		return
	}
	o := ut.step.Finish(t.Core(), t.Process().MM().Write)
	if o.Trap {
		t.SendTrap()
	}
	s.endStep(t, ut)
}

func (s *System) endStep(t *linux.Thread, ut *task) {
	t.SetTrapNo(ut.trapNo)
	if s.engine == Modern {
		stateOf(t.Process().MM()).area.free(ut.step.Slot)
	}
	ut.active, ut.state = nil, running
}
