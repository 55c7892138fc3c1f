package kprobes

import (
	"maps"

	"trapline/internal/emu"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// perCPU is kprobes of 5.12, and with options of 6.1: the probe at hand is
// each CPU's own, nothing is locked on the hit path, a hit inside a hit is
// counted as missed and still stepped, and probes at one address share an
// aggregated probe (O4, M5). Its text is C, in engines/modern, with micro-steps
// as an abstraction of a hit for direct mode.
type perCPU struct{ common }

// More values of kprobe_status.
const (
	reenter   = 4 // KPROBE_REENTER: stepping a hit inside a hit
	hitSSDone = 8 // KPROBE_HIT_SSDONE: the step is over
)

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
		"reenter_kprobe":          traps.Nothing,
		"inc_nmissed":             traps.Nothing,
		"save_previous_kprobe":    e.savePrevious,
		"set_current_kprobe":      e.setCurrent,
		"hit_active":              e.store(ctlStatus, hitActive),
		"set_reenter":             e.store(ctlStatus, reenter),
		"reset_current_kprobe":    e.store(ctlCurrent, 0),
		"restore_previous_kprobe": e.restorePrevious,
		"begin_post":              e.store(ctlStatus, hitSSDone),
		"fault_in_step":           e.faultInStep,
		"rewind_to_probe":         e.rewindToProbe,
	})
	return ops
}

func (e *perCPU) running(x *traps.Exec) traps.Result {
	x.Return(emu.B2U(e.current(x) != 0))
	return traps.Next
}

func (e *perCPU) savePrevious(x *traps.Exec) traps.Result {
	for v := range ctlPrevious {
		e.set(x, ctlPrevious+v, e.get(x, v))
	}
	return traps.Next
}

func (e *perCPU) restorePrevious(x *traps.Exec) traps.Result {
	for v := range ctlPrevious {
		e.set(x, v, e.get(x, ctlPrevious+v))
	}
	return traps.Next
}

func (e *perCPU) setCurrent(x *traps.Exec) traps.Result {
	e.set(x, ctlCurrent, x.Probe)
	return traps.Next
}

// faultInStep: the copy itself faulted, as its address in the frame shows.
func (e *perCPU) faultInStep(x *traps.Exec) traps.Result {
	x.Return(emu.B2U(x.Regs.Get(traps.FieldIP) == e.copyAt(x)))
	return traps.Next
}

func (e *perCPU) rewindToProbe(x *traps.Exec) traps.Result {
	x.Regs.Set(traps.FieldIP, e.addr(x))
	x.Regs.Set(traps.FieldFlags, x.Regs.Get(traps.FieldFlags)&^x86.TF)
	return traps.Next
}
