package kprobes

import (
	"fmt"
	"maps"

	"trapline/internal/emu"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// seen tells what lines mean that the text of every kernel with probes has, by the
// names that they have there. Other names mean no more than their lines say.
func (e *common) seen() map[string]traps.Seen {
	return map[string]traps.Seen{
		"spin_lock":         e.seenLock,
		"spin_unlock":       e.seenUnlock,
		"hit_ss":            e.seenStep,
		"breakpoint_gone":   e.seenGone,
		"write_breakpoint":  e.seenArmed,
		"restore_opcode":    e.seenDisarmed,
		"restore_old_flags": e.seenFault,
	}
}

// seenCopies tells the same of lines about copies and return probes.
func (e *common) seenCopies() map[string]traps.Seen {
	return map[string]traps.Seen{
		"set_copy_ip":       e.seenCopyIP,
		"kretprobe_missed":  e.seenKretprobeMissed,
		"get_free_instance": e.seenCall,
	}
}

// Seen adds what lines mean of the kernels with one lock, which is all of
// engines/2002/*.c.
func (e *locked) Seen() map[string]traps.Seen {
	seen := e.common.seen()
	maps.Copy(seen, map[string]traps.Seen{
		"set_current":         e.seenHit,
		"rewind_eip":          rewinds,
		"reentrant_hit":       e.seenReentrant,
		"restore_saved_flags": e.seenEnd,
		"clear_kprobe_cpu":    e.seenLeave,
		"list_del":            e.seenGoing,
	})
	return seen
}

// Asks names the line that compares kprobe_cpu with this CPU's number.
func (e *locked) Asks() string { return "kprobe_running" }

func rewinds(x *traps.Exec) { x.Micro.Work = emu.WorkRewind }

// seenLock: a locked compare and exchange has found the lock free if it left
// ZF set (K6, K12).
func (e *common) seenLock(x *traps.Exec) {
	if x.Micro.Takes != 0 {
		return // a micro-step
	}
	l := x.Loaded()
	x.Micro.Takes = l.Addr
	if x.C.RFLAGS&x86.ZF != 0 {
		return
	}
	for _, k := range e.g.Locks() {
		if k.Addr != l.Addr {
			continue
		}
		if k.Owner(l.Value) == x.C.ID {
			x.Micro.ID = k.ID
		}
		x.Wait(k.Name)
	}
}

func (e *common) seenUnlock(x *traps.Exec) {
	w := x.Written()
	for _, k := range e.g.Locks() {
		if k.Addr == w.Addr && k.Owner(w.Old) != x.C.ID {
			e.noteUnlock(x, k.Name, w.Old)
		}
	}
}

// noteUnlock notes that a lock was released by another than its owner (K19).
func (e *common) noteUnlock(x *traps.Exec, lock string, owner uint64) {
	holder := "free"
	if owner != 0 {
		holder = fmt.Sprintf("held by cpu%d", owner-1)
	}
	x.M.Note(emu.Note{Kind: NoteUnlock, ID: "K19", Text: lock + " unlocked while " + holder})
	x.Sayf("K19", func() string { return fmt.Sprintf("%s is unlocked, but it was %s", lock, holder) })
}

// seenHit: current_kprobe is set, which begins a hit.
func (e *common) seenHit(x *traps.Exec) {
	x.Probe = x.Written().New
	e.g.step[x.C.ID].begin(e.addr(x))
	e.hit(x)
}

func (e *common) seenStep(x *traps.Exec) {
	x.Micro.Work = emu.WorkStep
	e.g.step[x.C.ID].steps()
}

// seenReentrant: disarm_kprobe(p, regs) is called for a hit while this CPU runs a
// probe. Unless it is the current probe, nobody re-arms it (K7).
func (e *locked) seenReentrant(x *traps.Exec) {
	x.Probe = x.CallArg(0)
	x.Micro.Work = emu.WorkReenter
	i := e.g.index(x.Probe)
	e.g.add(i, Reentrant)
	addr := e.addr(x)
	x.M.Note(emu.Note{Kind: NoteReentrant, ID: "K7", Text: "hit inside a hit", Addr: addr})
	if e.get(x, ctlCurrent) == x.Probe {
		x.Sayf("K20", func() string {
			return fmt.Sprintf("the probe at %s is hit inside its own hit: no handler, its byte goes back", x.K.Name(addr))
		})
		return
	}
	e.g.setLost(i, true)
	x.Sayf("K7", func() string {
		return fmt.Sprintf("a hit inside a hit: no handler for %s, its byte goes back and is never re-armed", x.K.Name(addr))
	})
}

// seenGone: the byte of a breakpoint that is no probe's was looked at (K8).
func (e *common) seenGone(x *traps.Exec) {
	if l := x.Loaded(); l.Size != 0 && l.Value != breakpoint {
		e.noteSwallowed(x, l.Addr, l.Value)
	}
}

// noteSwallowed: a trap is ignored. 2002 leaves eip behind the byte; engines with
// copies put it back.
func (e *common) noteSwallowed(x *traps.Exec, at, value uint64) {
	if e.l.ainsn != 0 {
		x.Sayf("K8", func() string { return fmt.Sprintf("memory holds %#02x now, not CC: the breakpoint is gone", value) })
		return
	}
	x.M.Note(emu.Note{Kind: NoteSwallowed, ID: "K8", Text: "trap swallowed, eip stays behind the byte", Addr: at})
	x.Sayf("K8", func() string {
		return fmt.Sprintf("memory holds %#02x now, not CC: the trap is ignored and eip stays behind the byte", value)
	})
}

// seenArmed: CC was written at a probe's address.
func (e *common) seenArmed(x *traps.Exec) {
	p := x.Probe
	if p == 0 {
		p = e.lookup(x, x.Written().Addr)
	}
	if p == 0 { // unregistered since the hit
		p = e.current(x)
	}
	e.armed(p)
}

func (e *common) armed(p uint64) {
	i := e.g.index(p)
	e.g.setLost(i, false)
	e.g.setRegistered(i, true)
}

// seenDisarmed: the original byte is back. Where that is for good, an execution from
// now on is no miss, though the probe is still in the hash table.
func (e *common) seenDisarmed(x *traps.Exec) {
	if x.Place == nil || x.Place.Func != "unregister_kprobe" && x.Place.Func != "arch_disarm_kprobe" {
		return
	}
	for _, i := range e.g.byAddr[x.Written().Addr] {
		e.g.setRegistered(i, false)
	}
}

// seenEnd: the step is over and the saved flags are put back.
func (e *common) seenEnd(x *traps.Exec) { e.g.add(e.atHand(x), Posts) }

// seenFault: the step has faulted and the instruction will hit again (K9).
func (e *common) seenFault(x *traps.Exec) { e.g.add(e.atHand(x), Faults) }

// atHand makes the probe that the CPU runs the one at hand, if there is none, and
// gives its number.
func (e *common) atHand(x *traps.Exec) int {
	if x.Probe == 0 {
		x.Probe = e.current(x)
	}
	return e.g.index(x.Probe)
}

func (e *common) seenLeave(x *traps.Exec) {
	x.Micro.Work = emu.WorkLeave
	e.g.step[x.C.ID].leaves()
}

// seenGoing: list_del(&p->list) is called, and list is struct kprobe's first
// member (K3).
func (e *common) seenGoing(x *traps.Exec) { e.g.setRegistered(e.g.index(x.CallArg(0)), false) }
