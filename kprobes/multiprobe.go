package kprobes

import (
	"fmt"

	"trapline/emu"
	"trapline/traps"
)

// Multiprobe (seed 004): several probes at one address, linked to an active
// probe whose common handlers call each one's own. A struct multiprobe is a
// struct kprobe whose first two words are next and pprev of its list.

// writerBit marks multiprobe_lock as held for writing; the writer's number
// plus one is added. Below it the word counts readers.
const writerBit = 0x100

func (e *engine2005) multiprobeOps() map[string]traps.Op {
	return map[string]traps.Op{
		"read_lock":          e.readLock,
		"read_unlock":        e.readUnlock,
		"write_lock":         e.writeLock,
		"write_unlock":       e.writeUnlock,
		"alloc_active_probe": e.allocActive,
		"free_active_probe":  e.freeActive,
		"link_multiprobe":    e.linkMultiprobe,
		"unlink_multiprobe":  e.unlinkMultiprobe,
	}
}

const multiLock = "multiprobe_lock"

func (e *engine2005) readLock(x *traps.Exec) traps.Result {
	v := x.Word(multiLock)
	if v >= writerBit {
		x.Micro.Holds = multiLock
		x.Sayf("M4", func() string {
			return fmt.Sprintf("multiprobe_lock is held for writing by cpu%d: this CPU waits, with kprobe_lock held", v-writerBit-1)
		})
		return traps.Spin
	}
	x.SetWord(multiLock, v+1)
	x.K.AddPreemptCount(x.C, 1) // K0
	x.Say("M4", "multiprobe_lock is taken for reading, with kprobe_lock held")
	return traps.Next
}

func (e *engine2005) readUnlock(x *traps.Exec) traps.Result {
	x.SetWord(multiLock, x.Word(multiLock)-1)
	x.K.AddPreemptCount(x.C, -1) // K0
	x.Say("M4", "multiprobe_lock's reader leaves")
	return traps.Next
}

func (e *engine2005) writeLock(x *traps.Exec) traps.Result {
	v := x.Word(multiLock)
	if v != 0 {
		x.Micro.Holds = multiLock
		x.Say("M4", "multiprobe_lock is held: this CPU waits to write")
		return traps.Spin
	}
	x.SetWord(multiLock, writerBit+uint64(x.C.ID)+1)
	x.K.AddPreemptCount(x.C, 1) // K0
	x.Say("M4", "multiprobe_lock is taken for writing; kprobe_lock comes next: the other order from a hit's")
	return traps.Next
}

func (e *engine2005) writeUnlock(x *traps.Exec) traps.Result {
	x.SetWord(multiLock, 0)
	x.K.AddPreemptCount(x.C, -1) // K0
	x.Say("M4", "multiprobe_lock is released")
	return traps.Next
}

// activeAt is the struct kprobe inside active probe i: its head is the word before.
func (e *engine2005) activeAt(x *traps.Exec, i int) uint64 {
	return x.K.Symbol("active_pool") + uint64(i)*e.l.size + uint64(x.M.Arch.Word())
}

// allocActive makes an active probe for the multiprobe at hand (M1).
func (e *engine2005) allocActive(x *traps.Exec) traps.Result {
	word := x.M.Arch.Word()
	addr := e.addr(x)
	for i := range activeSlots {
		at := e.activeAt(x, i)
		if v, _ := x.M.PeekWord(x.C.Space, at+e.l.addr, word); v != 0 {
			continue
		}
		put := func(off, v uint64) { x.M.PokeWord(x.C.Space, at+off, word, v) }
		x.M.PokeWord(x.C.Space, at-uint64(word), word, 0)
		put(e.l.addr, addr)
		put(e.l.pre, x.K.Symbol("comm_pre_handler"))
		put(e.l.post, x.K.Symbol("comm_post_handler"))
		put(e.l.fault, x.K.Symbol("comm_fault_handler"))
		put(e.l.ainsn, e.slots+uint64(MaxProbes+i)*copySize)
		x.Return(at)
		x.Sayf("M1", func() string {
			return fmt.Sprintf("an active probe with the common handlers is made for %s", x.K.Name(addr))
		})
		return traps.Next
	}
	x.C.Shutdown = fmt.Sprintf("more than %d addresses with multiprobes", activeSlots)
	return traps.Next
}

