package kprobes

import (
	"fmt"

	"trapline/internal/linux/abi"
	"trapline/internal/traps"
)

// Registering outside guest time, as engines/modern/register.c does it, and
// probes at one address: an aggregated probe takes the hash table's place and
// its handlers call each one's own (M5).

// define makes the probe's list empty, beside its place for the copy.
func (e *perCPU) define(i int) {
	e.defineCopy(i)
	at, word := e.g.Address(i)+e.l.list, e.arch.Word()
	e.g.poke(at, at, word)
	e.g.poke(at+uint64(word), at, word)
}

// register puts the probe behind those that were defined after it: the kernel
// registers an event's probe when it is defined and only arms it later, so that
// enabling does not change the order.
func (e *perCPU) register(x *traps.Exec) error {
	if e.g.Blacklisted(e.addr(x)) {
		return abi.EINVAL
	}
	ap := e.lookup(x, e.addr(x))
	if ap == 0 {
		if errno := e.prepare(x); errno != 0 {
			return errno
		}
		return e.common.register(x)
	}
	if !e.aggregated(x, ap) {
		first := ap
		if ap = e.aggregate(x, first); ap == 0 {
			return fmt.Errorf("more than %d addresses with several probes", activeSlots)
		}
	}
	at := ap + e.l.list
	for next, n := e.peek(x, at), 0; n < MaxProbes && next != ap+e.l.list && next > x.Probe; n++ {
		at = next
		next = e.peek(x, at)
	}
	e.link(x, x.Probe+e.l.list, at)
	if e.field(x, e.l.post) != 0 {
		e.write(x, ap+e.l.post, x.K.Symbol("aggr_post_handler"))
	}
	e.g.setRegistered(e.g.index(x.Probe), true)
	return nil
}

func (e *perCPU) aggregated(x *traps.Exec, p uint64) bool {
	return e.peek(x, p+e.l.pre) == x.K.Symbol("aggr_pre_handler")
}

// link puts an entry behind the one at at.
func (e *perCPU) link(x *traps.Exec, entry, at uint64) {
	w, next := uint64(x.M.Arch.Word()), e.peek(x, at)
	e.write(x, entry, next)
	e.write(x, entry+w, at)
	e.write(x, next+w, entry)
	e.write(x, at, entry)
}

// aggregate is init_aggr_kprobe() with a free one, or 0.
func (e *perCPU) aggregate(x *traps.Exec, first uint64) uint64 {
	w := uint64(x.M.Arch.Word())
	for i := range activeSlots {
		ap := x.K.Symbol("aggr_pool") + uint64(i)*e.l.size
		if e.peek(x, ap+e.l.addr) != 0 {
			continue
		}
		for off := uint64(0); off < e.l.list; off += w {
			e.write(x, ap+off, e.peek(x, first+off))
		}
		e.write(x, ap+e.l.pre, x.K.Symbol("aggr_pre_handler"))
		e.write(x, ap+e.l.fault, x.K.Symbol("aggr_fault_handler"))
		if e.peek(x, ap+e.l.post) != 0 {
			e.write(x, ap+e.l.post, x.K.Symbol("aggr_post_handler"))
		}
		e.write(x, ap+e.l.list, ap+e.l.list)
		e.write(x, ap+e.l.list+w, ap+e.l.list)
		e.link(x, first+e.l.list, ap+e.l.list)
		if next := e.peek(x, ap); next != 0 { // the neighbours in the bucket
			e.write(x, next+w, ap)
		}
		e.write(x, e.peek(x, ap+w), ap)
		return ap
	}
	return 0
}

// unregister is unregister_kprobe's work outside guest time.
func (e *perCPU) unregister(x *traps.Exec) {
	ap := e.lookup(x, e.addr(x))
	if ap == 0 || ap == x.Probe {
		e.common.unregister(x)
		return
	}
	w, entry := uint64(x.M.Arch.Word()), x.Probe+e.l.list
	next, prev := e.peek(x, entry), e.peek(x, entry+w)
	e.write(x, prev, next)
	e.write(x, next+w, prev)
	e.g.setRegistered(e.g.index(x.Probe), false)
	e.write(x, entry, entry)
	e.write(x, entry+w, entry)
	if e.peek(x, ap+e.l.list) == ap+e.l.list { // it was the last one
		x.Probe = ap
		e.common.unregister(x)
		e.write(x, ap+e.l.addr, 0)
	}
}
