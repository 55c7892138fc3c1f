package uprobes

import (
	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/linux"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

// Account is what a run shows of its hits: the first of each uprobe step by step, and the traps of all of them. It is
// the linux.Watcher of the run's kernel, and does not go back in time with it.
type Account struct {
	system  *System
	stories map[*uprobe]*Story
	open    map[*linux.Thread]*part
	counts  [kinds]TrapCount
}

// NewAccount makes an account of a system's hits from now on.
func NewAccount(s *System) *Account {
	a := &Account{system: s, stories: map[*uprobe]*Story{}, open: map[*linux.Thread]*part{}}
	for k := range a.counts {
		a.counts[k].Kind = Kind(k)
	}
	s.account = a
	return a
}

// Story is the first hit of one uprobe as the machine's events tell it.
type Story struct {
	TID, CPU int
	At       uint64 // address of the breakpoint
	Process  string
	Hit      []*emu.Event // from the #BP to where the thread goes on
	Return   []*emu.Event // the same of the function's return, with return probes
}

// MaxStory bounds the events kept of a hit, and of a return.
const MaxStory = 64

// Cut reports whether events were left out.
func (s *Story) Cut() bool { return len(s.Hit) == MaxStory || len(s.Return) == MaxStory }

// part is the half of a story that a thread is in.
type part struct {
	events  *[]*emu.Event
	trapped bool
}

// Story is the first hit at a place; nil if there was none.
func (a *Account) Story(p Place) *Story {
	if u := a.system.tree.find(p.File, p.Offset); u != nil {
		return a.stories[u]
	}
	return nil
}

// Traps are the counts of the kinds that were hit.
func (a *Account) Traps() []TrapCount {
	var l []TrapCount
	for _, c := range a.counts {
		if c.Hits > 0 {
			l = append(l, c)
		}
	}
	return l
}

// Watches is linux.Watcher's: yes from the breakpoint of a first hit on.
func (a *Account) Watches(t *linux.Thread) bool {
	if a.open[t] != nil {
		return true
	}
	ut, mm := taskOf(t), t.Process().MM()
	if mm == nil || ut.state != running || ut.notify {
		return false
	}
	events := a.begins(t, ut, mm)
	if events == nil {
		return false
	}
	a.open[t] = &part{events: events}
	return true
}

// begins is where the events of the hit go that t is about to make; nil if it is about to make none that is new.
func (a *Account) begins(t *linux.Thread, ut *task, mm *mm.MM) *[]*emu.Event {
	pc := t.Core().RIP
	if area := stateOf(mm).area; area != nil && pc == area.start && len(ut.returns) > 0 {
		s := a.stories[ut.returns[len(ut.returns)-1].uprobe]
		if s == nil || s.Return != nil {
			return nil
		}
		return &s.Return
	}
	at, ok := a.breakpointFrom(mm, pc)
	if !ok {
		return nil
	}
	u := a.system.uprobeAt(mm, at)
	if u == nil || u.insn == nil || a.stories[u] != nil {
		return nil
	}
	s := &Story{TID: t.TID, CPU: t.CPU().ID, At: at, Process: t.Process().Name}
	a.stories[u] = s
	return &s.Hit
}

// breakpointFrom is where the breakpoint of the instruction at pc is: behind its prefixes, if the probe is inside it.
func (a *Account) breakpointFrom(mm *mm.MM, pc uint64) (uint64, bool) {
	for at := pc; at < pc+insn.MaxLen; at++ {
		var now [1]byte
		if mm.ReadForced(at, now[:]) != 1 {
			return 0, false
		}
		rex := mm.ABI() == x86.AMD64 && now[0]&0xf0 == 0x40
		if !rex && !isLegacyPrefix(now[0]) {
			return at, now[0] == Breakpoint
		}
	}
	return 0, false
}

// Watched is linux.Watcher's.
func (a *Account) Watched(t *linux.Thread, ev *emu.Event) {
	p := a.open[t]
	p.trapped = p.trapped || ev.Delivery != nil && ev.Delivery.Trap.Vector == x86.VecBP
	*p.events = append(*p.events, ev.Clone())
	ut := taskOf(t)
	if over := ut.state == running && !ut.notify; over && p.trapped || len(*p.events) >= MaxStory {
		delete(a.open, t)
	}
}

// hit counts a hit.
func (a *Account) hit(k Kind) {
	if a != nil {
		a.counts[k].Hits++
	}
}

// trap counts a #BP or a #DB.
func (a *Account) trap(k Kind, vector x86.Vector) {
	switch {
	case a == nil:
	case vector == x86.VecBP:
		a.counts[k].Breakpoints++
	default:
		a.counts[k].Steps++
	}
}
