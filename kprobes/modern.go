package kprobes

import (
	_ "embed"
	"fmt"
	"maps"

	"trapline/emu"
	"trapline/traps"
)

// engineModern is kprobes as later kernels have it (5.12's, before stepping
// went without TF): the probe at hand is each CPU's own, nothing is locked on
// the hit path, a hit inside a hit is counted as missed and still stepped, and
// probes at one address share a gathering probe (O4, M5).
type engineModern struct {
	common
	options options
	arch    emu.Arch
}

// More values of kprobe_status.
const (
	reenter   = 4 // KPROBE_REENTER: stepping a hit inside a hit
	hitSSDone = 8 // KPROBE_HIT_SSDONE: post_handler runs
)

// ctlInstance is the probe whose handler a gathering probe calls.
const ctlInstance = ctlPrevious + 4

// NoteMissed marks a hit that was counted in nmissed.
const NoteMissed emu.NoteKind = "nmissed"

func newEngineModern(a emu.Arch) *engineModern {
	w := uint64(a.Word())
	return &engineModern{arch: a, common: common{percpu: true, skipPrefixes: true, l: structKprobe{
		size: 16 * w, addr: 2 * w, pre: 3 * w, post: 4 * w, fault: 5 * w, opcode: 6 * w, ainsn: 7 * w,
		next: 8 * w, head: 9 * w,
	}}}
}

// Name is what scenarios and flags call it.
func (e *engineModern) Name() string { return EngineModern }

func (e *engineModern) attach(g *Manager) error { return e.attachCopies(g) }
func (e *engineModern) define(i int)            { e.defineCopy(i) }

//go:embed ktext/modern.flow
var flowModern string

// Flow is the engine's control flow for direct mode.
func (e *engineModern) Flow() string { return flowModern }

// Traits of its kernel.
func (e *engineModern) Traits() traps.Traits { return trapsModern(e.arch) }

// Ops are its micro-steps.
func (e *engineModern) Ops() map[string]traps.Op {
	ops := e.sharedOps()
	maps.Copy(ops, e.gatherOps())
	maps.Copy(ops, e.kretprobeOps())
	maps.Copy(ops, e.trampolineOps())
	maps.Copy(ops, e.waitOps())
	maps.Copy(ops, map[string]traps.Op{
		"copy_insn":             e.prepareInsn,
		"list_add":              e.listAdd,
		"list_del":              e.listDel,
		"save_opcode":           e.saveOpcode,
		"set_copy_ip":           e.setCopyIP,
		"resume_execution":      e.resumeExecution,
		"back_up_eip":           backUpIP,
		"kprobe_running":        e.running,
		"load_current_kprobe":   e.load,
		"check_reenter":         e.checkReenter,
		"inc_nmissed":           e.incNmissed,
		"save_previous_kprobe":  e.savePrevious,
		"set_current_kprobe":    e.setCurrent,
		"set_reenter":           e.setReenter,
		"reset_current_kprobe":  e.resetCurrent,
		"begin_post":            e.beginPost,
		"end_probe":             e.endProbe,
		"fault_in_step":         e.faultInStep,
		"rewind_to_probe":       e.rewindToProbe,
		"try_boost":             func(x *traps.Exec) traps.Result { return e.tryBoost(x, false) },
		"try_boost_nested":      func(x *traps.Exec) traps.Result { return e.tryBoost(x, true) },
		"try_emulate":           e.tryEmulate,
		"second_int3":           e.secondInt3,
		"resume_singlestep":     e.resumeSinglestep,
		"prepare_singlestep":    e.prepareStep,
		"mutex_lock":            e.mutexLock,
		"mutex_unlock":          e.mutexUnlock,
		"set_kprobe_instance":   e.setInstance,
		"reset_kprobe_instance": e.resetInstance,
		"load_kprobe_instance":  e.loadInstance,
	})
	return ops
}

func (e *engineModern) running(x *traps.Exec) traps.Result {
	p := e.get(x, ctlCurrent)
	x.Return(b2u(p != 0))
	x.Say("O4", "does this CPU run a probe? its own current_kprobe says so: no lock")
	return traps.Next
}

func (e *engineModern) load(x *traps.Exec) traps.Result {
	x.C.SetReg(emu.RBX, e.get(x, ctlCurrent))
	x.Say("O4", "this CPU's current_kprobe")
	return traps.Next
}

// checkReenter: a third hit, while a reentrant one is stepped, cannot be
// handled: the kernel gives up.
func (e *engineModern) checkReenter(x *traps.Exec) traps.Result {
	bad := e.get(x, ctlStatus) == reenter
	x.Return(b2u(bad))
	if bad {
		x.Say("O4", "a probe is hit on the way of a reentrant hit: unrecoverable, BUG")
	} else {
		x.Say("O4", "a hit inside a hit")
	}
	return traps.Next
}

