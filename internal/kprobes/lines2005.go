package kprobes

import (
	"fmt"
	"maps"

	"trapline/internal/emu"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Seen tells what lines of engines/2005/*.c mean.
func (e *copying) Seen() map[string]traps.Seen {
	seen := e.locked.Seen()
	maps.Copy(seen, e.seenCopies())
	maps.Copy(seen, map[string]traps.Seen{
		"reentrant_step":    e.seenGivenUp,
		"read_wait":         e.seenReadWait,
		"read_lock":         e.seenReadLock,
		"write_lock":        e.seenWriteLock,
		"link_multiprobe":   e.seenLinked,
		"unlink_multiprobe": e.seenGoing,
	})
	return seen
}

// seenGivenUp: give_up_step(p, regs) is called for a hit during a step (K7).
func (e *copying) seenGivenUp(x *traps.Exec) {
	x.Probe = x.CallArg(0)
	x.Micro.Work = emu.WorkReenter
	e.g.add(e.g.index(x.Probe), Reentrant)
	x.M.Note(emu.Note{Kind: NoteReentrant, ID: "K7", Text: "hit during a step", Addr: e.addr(x)})
}

// seenCopyIP: the frame's eip is set to where the instruction will be stepped.
func (e *common) seenCopyIP(x *traps.Exec) {
	if to := x.Written().New; to-e.slots < copies*copySize {
		e.g.step[x.C.ID].at(to)
	}
}

// seenReadWait: multiprobe_lock was looked at by who wants to read (M4).
func (e *copying) seenReadWait(x *traps.Exec) {
	v := x.Loaded().Value
	if v < writerBit {
		return
	}
	x.Wait(multiLock)
	x.Sayf("M4", func() string {
		return fmt.Sprintf("multiprobe_lock is held for writing by cpu%d: this CPU waits, with kprobe_lock held", v-writerBit-1)
	})
}

// seenReadLock: a locked compare and exchange has counted a reader if it left ZF
// set. Then the list stands, and the handlers on it are called. Those that the
// simulator runs count themselves (countMultiprobe).
func (e *copying) seenReadLock(x *traps.Exec) {
	if x.C.RFLAGS&x86.ZF == 0 {
		x.Say("M4", "multiprobe_lock has changed meanwhile: once more")
		return
	}
	caller := e.caller(x)
	for _, i := range e.g.byAddr[e.peek(x, e.current(x)+e.l.addr)] {
		p := e.g.probes[i]
		switch {
		case !e.g.registered(i):
		case caller == "comm_pre_handler" && p.Pre.Action == nil && p.Return == nil:
			e.g.begun(x.C.ID, i)
		case caller == "comm_post_handler" && p.Post.Action == nil && e.g.step[x.C.ID].members.has(e.g.place(i)):
			e.g.add(i, Posts)
		}
	}
}

func (e *copying) seenWriteLock(x *traps.Exec) {
	if x.C.RFLAGS&x86.ZF == 0 {
		x.Wait(multiLock)
		x.Say("M4", "multiprobe_lock is held: this CPU waits to write")
	}
}

// seenLinked: hlist_add_head(&mp->hlist, head) is called, and hlist is its first
// member (M6).
func (e *copying) seenLinked(x *traps.Exec) { e.g.setRegistered(e.g.index(x.CallArg(0)), true) }

// seenCall: get_free_instance(rp) is called. A multiprobe's common handler calls
// it for a probe that is not the one that was hit.
func (e *common) seenCall(x *traps.Exec) {
	rp := x.CallArg(0)
	if i := e.g.index(rp); i >= 0 && e.current(x) != rp {
		e.g.begun(x.C.ID, i)
	}
}

// seenKretprobeMissed: rp->nmissed goes up (E7).
func (e *common) seenKretprobeMissed(x *traps.Exec) {
	x.Probe = x.Written().Addr - krpNmissed*uint64(x.M.Arch.Word())
	e.g.add(e.g.index(x.Probe), Nmissed)
	x.M.Note(emu.Note{Kind: NoteMissed, ID: "E7", Text: "nmissed", Addr: e.addr(x)})
}
