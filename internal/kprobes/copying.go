package kprobes

import (
	"maps"

	"trapline/internal/traps"
	"trapline/internal/x86"
)

// copying is kprobes of spring 2005 (2.6.12): each probe has a copy of its
// instruction, which is stepped in place of the original, so the breakpoint
// stays; the one lock is still held from hit to the step's end (O4). Its text is
// C, in engines/2005, with micro-steps as an abstraction of it for direct mode.
type copying struct{ locked }

func newCopies(d described) engineOps {
	w := uint64(d.arch.Word())
	return &copying{locked{common{described: d, hlist: true, l: structKprobe{
		size: 16 * w, addr: 2 * w, pre: 3 * w, post: 4 * w, fault: 5 * w, opcode: 6 * w, ainsn: 7 * w,
	}}}}
}

func (e *copying) attach(g *Manager) error {
	if err := e.attachCopies(g); err != nil {
		return err
	}
	if g.K.HasSymbol("active_pool") { // else it is a judge's text
		e.attachActive()
	}
	return nil
}

func (e *copying) define(i int)                 { e.defineCopy(i) }
func (e *copying) register(x *traps.Exec) error { return e.registerCopy(x) }

// Ops are its micro-steps.
func (e *copying) Ops() map[string]traps.Op {
	ops := e.lockedOps()
	maps.Copy(ops, map[string]traps.Op{
		"set_copy_ip":      e.setCopyIP,
		"resume_execution": e.resumeExecution,
		"back_up_eip":      backUpIP,
		"reentrant_step":   e.reentrantStep,
	})
	return ops
}

// reentrantStep is give_up_step.
func (e *copying) reentrantStep(x *traps.Exec) traps.Result {
	f := x.Regs.Get(traps.FieldFlags)
	x.Regs.Set(traps.FieldFlags, f&^x86.TF|e.get(x, ctlSavedFlags))
	return traps.Next
}