func (e *engineModern) incNmissed(x *traps.Exec) traps.Result {
	addr := e.addr(x)
	for _, i := range e.g.byAddr[addr] {
		if e.g.registered(i) {
			e.g.add(i, Nmissed)
		}
	}
	x.M.Note(emu.Note{Kind: NoteMissed, ID: "O4", Text: "nmissed", Addr: addr})
	x.Sayf("O4", func() string { return fmt.Sprintf("nmissed of %s goes up: no handler runs for it", x.K.Name(addr)) })
	return traps.Next
}

func (e *engineModern) savePrevious(x *traps.Exec) traps.Result {
	for v := range ctlPrevious {
		e.set(x, ctlPrevious+v, e.get(x, v))
	}
	e.g.step[x.C.ID].outer = e.g.step[x.C.ID].addr
	x.Say("O4", "the outer hit's state is put aside")
	return traps.Next
}

// setCurrent is set_current_kprobe: the probe and the flags to give back.
func (e *engineModern) setCurrent(x *traps.Exec) traps.Result {
	e.set(x, ctlCurrent, x.Probe)
	e.g.step[x.C.ID] = stepOf{addr: e.addr(x), outer: e.g.step[x.C.ID].outer}
	return e.saveFlags(x)
}

func (e *engineModern) setReenter(x *traps.Exec) traps.Result {
	x.Micro.Work = emu.WorkReenter
	e.set(x, ctlStatus, reenter)
	e.g.step[x.C.ID].active = true
	x.Say("O4", "kprobe_status = KPROBE_REENTER: the instruction is stepped, nothing is called")
	return traps.Next
}

func (e *engineModern) resetCurrent(x *traps.Exec) traps.Result {
	x.Micro.Work = emu.WorkLeave
	e.set(x, ctlCurrent, 0)
	e.g.step[x.C.ID].active = false
	x.Say("O4", "this CPU runs no probe any more")
	return traps.Next
}

// beginPost says whether the post-handler may run: not for a reentrant hit.
func (e *engineModern) beginPost(x *traps.Exec) traps.Result {
	again := e.get(x, ctlStatus) == reenter
	x.Return(b2u(!again))
	if again {
		x.Say("O4", "a reentrant hit has no post_handler")
		return traps.Next
	}
	x.Micro.Work = emu.WorkPost
	e.set(x, ctlStatus, hitSSDone)
	x.Say("O4", "kprobe_status = KPROBE_HIT_SSDONE")
	return traps.Next
}

// endProbe goes back to the outer hit, or to none.
func (e *engineModern) endProbe(x *traps.Exec) traps.Result {
	if e.get(x, ctlStatus) != reenter {
		return e.resetCurrent(x)
	}
	x.Micro.Work = emu.WorkEnd
	for v := range ctlPrevious {
		e.set(x, v, e.get(x, ctlPrevious+v))
	}
	s := &e.g.step[x.C.ID]
	*s = stepOf{addr: s.outer}
	x.Say("O4", "the outer hit's state is back")
	return traps.Next
}

// faultInStep: the copy itself faulted, as its address in the frame shows.
func (e *engineModern) faultInStep(x *traps.Exec) traps.Result {
	in := x.Regs.Get(traps.FieldIP) == e.copyAt(x)
	x.Return(b2u(in))
	if in {
		x.Say("K9", "the copied instruction faulted")
	} else {
		x.Say("K9", "a handler faulted")
	}
	return traps.Next
}

func (e *engineModern) rewindToProbe(x *traps.Exec) traps.Result {
	x.Regs.Set(traps.FieldIP, e.addr(x))
	x.Regs.Set(traps.FieldFlags, x.Regs.Get(traps.FieldFlags)&^emu.TF)
	x.Say("K9", "eip goes back to the probed address, TF is cleared: the fault is the original instruction's")
	return traps.Next
}

// prepareStep is the shared one, but without TF where an int3 ends the step.
func (e *engineModern) prepareStep(x *traps.Exec) traps.Result {
	if !e.options.int3 {
		return e.prepareSinglestep(x)
	}
	x.Regs.Set(traps.FieldFlags, x.Regs.Get(traps.FieldFlags)&^emu.IF)
	x.Say("O5", "IF is cleared in the frame; TF is not needed: an int3 ends the step")
	return traps.Next
}

const kprobeMutex = "kprobe_mutex"

// mutexLock is a lock that sleeps: no hit takes it, so nothing waits for it
// but another register or unregister.
func (e *engineModern) mutexLock(x *traps.Exec) traps.Result {
	x.Micro.Takes = x.K.Symbol(kprobeMutex)
	if x.Word(kprobeMutex) != 0 {
		x.Micro.Holds = kprobeMutex
		x.Say("O4", "kprobe_mutex is held: this task sleeps")
		return traps.Spin
	}
	x.SetWord(kprobeMutex, uint64(x.C.ID+1))
	x.Say("O4", "kprobe_mutex is taken; hits go on without it")
	return traps.Next
}

func (e *engineModern) mutexUnlock(x *traps.Exec) traps.Result {
	x.SetWord(kprobeMutex, 0)
	x.Say("O4", "kprobe_mutex is released")
	return traps.Next
}
