package kprobes

import (
	"fmt"

	"trapline/internal/traps"
)

// Multiprobe (seed 004): several probes at one address, linked to an active
// probe whose common handlers call each one's own (engines/2005/multiprobe.c).
// A struct multiprobe is a struct kprobe whose first two words are next and
// pprev of its list.

// writerBit marks multiprobe_lock as held for writing; the writer's number
// plus one is added. Below it the word counts readers.
const writerBit = 0x100

const multiLock = "multiprobe_lock"

// activeAt is the struct kprobe inside active probe i: its head is the word before.
func (e *copying) activeAt(i int) uint64 {
	return e.g.K.Symbol("active_pool") + uint64(i)*e.l.size + uint64(e.g.K.M.Arch.Word())
}

// attachActive gives every active probe its place for the copy.
func (e *copying) attachActive() {
	for i := range activeSlots {
		e.g.poke(e.activeAt(i)+e.l.ainsn, e.slots+uint64(MaxProbes+i)*copySize, e.g.K.M.Arch.Word())
	}
}

// RegisterMulti registers probe i as a multiprobe before the run, as
// register_multiprobe would (M1, M2). Only engine 2005 has it.
func (g *Manager) RegisterMulti(i int) error {
	e, ok := g.ops.(*copying)
	if !ok {
		return fmt.Errorf("register_multiprobe(%s): engine %s has no multiprobe", g.probes[i].Name, g.Engine)
	}
	return g.outside(i, func(x *traps.Exec) error { return e.registerMulti(x, i) })
}

func (e *copying) registerMulti(x *traps.Exec, i int) error {
	p := e.lookup(x, e.addr(x))
	if p == 0 {
		var err error
		if p, err = e.registerActive(x); err != nil {
			return err
		}
	} else if e.peek(x, p+e.l.pre) != x.K.Symbol("comm_pre_handler") {
		return fmt.Errorf("register_multiprobe(%s): %w", e.g.probes[i].Name, errExist)
	}
	e.addHead(x, p-uint64(x.M.Arch.Word())) // handlers run newest first
	e.g.setRegistered(i, true)
	return nil
}

// registerActive makes the active probe for the multiprobe at hand.
func (e *copying) registerActive(x *traps.Exec) (uint64, error) {
	for i := range activeSlots {
		y := *x
		y.Probe = e.activeAt(i)
		if e.addr(&y) != 0 {
			continue
		}
		e.write(&y, y.Probe+e.l.addr, e.addr(x))
		e.write(&y, y.Probe+e.l.pre, x.K.Symbol("comm_pre_handler"))
		e.write(&y, y.Probe+e.l.post, x.K.Symbol("comm_post_handler"))
		e.write(&y, y.Probe+e.l.fault, x.K.Symbol("comm_fault_handler"))
		return y.Probe, e.registerCopy(&y)
	}
	return 0, fmt.Errorf("more than %d addresses with multiprobes", activeSlots)
}
