package kprobes

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// What engine modern's register and unregister wait for is in other CPUs' states:
// that they have taken an interrupt (text_poke_sync), which they do not while it
// is held off, and that none can still use what was taken out (synchronize_rcu).

// callFunctionVector is CALL_FUNCTION_VECTOR.
const callFunctionVector = 0xfb

func (e *perCPU) waitOps() map[string]traps.Op {
	return map[string]traps.Op{
		"synchronize_rcu":        e.synchronizeRCU,
		"smp_call_function_many": e.callOthers,
		"csd_lock_wait":          e.waitForOthers,
	}
}

// synchronizeRCU waits until every other CPU has been quiescent at some moment
// since it began (G0): a set of CPUs in eax, at first of all. Each look takes
// those out that are.
func (e *perCPU) synchronizeRCU(x *traps.Exec) traps.Result {
	x.Micro.Locked = true // a grace period is a full barrier
	before := x.Arg()
	var left uint64
	why := ""
	for c := range x.M.CPUs() {
		if c == x.C.ID || before>>c&1 == 0 {
			continue
		}
		if busy := e.busy(x, c); busy != "" {
			left |= 1 << c
			why = fmt.Sprintf("cpu%d %s", c, busy)
		}
	}
	x.Return(left)
	if left == 0 {
		x.Say("G0", "every CPU has passed a quiescent state: nobody can still use the probe, the struct may be freed")
		return traps.Next
	}
	x.Sayf("G0", func() string { return why + ": its read-side section may have begun before, wait for it" })
	if left == before {
		x.Micro.Holds = "rcu"
		return traps.Spin
	}
	return traps.Jump
}

// busy tells why vCPU c is in no quiescent state, or "". Interrupts that are off,
// preemption that is off, and a probe's handlers and step each are an RCU
// read-side section; ring 3, an idle CPU and one whose task has ended are none.
func (e *perCPU) busy(x *traps.Exec, c int) string {
	word := x.M.Arch.Word()
	running, _ := x.M.PeekWord(x.C.Space, e.ctl+uint64(c)*ctlWords*uint64(word)+uint64(ctlCurrent)*uint64(word), word)
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
func (e *perCPU) started(x *traps.Exec, c int) bool {
	return x.M.Register(c, emu.RegisterEnded) == 0 && x.K.Tasks[c].Started
}

// called goes through the other CPUs that run tasks: the word at ebx on of each
// says who waits for it, a bit each.
func (e *perCPU) called(x *traps.Exec, see func(c int, at uint64)) {
	for c := range x.M.CPUs() {
		if c != x.C.ID && e.started(x, c) {
			see(c, x.C.Reg(x86.RBX)+uint64(c*x.M.Arch.Word()))
		}
	}
}

// callOthers sends each an interrupt. This CPU serialises by itself.
func (e *perCPU) callOthers(x *traps.Exec) traps.Result {
	x.Micro.Locked = true // smp_call_function_many() adds to lists by locked instructions
	e.called(x, func(c int, at uint64) {
		e.write(x, at, e.peek(x, at)|1<<x.C.ID)
		x.M.RaiseInterrupt(c, callFunctionVector)
	})
	x.Say("G0", "an interrupt goes to every other CPU: its return serialises, so the code is fetched anew")
	return traps.Next
}

// waitForOthers waits until those have run the function, or their tasks have ended.
func (e *perCPU) waitForOthers(x *traps.Exec) traps.Result {
	var left uint64
	e.called(x, func(c int, at uint64) { left |= e.peek(x, at) >> x.C.ID & 1 << c })
	if left == 0 {
		x.Say("G0", "every CPU that runs has taken the interrupt: none has old bytes of the code any more")
		return traps.Next
	}
	x.Sayf("G0", func() string {
		return fmt.Sprintf("wait for the CPUs that have not taken the interrupt (set %#x)", left)
	})
	x.Micro.Holds = "ipi"
	return traps.Spin
}
