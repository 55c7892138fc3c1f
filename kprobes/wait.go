package kprobes

import (
	"fmt"

	"trapline/emu"
	"trapline/traps"
)

// What engine modern's register and unregister wait for: that the other CPUs
// have taken an interrupt that makes them fetch changed code anew
// (text_poke_sync), and that none of them can still use what was taken out
// (synchronize_rcu).

// Sets of CPUs that a CPU waits for, a bit each, in its kprobe_ctlblk.
const (
	ctlRCU  = ctlInstance + 1 + iota // in synchronize_rcu: not quiescent since it began
	ctlIPIs                          // in text_poke_sync: have not taken its interrupt
)

// callFunctionVector is CALL_FUNCTION_VECTOR.
const callFunctionVector = 0xfb

func (e *engineModern) waitOps() map[string]traps.Op {
	return map[string]traps.Op{
		"synchronize_rcu":         e.synchronizeRCU,
		"text_poke_sync":          e.textPokeSync,
		"call_function_interrupt": e.callFunction,
	}
}

// synchronizeRCU waits until every other CPU has been quiescent at some moment
// since it began (G0). Each look at them takes those that are off the list.
func (e *engineModern) synchronizeRCU(x *traps.Exec) traps.Result {
	x.Micro.Locked = true // a grace period is a full barrier
	began := e.get(x, ctlRCU)
	var left uint64
	why := ""
	for c := range x.M.CPUs() {
		if c == x.C.ID || began != 0 && began>>c&1 == 0 {
			continue
		}
		if busy := e.busy(x, c); busy != "" {
			left |= 1 << c
			why = fmt.Sprintf("cpu%d %s", c, busy)
		}
	}
	if left == 0 {
		if began != 0 {
			e.set(x, ctlRCU, 0)
		}
		x.Say("G0", "every CPU has passed a quiescent state: nobody can still use the probe, the struct may be freed")
		return traps.Next
	}
	x.Sayf("G0", func() string { return why + ": its read-side section may have begun before, wait for it" })
	return e.keepWaiting(x, ctlRCU, began, left, "rcu")
}

// keepWaiting is a wait's step: it goes on when others have, and only that the
// list became shorter is a change.
func (e *engineModern) keepWaiting(x *traps.Exec, list ctlVar, before, left uint64, lock string) traps.Result {
	if left == before {
		x.Micro.Holds = lock
		return traps.Spin
	}
	e.set(x, list, left)
	return traps.Jump
}

// busy tells why vCPU c is in no quiescent state, or "". Interrupts that are off,
// preemption that is off, and a probe's handlers and step each are an RCU
// read-side section; ring 3, an idle CPU and one whose task has ended are none.
func (e *engineModern) busy(x *traps.Exec, c int) string {
	word := x.M.Arch.Word()
	at := e.ctl + uint64(c)*ctlWords*uint64(word) + uint64(ctlCurrent)*uint64(word)
	running, _ := x.M.PeekWord(x.C.Space, at, word)
	switch {
	case !e.started(x, c) || x.M.Register(c, emu.RegisterCPL) == 3:
		return ""
	case running != 0:
		return "runs a probe"
	case x.M.Register(c, emu.RegisterIF) == 0:
		return "has interrupts off"
	case x.K.PreemptCount(x.M, c) != 0:
		return "has preemption off"
	}
	return ""
}

// started reports whether c runs a task. Others idle.
func (e *engineModern) started(x *traps.Exec, c int) bool {
	return x.M.Register(c, emu.RegisterEnded) == 0 && x.K.Tasks[c].Started
}

// textPokeSync sends every other CPU an interrupt, whose return serialises, and
// waits until all have taken it: one that has interrupts off takes it later.
// This CPU serialises by itself.
func (e *engineModern) textPokeSync(x *traps.Exec) traps.Result {
	x.Micro.Locked = true // smp_call_function_many() adds to lists by locked instructions
	waits := e.get(x, ctlIPIs)
	var left uint64
	for c := range x.M.CPUs() {
		if c != x.C.ID && e.started(x, c) && (waits == 0 || waits>>c&1 != 0) {
			left |= 1 << c
		}
	}
	switch {
	case left == 0:
		if waits != 0 {
			e.set(x, ctlIPIs, 0)
		}
		x.Say("G0", "every CPU that runs has taken the interrupt: none has old bytes of the code any more")
		return traps.Next
	case waits == 0:
		for c := range x.M.CPUs() {
			if left>>c&1 != 0 {
				x.M.RaiseInterrupt(c, callFunctionVector)
			}
		}
		e.set(x, ctlIPIs, left|ctlSent)
		x.Say("G0", "an interrupt goes to every other CPU: its return serialises, so the code is fetched anew")
		return traps.Jump
	}
	x.Sayf("G0", func() string {
		return fmt.Sprintf("wait for the CPUs that have not taken the interrupt (set %#x)", left)
	})
	return e.keepWaiting(x, ctlIPIs, waits, left|ctlSent, "ipi")
}

// ctlSent in ctlIPIs says that the interrupts were sent.
const ctlSent = 1 << emu.MaxCPUs

// callFunction is the interrupt's handler: whoever waits for this CPU need not
// any more.
func (e *engineModern) callFunction(x *traps.Exec) traps.Result {
	x.Micro.Locked = true // each bit stands for a word of the C's, which another CPU does not store to
	word := x.M.Arch.Word()
	for id := range x.M.CPUs() {
		at := e.ctl + uint64(id)*ctlWords*uint64(word) + uint64(ctlIPIs)*uint64(word)
		if v, _ := x.M.PeekWord(x.C.Space, at, word); v>>x.C.ID&1 != 0 {
			x.M.PokeWord(x.C.Space, at, word, v&^(1<<x.C.ID))
		}
	}
	x.Say("G0", "do_sync_core: the return from this interrupt serialises")
	return traps.Next
}
