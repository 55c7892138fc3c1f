package kprobes

import (
	"maps"

	"trapline/internal/emu"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// inPlace is the patch of August 2002 (seed 000): single stepping in
// place, one lock from hit to re-arm. Its text is C, in engines/2002, with
// micro-steps as an abstraction of it for direct mode.
type inPlace struct{ locked }

func newInPlace(d described) engineOps {
	w := uint64(d.arch.Word())
	return &inPlace{locked{common{described: d, l: structKprobe{
		size: 8 * w, addr: 2 * w, pre: 3 * w, post: 4 * w, fault: 5 * w, opcode: 6 * w,
	}}}}
}

// Ops are its micro-steps.
func (e *inPlace) Ops() map[string]traps.Op {
	ops := e.lockedOps()
	maps.Copy(ops, map[string]traps.Op{
		"fix_pushf": e.fixPushf,
		"clear_tf":  e.clearTF,
		"schedule":  schedule,

		"preempt_enable": preemptEnable,
	})
	return ops
}

// fixPushf mends what a stepped pushf pushed. In a 32-bit frame the patch
// edits regs->esp, which is the interrupted stack's top word if the frame came
// from kernel mode, and the saved stack pointer itself if not (K10).
func (e *inPlace) fixPushf(x *traps.Exec) traps.Result {
	if e.opcode(x) != 0x9c { // K23: only the first byte is looked at
		return traps.Next
	}
	old := e.get(x, ctlOldFlags)
	e.editTop(x, func(v uint64) uint64 { return v&^(x86.TF|x86.IF) | old })
	x.Say("K10", "the pushed image gets TF and IF as they were")
	if x.M.Arch == x86.I386 && x.Regs.User() {
		x.Say("K10", "regs->esp is edited as if it were the pushed word, but this frame came from ring 3: it is the stack pointer")
	}
	return traps.Next
}

// clearTF is the first half of rearm_kprobe: a TF that the stepped popf has set
// goes with it (K17).
func (e *inPlace) clearTF(x *traps.Exec) traps.Result {
	x.Regs.Set(traps.FieldFlags, x.Regs.Get(traps.FieldFlags)&^x86.TF)
	return traps.Next
}

// NoteScheduled marks a schedule inside a trap handler.
const NoteScheduled emu.NoteKind = "scheduled-in-trap"

// preemptEnable is what unlock_kprobes must not use (K0): at count zero it
// schedules if it is asked to, here inside the trap with interrupts off.
func preemptEnable(x *traps.Exec) traps.Result {
	x.K.AddPreemptCount(x.C, -1)
	if x.K.PreemptCount(x.M, x.C.ID) != 0 || !x.K.NeedResched(x.M, x.C.ID) {
		return traps.Next
	}
	return schedule(x)
}

// schedule is called at count zero by preempt_enable.
func schedule(x *traps.Exec) traps.Result {
	x.K.SetNeedResched(x.C, false)
	x.M.Note(emu.Note{Kind: NoteScheduled, ID: "K0", Text: "schedule() inside the trap", Addr: x.C.LinearPC()})
	x.Say("K0", "preempt_enable at count 0 with a reschedule asked for: schedule() is called inside the trap, with interrupts off")
	return traps.Next
}
