package kprobes

import (
	"fmt"
	"maps"

	"trapline/emu"
	"trapline/traps"
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
		"preempt_disable":           preemptDisable,
		"preempt_enable_no_resched": preemptEnableNoResched,
		"spin_lock":                 e.spinLock,
		"spin_unlock":               e.spinUnlock,
		"set_kprobe_cpu":            e.setKprobeCPU,
		"clear_kprobe_cpu":          e.clearKprobeCPU,
		"reentrant_hit":             e.reentrantHit,
		"rewind_eip":                e.rewindIP,
		"kprobe_running":            e.kprobeRunning,
		"load_current_kprobe":       e.loadCurrent,
		"load_kprobe_status":        e.loadStatus,
	})
	return ops
}

func preemptDisable(x *traps.Exec) traps.Result {
	x.K.AddPreemptCount(x.C, 1)
	x.Sayf("K0", func() string {
		return fmt.Sprintf("preempt_count goes up to %d: nobody may schedule while the probe lock is held", x.K.PreemptCount(x.M, x.C.ID))
	})
	return traps.Next
}

func preemptEnableNoResched(x *traps.Exec) traps.Result {
	x.K.AddPreemptCount(x.C, -1)
	x.Sayf("K0", func() string {
		return fmt.Sprintf("preempt_count goes down to %d without looking for a reason to schedule: this is still a trap", x.K.PreemptCount(x.M, x.C.ID))
	})
	return traps.Next
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
	x.Say("K6", "kprobe_lock is free and taken: no other CPU's hit gets past this point now")
	return traps.Next
}

func (e *locked) spinUnlock(x *traps.Exec) traps.Result {
	owner := x.Word("kprobe_lock")
	x.SetWord("kprobe_lock", 0)
	x.K.AddPreemptCount(x.C, -1) // K0
	if int(owner) != x.C.ID+1 {
		e.noteUnlock(x, "kprobe_lock", owner)
		return traps.Next
	}
	x.Say("K6", "kprobe_lock is released")
	return traps.Next
}

func (e *locked) setKprobeCPU(x *traps.Exec) traps.Result {
	x.SetWord(kprobeCPU, uint64(x.C.ID))
	x.Sayf("K4", func() string {
		return fmt.Sprintf("kprobe_cpu = %d: from here kprobe_running() is true on this CPU", x.C.ID)
	})
	return traps.Next
}

func (e *locked) clearKprobeCPU(x *traps.Exec) traps.Result {
	x.Micro.Work = emu.WorkLeave
	x.SetWord(kprobeCPU, nrCPUs)
	e.g.step[x.C.ID].active = false
	x.Say("K5", "kprobe_cpu = NR_CPUS: no CPU runs a probe")
	return traps.Next
}

// reentrantHit: a hit while this CPU runs a probe. The byte goes back and no
// handler is called; unless it is the current probe, nobody re-arms it (K7).
func (e *locked) reentrantHit(x *traps.Exec) traps.Result {
	x.Micro.Work = emu.WorkReenter
	i := e.g.index(x.Probe)
	e.g.add(i, Reentrant)
	addr := e.addr(x)
	x.M.Note(emu.Note{Kind: NoteReentrant, ID: "K7", Text: "hit inside a hit", Addr: addr})
	if e.get(x, ctlCurrent) == x.Probe {
		x.Sayf("K20", func() string {
			return fmt.Sprintf("the probe at %s is hit inside its own hit: no handler, its byte goes back", x.K.Name(addr))
		})
		return traps.Next
	}
	e.g.setLost(i, true)
	x.Sayf("K7", func() string {
		return fmt.Sprintf("a hit inside a hit: no handler for %s, its byte goes back and is never re-armed", x.K.Name(addr))
	})
	return traps.Next
}

func (e *locked) kprobeRunning(x *traps.Exec) traps.Result {
	running := x.HoldsOwnNumber(kprobeCPU)
	x.Return(b2u(running))
	x.Sayf("K4", func() string { return fmt.Sprintf("does this CPU run a probe already? %v", running) })
	return traps.Next
}
