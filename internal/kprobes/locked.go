package kprobes

import (
	"fmt"
	"maps"

	"trapline/internal/emu"
	"trapline/internal/traps"
)

// kprobeCPU is the word that holds the number of the vCPU that has the probe
// lock, or nrCPUs.
const kprobeCPU = "kprobe_cpu"

// locked is what the engines with one global lock add to common: kprobe_lock
// is held from the hit to the end of its step (K6).
type locked struct{ common }

// lockedOps are the micro-steps of 2002 and 2005.
func (e *locked) lockedOps() map[string]traps.Op {
	ops := e.sharedOps()
	maps.Copy(ops, map[string]traps.Op{
		"preempt_disable":           addPreemptCount(1),
		"preempt_enable_no_resched": addPreemptCount(-1),
		"spin_lock":                 e.spinLock,
		"spin_unlock":               e.spinUnlock,
		"set_kprobe_cpu":            e.setKprobeCPU,
		"clear_kprobe_cpu":          e.clearKprobeCPU,
		"reentrant_hit":             traps.Nothing,
		"rewind_eip":                e.rewindIP,
		"kprobe_running":            e.kprobeRunning,
	})
	return ops
}

func addPreemptCount(by int) traps.Op {
	return func(x *traps.Exec) traps.Result {
		x.K.AddPreemptCount(x.C, by)
		return traps.Next
	}
}

// spinLock takes kprobe_lock: 0 is free, else it holds the owner's number
// plus one (K6, K12).
func (e *locked) spinLock(x *traps.Exec) traps.Result {
	x.Micro.Takes = x.K.Symbol("kprobe_lock")
	owner := x.Word("kprobe_lock")
	if owner != 0 {
		x.Micro.Holds = "kprobe_lock"
		if int(owner) == x.C.ID+1 {
			x.Say("K12", "kprobe_lock is held by this very CPU: it spins for ever")
		} else {
			x.Sayf("K6", func() string {
				return fmt.Sprintf("kprobe_lock is held by cpu%d: this CPU spins with interrupts off", owner-1)
			})
		}
		return traps.Spin
	}
	x.SetWord("kprobe_lock", uint64(x.C.ID+1))
	x.K.AddPreemptCount(x.C, 1) // K0: with CONFIG_PREEMPT a spinlock does
	return traps.Next
}

func (e *locked) spinUnlock(x *traps.Exec) traps.Result {
	x.K.AddPreemptCount(x.C, -1) // K0
	x.SetWord("kprobe_lock", 0)
	return traps.Next
}

func (e *locked) setKprobeCPU(x *traps.Exec) traps.Result {
	x.SetWord(kprobeCPU, uint64(x.C.ID))
	return traps.Next
}

func (e *locked) clearKprobeCPU(x *traps.Exec) traps.Result {
	x.SetWord(kprobeCPU, nrCPUs)
	return traps.Next
}

func (e *locked) kprobeRunning(x *traps.Exec) traps.Result {
	x.Return(emu.B2U(x.HoldsOwnNumber(kprobeCPU)))
	return traps.Next
}
