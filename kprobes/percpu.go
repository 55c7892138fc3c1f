package kprobes

import (
	"maps"

	"trapline/emu"
	"trapline/traps"
)

// perCPU is kprobes of 5.12, and with options of 6.1: the probe at hand is
// each CPU's own, nothing is locked on the hit path, a hit inside a hit is
// counted as missed and still stepped, and probes at one address share an
// aggregated probe (O4, M5). Its text is C, in engines/modern, with micro-steps
// as an abstraction of a hit for direct mode.
type perCPU struct{ common }

// More values of kprobe_status.
const reenter = 4 // KPROBE_REENTER: stepping a hit inside a hit

// NoteMissed marks a hit that was counted in nmissed.
const NoteMissed emu.NoteKind = "nmissed"

func newPerCPU(d described) engineOps {
	w := uint64(d.arch.Word())
	return &perCPU{common{described: d, percpu: true, hlist: true, skipPrefixes: true, l: structKprobe{
		size: 16 * w, addr: 2 * w, pre: 3 * w, post: 4 * w, fault: 5 * w, opcode: 6 * w, ainsn: 7 * w, list: 8 * w,
	}}}
}

func (e *perCPU) attach(g *Manager) error { return e.attachCopies(g) }

// Ops are its micro-steps.
func (e *perCPU) Ops() map[string]traps.Op {
	ops := e.sharedOps()
	maps.Copy(ops, e.waitOps())
	maps.Copy(ops, map[string]traps.Op{
		"copy_insn":               e.prepareInsn,
		"set_copy_ip":             e.setCopyIP,
		"resume_execution":        e.resumeExecution,
		"back_up_eip":             backUpIP,
		"kprobe_running":          e.running,
		"load_current_kprobe":     e.loadCurrent,
		"load_kprobe_status":      e.loadStatus,
		"reenter_kprobe":          e.reenterKprobe,
		"inc_nmissed":             e.incNmissed,
		"save_previous_kprobe":    e.savePrevious,
		"set_current_kprobe":      e.setCurrent,
		"hit_active":              e.hitActive,
		"set_reenter":             e.setReenter,
		"reset_current_kprobe":    e.resetCurrent,
		"restore_previous_kprobe": e.restorePrevious,
		"begin_post":              e.beginPost,
		"restore_saved_flags":     e.restoreSavedFlags,
		"fault_in_step":           e.faultInStep,
		"rewind_to_probe":         e.rewindToProbe,
	})
	return ops
}

func (e *perCPU) running(x *traps.Exec) traps.Result {
	x.Return(b2u(e.current(x) != 0))
	x.Say("O4", "does this CPU run a probe? its own current_kprobe says so: no lock")
	return traps.Next
}

func (e *perCPU) reenterKprobe(x *traps.Exec) traps.Result {
	e.skipped(x)
	x.Say("O4", "a hit inside a hit: nmissed goes up, no handler runs for it")
	return traps.Next
}

func (e *perCPU) incNmissed(x *traps.Exec) traps.Result {
	e.missed(x)
	x.Say("O4", "a handler faulted: nmissed goes up")
	return traps.Next
}

func (e *perCPU) savePrevious(x *traps.Exec) traps.Result {
	for v := range ctlPrevious {
		e.set(x, ctlPrevious+v, e.get(x, v))
	}
	e.seenPutAside(x)
	x.Say("O4", "the outer hit's state is put aside")
	return traps.Next
}

func (e *perCPU) setCurrent(x *traps.Exec) traps.Result {
	e.set(x, ctlCurrent, x.Probe)
	e.begin(x)
	x.Say("O4", "a fault, or the end of the step, on this CPU will be this one's")
	return traps.Next
}

func (e *perCPU) hitActive(x *traps.Exec) traps.Result {
	e.set(x, ctlStatus, hitActive)
	e.hit(x)
	x.Say("K4", "a probe is hit: its handler comes next")
	return traps.Next
}

func (e *perCPU) setReenter(x *traps.Exec) traps.Result {
	e.set(x, ctlStatus, reenter)
	e.seenReenter(x)
	x.Say("O4", "the instruction is stepped, no handler is called")
	return traps.Next
}

func (e *perCPU) resetCurrent(x *traps.Exec) traps.Result {
	e.set(x, ctlCurrent, 0)
	e.seenLeave(x)
	x.Say("O4", "this CPU runs no probe any more")
	return traps.Next
}

func (e *perCPU) restorePrevious(x *traps.Exec) traps.Result {
	for v := range ctlPrevious {
		e.set(x, v, e.get(x, ctlPrevious+v))
	}
	e.seenTakenBack(x)
	x.Say("O4", "the outer hit's state is back")
	return traps.Next
}

func (e *perCPU) beginPost(x *traps.Exec) traps.Result {
	e.set(x, ctlStatus, 8) // KPROBE_HIT_SSDONE
	seenPost(x)
	x.Say("O4", "the step is over, post_handler comes next")
	return traps.Next
}

func (e *perCPU) restoreSavedFlags(x *traps.Exec) traps.Result {
	x.Regs.Set(traps.FieldFlags, x.Regs.Get(traps.FieldFlags)|e.get(x, ctlSavedFlags))
	e.seenEnd(x)
	x.Say("K5", "the flags kept at the hit are or-ed in")
	return traps.Next
}

// faultInStep: the copy itself faulted, as its address in the frame shows.
func (e *perCPU) faultInStep(x *traps.Exec) traps.Result {
	x.Return(b2u(x.Regs.Get(traps.FieldIP) == e.copyAt(x)))
	x.Say("K9", "was it the copy that faulted, as the frame's eip shows?")
	return traps.Next
}

func (e *perCPU) rewindToProbe(x *traps.Exec) traps.Result {
	x.Regs.Set(traps.FieldIP, e.addr(x))
	x.Regs.Set(traps.FieldFlags, x.Regs.Get(traps.FieldFlags)&^emu.TF)
	x.Say("K9", "eip goes back to the probed address: the fault is the original instruction's")
	return traps.Next
}