func (e *engine2005) freeActive(x *traps.Exec) traps.Result {
	x.M.PokeWord(x.C.Space, x.Regs.Addr+e.l.addr, x.M.Arch.Word(), 0)
	x.Say("M2", "the last multiprobe is out: the active probe is freed")
	return traps.Next
}

// linkMultiprobe is hlist_add_head: the multiprobe comes first in the active
// probe's list, so handlers run newest first. The active probe is in the text's
// pt_regs register. One that is linked already then follows itself.
func (e *engine2005) linkMultiprobe(x *traps.Exec) traps.Result {
	word := x.M.Arch.Word()
	head := x.Regs.Addr - uint64(word)
	first, _ := x.M.PeekWord(x.C.Space, head, word)
	x.M.PokeWord(x.C.Space, x.Probe, word, first)
	if first != 0 {
		x.M.PokeWord(x.C.Space, first+uint64(word), word, x.Probe)
	}
	x.M.PokeWord(x.C.Space, head, word, x.Probe)
	x.M.PokeWord(x.C.Space, x.Probe+uint64(word), word, head)
	e.g.setRegistered(e.g.index(x.Probe), true)
	x.Say("M6", "the multiprobe is linked; the breakpoint has been armed since before")
	return traps.Next
}

// unlinkMultiprobe is hlist_del. Nobody looks whether the multiprobe is linked:
// the pprev of one that never was is NULL, of one that was taken out a poison.
func (e *engine2005) unlinkMultiprobe(x *traps.Exec) traps.Result {
	word := x.M.Arch.Word()
	next, _ := x.M.PeekWord(x.C.Space, x.Probe, word)
	pprev, _ := x.M.PeekWord(x.C.Space, x.Probe+uint64(word), word)
	if !x.M.PokeWord(x.C.Space, pprev, word, next) {
		pageFault(x, pprev, emu.PFWrite)
		x.Sayf("M2", func() string {
			return fmt.Sprintf("the multiprobe is not linked: *pprev is written at %#x, with multiprobe_lock held", pprev)
		})
		return traps.Next
	}
	if next != 0 {
		x.M.PokeWord(x.C.Space, next+uint64(word), word, pprev)
	}
	x.M.PokeWord(x.C.Space, x.Probe, word, listPoison1)
	x.M.PokeWord(x.C.Space, x.Probe+uint64(word), word, listPoison2)
	e.g.setRegistered(e.g.index(x.Probe), false)
	x.Say("M2", "the multiprobe leaves the list")
	return traps.Next
}

// What hlist_del leaves in next and pprev (include/linux/list.h of 2.6).
const (
	listPoison1 = 0x00100100
	listPoison2 = 0x00200200
)

// RegisterMulti registers probe i as a multiprobe before the run, as
// register_multiprobe would (M1, M2). Only engine 2005 has it.
func (g *Manager) RegisterMulti(i int) error {
	e, ok := g.ops.(*engine2005)
	if !ok {
		return fmt.Errorf("register_multiprobe(%s): engine %s has no multiprobe", g.probes[i].Name, g.Engine)
	}
	return g.outside(i, func(x *traps.Exec) error { return e.registerMulti(x, i) })
}

func (e *engine2005) registerMulti(x *traps.Exec, i int) error {
	p := e.lookup(x, e.addr(x))
	if p == 0 {
		e.allocActive(x)
		p = x.C.Reg(emu.RAX)
		y := *x
		y.Probe = p
		if err := e.registerCopy(&y); err != nil {
			return err
		}
	} else if pre, _ := x.M.PeekWord(x.C.Space, p+e.l.pre, x.M.Arch.Word()); pre != x.K.Symbol("comm_pre_handler") {
		return fmt.Errorf("register_multiprobe(%s): %w", e.g.probes[i].Name, errExist)
	}
	x.Regs.Addr = p
	e.linkMultiprobe(x)
	return nil
}
