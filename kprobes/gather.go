package kprobes

import (
	"fmt"

	"trapline/emu"
	"trapline/traps"
)

// Probes at one address, engine modern (M5): a gathering probe takes the hash
// table's place and its handlers call each one's own, newest first.

func (e *engineModern) gatherOps() map[string]traps.Op {
	return map[string]traps.Op{"gather": e.gather, "ungather": e.ungather, "restore_saved_flags": e.endStep}
}

func (e *engineModern) word(x *traps.Exec, at uint64) uint64 {
	v, _ := x.M.PeekWord(x.C.Space, at, x.M.Arch.Word())
	return v
}

func (e *engineModern) put(x *traps.Exec, at, v uint64) {
	x.M.PokeWord(x.C.Space, at, x.M.Arch.Word(), v)
}

func (e *engineModern) gathers(x *traps.Exec, p uint64) bool {
	return e.word(x, p+e.l.pre) == x.K.Symbol("aggr_pre_handler")
}

// gather adds the probe at hand to those at its address; the second one there
// makes the gathering probe, which takes over the first one's copy and place.
func (e *engineModern) gather(x *traps.Exec) traps.Result {
	addr := e.addr(x)
	old := e.lookup(x, addr)
	g := old
	if !e.gathers(x, old) {
		if g = e.newGathering(x, old); g == 0 {
			x.C.Shutdown = fmt.Sprintf("more than %d addresses with several probes", activeSlots)
			return traps.Next
		}
	}
	e.put(x, x.Probe+e.l.next, e.word(x, g+e.l.head))
	e.put(x, g+e.l.head, x.Probe)
	e.g.setRegistered(e.g.index(x.Probe), true)
	x.Sayf("M5", func() string {
		return fmt.Sprintf("another probe at %s: it joins the gathering probe, newest first", x.K.Name(addr))
	})
	return traps.Next
}

// endStep counts the step as the end of every gathered probe's hit: a probe
// with a post_handler is counted when that runs, one that came since the hit
// is not.
func (e *engineModern) endStep(x *traps.Exec) traps.Result {
	if e.g.index(x.Probe) < 0 && e.get(x, ctlStatus) != reenter {
		for _, i := range e.g.byAddr[e.g.step[x.C.ID].addr] {
			if e.g.registered(i) && !e.g.probes[i].Post.Set() && e.g.Read(x.M, i, Posts) < e.g.Read(x.M, i, Hits) {
				e.g.add(i, Posts)
			}
		}
	}
	return e.restoreSavedFlags(x)
}

func (e *engineModern) newGathering(x *traps.Exec, first uint64) uint64 {
	for i := range activeSlots {
		g := x.K.Symbol("active_pool") + uint64(i)*e.l.size
		if e.word(x, g+e.l.addr) != 0 {
			continue
		}
		for off := uint64(0); off < e.l.next; off += uint64(x.M.Arch.Word()) {
			e.put(x, g+off, e.word(x, first+off))
		}
		e.put(x, g+e.l.pre, x.K.Symbol("aggr_pre_handler"))
		e.put(x, g+e.l.post, x.K.Symbol("aggr_post_handler"))
		e.put(x, g+e.l.fault, x.K.Symbol("aggr_fault_handler"))
		e.put(x, g+e.l.head, first)
		e.put(x, first+e.l.next, 0)
		w := uint64(x.M.Arch.Word())
		e.put(x, e.word(x, g)+w, g) // the neighbours in the bucket
		e.put(x, e.word(x, g+w), g)
		return g
	}
	return 0
}

// ungather takes the probe at hand out of a gathering one. It answers 1 if
// others stay, so that the breakpoint must stay too.
func (e *engineModern) ungather(x *traps.Exec) traps.Result {
	g := e.lookup(x, e.addr(x))
	if g == 0 || !e.gathers(x, g) {
		x.Return(0)
		x.Say("M5", "the only probe at its address")
		return traps.Next
	}
	at := g + e.l.head
	for n := 0; n < MaxProbes && e.word(x, at) != 0 && e.word(x, at) != x.Probe; n++ {
		at = e.word(x, at) + e.l.next
	}
	e.put(x, at, e.word(x, x.Probe+e.l.next))
	e.g.setRegistered(e.g.index(x.Probe), false)
	if e.word(x, g+e.l.head) != 0 {
		x.Return(1)
		x.Say("M5", "other probes stay at the address: so does the breakpoint")
		return traps.Next
	}
	x.C.SetReg(emu.RBX, g)
	x.Return(0)
	x.Say("M5", "the last probe at the address: the gathering one goes with it")
	return traps.Next
}

func (e *engineModern) setInstance(x *traps.Exec) traps.Result {
	e.set(x, ctlInstance, x.Probe)
	x.Say("M5", "a fault in this handler will go to this probe's fault_handler only")
	return traps.Next
}

func (e *engineModern) resetInstance(x *traps.Exec) traps.Result {
	e.set(x, ctlInstance, 0)
	x.Say("M5", "no handler of the gathering probe runs")
	return traps.Next
}

func (e *engineModern) loadInstance(x *traps.Exec) traps.Result {
	x.C.SetReg(emu.RBX, e.get(x, ctlInstance))
	x.Say("M5", "whose handler was running?")
	return traps.Next
}

// register is register_kprobe's work before the run starts.
func (e *engineModern) register(x *traps.Exec) error {
	if e.lookup(x, e.addr(x)) != 0 {
		e.gather(x)
		e.orderGathered(x)
		return nil
	}
	if err := e.g.MayProbe(e.addr(x)); err != nil {
		return err
	}
	return e.registerCopy(x)
}

// orderGathered puts the probe at hand behind those that were defined after
// it: the kernel registers an event's probe when it is defined and only arms
// it later, so that enabling does not change the order.
func (e *engineModern) orderGathered(x *traps.Exec) {
	at := e.lookup(x, e.addr(x)) + e.l.head
	e.put(x, at, e.word(x, x.Probe+e.l.next)) // gather has put it first
	for n := 0; n < MaxProbes && e.word(x, at) > x.Probe; n++ {
		at = e.word(x, at) + e.l.next
	}
	e.put(x, x.Probe+e.l.next, e.word(x, at))
	e.put(x, at, x.Probe)
}

// unregister is unregister_kprobe's work outside guest time.
func (e *engineModern) unregister(x *traps.Exec) {
	e.ungather(x)
	if x.C.Reg(emu.RAX) != 0 {
		return
	}
	x.Probe = x.C.Reg(emu.RBX)
	e.common.unregister(x)
}
