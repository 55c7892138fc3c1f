package kprobes

import (
	"maps"

	"trapline/internal/emu"
	"trapline/internal/traps"
)

// Seen tells what lines of engines/modern/*.c mean.
func (e *perCPU) Seen() map[string]traps.Seen {
	seen := e.seen()
	maps.Copy(seen, e.seenCopies())
	maps.Copy(seen, map[string]traps.Seen{
		"set_current_kprobe":      e.seenCurrent,
		"hit_active":              e.seenActive,
		"save_previous_kprobe":    e.seenPutAside,
		"restore_previous_kprobe": e.seenTakenBack,
		"set_reenter":             e.seenReenter,
		"reset_current_kprobe":    e.seenLeft,
		"begin_post":              seenPost,
		"restore_saved_flags":     e.seenEnd,
		"reenter_kprobe":          e.seenSkipped,
		"inc_nmissed":             e.seenMissed,
		"boost":                   e.seenBoost,
		"emulated":                e.seenEmulated,
		"mutex_lock":              e.seenLock,
		"mutex_unlock":            e.seenUnlock,
		"list_del":                e.seenDeleted,
		"write_breakpoint":        e.seenArmed,
		"disable_kprobe":          e.seenDisabled,
		"enable_kprobe":           e.seenEnabled,
		"gather":                  e.seenGathered,
		"ungather":                e.seenUngathered,
		"set_kprobe_instance":     e.seenInstance,
	})
	return seen
}

// Asks: nothing asks for a CPU's number.
func (e *perCPU) Asks() string { return "" }

// begin notes that this CPU steps x.Probe from now on.
func (e *perCPU) begin(x *traps.Exec) {
	e.g.step[x.C.ID].begin(e.addr(x))
}

func (e *perCPU) seenCurrent(x *traps.Exec) {
	x.Probe = x.Written().New
	e.begin(x)
}

// seenActive: of gathered probes, those that have no handler to call are hit now.
func (e *perCPU) seenActive(x *traps.Exec) {
	if e.atHand(x) < 0 {
		e.each(x, func(i int) {
			if p := e.g.probes[i]; !p.Pre.Set() && p.Return == nil {
				e.g.begun(x.C.ID, i)
			}
		})
	}
	e.hit(x)
}

func (e *perCPU) seenPutAside(x *traps.Exec) { e.g.step[x.C.ID].aside() }

func (e *perCPU) seenTakenBack(x *traps.Exec) {
	x.Micro.Work = emu.WorkEnd
	e.g.step[x.C.ID].back()
}

func (e *perCPU) seenReenter(x *traps.Exec) {
	x.Micro.Work = emu.WorkReenter
	e.g.step[x.C.ID].steps()
}

func seenPost(x *traps.Exec) { x.Micro.Work = emu.WorkPost }

// seenInstance: a handler of a gathered probe is called next. Those that the
// simulator runs count themselves (countMultiprobe), and so do return probes (seenCall).
func (e *perCPU) seenInstance(x *traps.Exec) {
	i := e.g.index(x.Written().New)
	if i < 0 {
		return
	}
	switch p := e.g.probes[i]; e.caller(x) {
	case "aggr_pre_handler":
		if p.Pre.Action == nil && p.Return == nil {
			e.g.begun(x.C.ID, i)
		}
	case "aggr_post_handler":
		if p.Post.Action == nil {
			e.g.posted(x.C.ID, i)
		}
	}
}

// seenEnd: the step is over. It ends every gathered probe's hit: a probe with a
// post_handler is counted when that runs.
func (e *perCPU) seenEnd(x *traps.Exec) {
	e.atHand(x)
	if e.get(x, ctlStatus) != reenter {
		e.endHit(x)
	}
}

// endHit counts the end of the hit of x.Probe.
func (e *perCPU) endHit(x *traps.Exec) {
	if i := e.g.index(x.Probe); i >= 0 {
		e.g.add(i, Posts)
		return
	}
	s := &e.g.step[x.C.ID]
	e.g.eachOf(&s.hitAt, func(i int) {
		if e.g.probes[i].Post.Set() {
			s.due = s.due.with(e.g.place(i))
		} else {
			e.g.add(i, Posts)
		}
	})
}

// seenLeft: the hit is left.
func (e *perCPU) seenLeft(x *traps.Exec) {
	e.seenLeave(x)
	e.settle(x)
}

// settle counts the gathered probes whose post_handler will not come any more: aggr_post_handler() passes over those that
// were disabled, or taken out, since their pre_handler.
func (e *perCPU) settle(x *traps.Exec) {
	s := &e.g.step[x.C.ID]
	for n, i := range e.g.byAddr[s.addr] {
		if s.due.has(n) {
			e.g.add(i, Unposted)
		}
	}
	s.due = members{}
}

// each sees the registered probes at the address of x.Probe.
func (e *perCPU) each(x *traps.Exec, see func(i int)) {
	for _, i := range e.g.byAddr[e.addr(x)] {
		if e.g.registered(i) {
			see(i)
		}
	}
}

