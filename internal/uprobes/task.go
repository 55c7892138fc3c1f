package uprobes

import (
	"trapline/internal/emu"
	"trapline/internal/linux"
	"trapline/internal/x86"
)

// MaxReturns is how many return probes may wait in one thread; further ones are left out (MAX_URETPROBE_DEPTH, U13).
const MaxReturns = 64

// task is what uprobes keep of a thread (struct uprobe_task).
type task struct {
	state   taskState
	notify  bool // a trap is to be dealt with on return to ring 3 (TIF_UPROBE)
	hit     *uprobe
	addr    uint64  // of the hit: the probed instruction's
	active  *uprobe // being stepped
	step    Step
	trapNo  uint64 // of before the step
	returns []returnInstance
}

// untrapped is the thread's trap number during a step: any other shows that the copy faulted (UPROBE_TRAP_NR).
const untrapped = ^uint64(0)

func taskOf(t *linux.Thread) *task {
	if t.Probes == nil {
		t.Probes = &task{}
	}
	return t.Probes.(*task)
}

// Execed forgets what the thread had going in its old program.
func (s *System) Execed(t *linux.Thread) {
	t.Probes = nil
	s.unlockStep(t)
}

// ThreadExited gives the slot of a thread that ended in a step back.
func (s *System) ThreadExited(t *linux.Thread) {
	ut := taskOf(t)
	if ut.state < stepping {
		return
	}
	s.rearm(t, ut)
	if mm := t.Process().MM(); mm != nil && s.engine == Modern {
		s.freeSlot(mm, ut.step.Slot)
	}
	ut.become(running)
}

// Own gives a thread's registers as its program had them: of one that ended in the step of a system call, the step's TF
// and the distance of the copy are taken off.
func (s *System) Own(t *linux.Thread) emu.Core {
	c := *t.Core()
	if ut := taskOf(t); ut.active != nil {
		c.RIP = s.widthOf(t).Mask(c.RIP + ut.step.Addr - ut.step.Slot)
		if !ut.step.hadTF {
			c.RFLAGS &^= x86.TF
		}
	}
	return c
}

// widthOf is the width of a thread's program; of one that has ended, the kernel's.
func (s *System) widthOf(t *linux.Thread) x86.Arch {
	if mm := t.Process().MM(); mm != nil {
		return mm.ABI()
	}
	return s.machine.Arch
}

// ReturnSlot is a word on a stack that holds the trampoline's address in place of a return address (U13).
type ReturnSlot struct{ Addr, Trampoline, Return uint64 }

// ReturnSlots lists the words of a thread's stack in which the trampoline waits.
func (s *System) ReturnSlots(t *linux.Thread) []ReturnSlot {
	mm := t.Process().MM()
	ut, ok := t.Probes.(*task)
	if !ok || mm == nil || stateOf(mm).area == nil {
		return nil
	}
	var list []ReturnSlot
	for _, r := range ut.returns {
		list = append(list, ReturnSlot{r.stack, stateOf(mm).area.start, r.ret})
	}
	return list
}

// Forked gives a new process its parent's breakpoints, which came with the pages, and its waiting returns (U14).
func (s *System) Forked(parent, child *linux.Thread) {
	child.Probes = nil
	from, to := parent.Process(), child.Process()
	if from == to {
		return
	}
	old, mm := stateOf(from.MM()), to.MM()
	if from.MM() != mm && old.probed {
		st := stateOf(mm)
		st.probed, st.recheck = true, true
	}
	returns := taskOf(parent).returns
	if len(returns) == 0 {
		return
	}
	taskOf(child).returns = append([]returnInstance(nil), returns...)
	if from.MM() != mm && old.area != nil {
		s.areaOf(mm, old.area.start)
	}
}