// missed: kprobes_inc_nmissed_count() for x.Probe. Of gathered probes it counts for each, disabled ones too.
func (e *perCPU) missed(x *traps.Exec) {
	if e.aggregated(x, x.Probe) {
		e.gathered(x, x.Probe, func(at uint64) bool {
			e.g.add(e.g.index(at), Nmissed)
			return true
		})
	} else {
		e.g.add(e.g.index(x.Probe), Nmissed)
	}
	x.M.Note(emu.Note{Kind: NoteMissed, ID: "O4", Text: "nmissed", Addr: e.addr(x)})
}

// skipped: the same for a hit inside a hit.
func (e *perCPU) skipped(x *traps.Exec) {
	e.missed(x)
	e.each(x, func(i int) {
		e.g.add(i, Skipped)
		s := &e.g.step[x.C.ID]
		s.skipped = s.skipped.with(e.g.place(i))
	})
}

func (e *perCPU) seenMissed(x *traps.Exec) {
	x.Probe = x.CallArg(0)
	e.missed(x)
}

func (e *perCPU) seenSkipped(x *traps.Exec) {
	x.Probe = x.CallArg(0)
	e.skipped(x)
}

// seenBoost: the frame's eip is set to a copy that runs without a trap at its
// end. A hit inside a hit leaves the outer one current. What a guest has put in the
// place of a copy's address is nothing that can be counted.
func (e *perCPU) seenBoost(x *traps.Exec) {
	to := x.Written().New
	i := (to - e.slots) / copySize
	if i >= uint64(len(e.g.probes)) {
		return
	}
	addr := e.g.probes[i].Addr
	if x.Probe = e.lookup(x, addr); e.current(x) == 0 {
		e.endHit(x)
		e.settle(x)
	}
	e.g.step[x.C.ID].runs(addr, to, e.current(x) != 0)
}

// seenEmulated: emulate(way, p, regs) is called.
func (e *perCPU) seenEmulated(x *traps.Exec) {
	x.Probe = x.CallArg(1)
	e.g.eachOf(&e.g.step[x.C.ID].hitAt, func(i int) { e.g.add(i, Executions) })
	e.seenEnd(x)
}

// seenDeleted: hlist_del_rcu(&p->hlist) is called, and hlist is struct kprobe's first
// member. An aggregated probe goes with the last one at its address.
func (e *perCPU) seenDeleted(x *traps.Exec) {
	x.Probe = x.CallArg(0)
	e.each(x, func(i int) { e.g.setRegistered(i, false) })
}

// seenArmed: CC was written, for all enabled probes at the address.
func (e *perCPU) seenArmed(x *traps.Exec) {
	e.enabled(x, x.Written().Addr)
}

func (e *perCPU) enabled(x *traps.Exec, addr uint64) {
	ap := e.lookup(x, addr)
	for _, i := range e.g.byAddr[addr] {
		if at := e.g.Address(i); at == ap || e.lists(x, ap, at) {
			if flags, _ := x.M.PeekWord(x.C.Space, at+e.l.opcode+3, 1); flags == 0 {
				e.g.setRegistered(i, true)
			}
		}
	}
}

// lists reports whether the probe at at is on the list of an aggregated one.
func (e *perCPU) lists(x *traps.Exec, ap, at uint64) (found bool) {
	e.gathered(x, ap, func(p uint64) bool {
		found = p == at
		return !found
	})
	return found
}

// gathered sees the addresses of the probes on the list of an aggregated one, until see says false. The
// bound is for lists that a guest has broken.
func (e *perCPU) gathered(x *traps.Exec, ap uint64, see func(at uint64) bool) {
	next := e.peek(x, ap+e.l.list)
	for n := 0; n < MaxProbes && next != ap+e.l.list && see(next-e.l.list); n++ {
		next = e.peek(x, next)
	}
}

// seenDisabled: __disable_kprobe(p) is called.
func (e *perCPU) seenDisabled(x *traps.Exec) { e.g.setRegistered(e.g.index(x.CallArg(0)), false) }

// seenEnabled: a probe's flags were cleared; another one may keep the breakpoint.
func (e *perCPU) seenEnabled(x *traps.Exec) {
	x.Probe = x.Written().Addr - e.l.opcode - 3
	if b, _ := x.M.PeekWord(x.C.Space, e.addr(x), 1); b == breakpoint {
		e.enabled(x, e.addr(x))
	}
}

// seenGathered: list_add_rcu(&p->list, head) is called (M5).
func (e *perCPU) seenGathered(x *traps.Exec) {
	e.g.setRegistered(e.g.index(x.CallArg(0)-e.l.list), true)
}

func (e *perCPU) seenUngathered(x *traps.Exec) {
	e.g.setRegistered(e.g.index(x.CallArg(0)-e.l.list), false)
}
