package explore

import (
	"math/bits"
	"sync"
)

// Scratcher is a System whose Hash can leave out scratch memory that is dead:
// bytes of a stack that their actor alone uses and writes before it reads them
// again.
type Scratcher interface {
	// Scratch lists the pages of an actor's scratch memory by their first
	// location. Pages have PageLocs locations and belong to one actor.
	Scratch(actor int) []uint64
	// Standing is where actor stands, also one that cannot step. key tells
	// apart what Shown shows of one that cannot; it is 0 of one that can.
	Standing(actor int) (at, key uint64)
	// Shown adds the bytes of its scratch memory that the end of an actor
	// which cannot step shows: all that are not dead by their address.
	Shown(actor int, live Bits)
	// LeaveOut makes Hash leave out what dead gives for where each actor stands,
	// but nothing that Shown shows; nil: nothing. Sets that are given for the
	// same actor and place are the same until the next call.
	LeaveOut(dead func(actor int, at uint64) Bits)
	// Looked is what properties looked at when they last judged an end.
	Looked() []Access
}

// PageLocs is how many locations, of eight bytes each, a page has.
const PageLocs = 512

// liveness is which bytes of its scratch memory an actor may still read, by the
// place where it stands, as far as all executions so far show: those that some
// trail from there reads before it writes them, and those that are live where a
// trail leads and that it does not write (Aho, Lam, Sethi, Ullman, "Compilers",
// 9.2.5). What is written and not live is dead: states that differ in nothing
// else go on alike.
type liveness struct {
	mu      sync.Mutex
	pages   map[uint64]scratchPage // by location / PageLocs
	written []Bits                 // by actor
	always  []Bits                 // used by others, or looked at
	at      map[place]*standing
	flows   map[uint64]struct{} // that are known, by fingerprint
	n       int                 // bits in all these sets
	lessons *lessons            // or nil
}

type scratchPage struct {
	actor int
	first int // number of its first byte among the actor's
}

// standing is what is known of a place.
type standing struct {
	live Bits
	from []*flow // that lead here
}

// flow is what a trail between two places does to the actor's scratch memory,
// by words of its sets that it has a part in.
type flow struct {
	from  *standing
	words []FlowWord
}

// FlowWord is what a trail does to 64 bytes of scratch memory, a bit each.
type FlowWord struct {
	Index         int    // which 64 bytes
	Reads, Writes uint64 // Reads: before it writes
}

// live is what of a word is live before, of what is live behind.
func (w *FlowWord) live(behind uint64) uint64 { return w.Reads | behind&^w.Writes }

// maxFlows bounds the flows that are remembered. With more, all is live.
const maxFlows = 1 << 16

func newLiveness(sys Scratcher, actors int) *liveness {
	l := &liveness{pages: map[uint64]scratchPage{}, at: map[place]*standing{}, flows: map[uint64]struct{}{}}
	for a := range actors {
		pages := sys.Scratch(a)
		for i, loc := range pages {
			l.pages[loc/PageLocs] = scratchPage{a, i * PageLocs * 8}
		}
		l.written = append(l.written, newBits(len(pages)*PageLocs*8))
		l.always = append(l.always, newBits(len(pages)*PageLocs*8))
	}
	return l
}

// find gives the actor whose scratch memory a location is, and the number of
// its first byte.
func (l *liveness) find(loc uint64) (actor, first int, ok bool) {
	p, ok := l.pages[loc/PageLocs]
	return p.actor, p.first + int(loc%PageLocs)*8, ok
}

// keep notes that somebody but its actor looks at scratch memory or changes it.
func (l *liveness) keep(a Access) {
	actor, first, ok := l.find(a.Loc)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &l.always[actor][first/64]
	if m := uint64(a.Mask) << (first % 64); *w&m != m {
		*w |= m
		l.n++
		l.lessons.add(Lesson{Kind: Keeps, Access: a})
	}
}

// learn takes in a trail that led from one place to another, by its
// fingerprint. shown is what the actor's end shows, if that is where it led, or
// nil.
func (l *liveness) learn(h uint64, from, to place, t *trail, shown Bits) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.knows(h) {
		return
	}
	l.flowing(h, from, to, l.words(from.actor, t, shown))
}

// add takes in what another search has learned of a trail.
func (l *liveness) add(h uint64, from, to place, words []FlowWord) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.knows(h) {
		l.flowing(h, from, to, words)
	}
}

func (l *liveness) knows(h uint64) bool {
	_, ok := l.flows[h]
	return ok || len(l.flows) > maxFlows
}

func (l *liveness) flowing(h uint64, from, to place, words []FlowWord) {
	l.flows[h] = struct{}{}
	l.lessons.add(Lesson{Kind: FlowsTo, Actor: from.actor, At: from.at, To: to.at, Flow: h, Words: words})
	size := len(l.written[from.actor]) * 64
	for _, w := range words {
		l.n += bits.OnesCount64(w.Writes &^ l.written[from.actor][w.Index])
		l.written[from.actor][w.Index] |= w.Writes
	}
	f := &flow{l.stand(from, size), words}
	target := l.stand(to, size)
	target.from = append(target.from, f)
	l.spread(f, target)
}

// words is what a trail does. A step reads before it writes.
func (l *liveness) words(actor int, t *trail, shown Bits) (list []FlowWord) {
	size := len(l.written[actor]) * 64
	reads, wrote := newBits(size), newBits(size)
	at := 0
	for _, s := range t.steps {
		for _, writes := range []bool{false, true} {
			for _, a := range t.touched[at:s.touched] {
				owner, first, ok := l.find(a.Loc)
				if !ok || owner != actor || a.Write != writes {
					continue
				}
				w, m := first/64, uint64(a.Mask)<<(first%64)
				if writes {
					wrote[w] |= m
				} else {
					reads[w] |= m &^ wrote[w]
				}
			}
		}
		at = s.touched
	}
	for i, w := range wrote {
		if shown != nil {
			reads[i] |= shown[i] &^ w
		}
		if w != 0 || reads[i] != 0 {
			list = append(list, FlowWord{i, reads[i], w})
		}
	}
	return list
}

func (l *liveness) stand(p place, size int) *standing {
	s := l.at[p]
	if s == nil {
		s = &standing{live: newBits(size)}
		l.at[p] = s
	}
	return s
}

// spread goes back along the flows as long as more bytes turn out to be live.
func (l *liveness) spread(f *flow, to *standing) {
	type step struct {
		*flow
		to *standing
	}
	for todo := []step{{f, to}}; len(todo) > 0; {
		x := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		more := x.flow.join(x.to.live)
		if more == 0 {
			continue
		}
		l.n += more
		for _, g := range x.flow.from.from {
			todo = append(todo, step{g, x.flow.from})
		}
	}
}

// join adds to what is live where the flow begins what is live where it leads,
// and returns how many bits are new.
func (f *flow) join(behind Bits) (more int) {
	words := f.words // in the order of the sets
	for i, m := range behind {
		if len(words) > 0 && words[0].Index == i {
			m, words = words[0].live(m), words[1:]
		}
		if m &^= f.from.live[i]; m != 0 {
			f.from.live[i] |= m
			more += bits.OnesCount64(m)
		}
	}
	return more
}

// frozen is which bytes are dead, as far as is known now. Of equal actors the
// same are.
func (l *liveness) frozen(classes []mask) func(actor int, at uint64) Bits {
	l.mu.Lock()
	defer l.mu.Unlock()
	dead := map[place]Bits{}
	for p, s := range l.at {
		dead[p] = l.dead(p.actor, s.live)
	}
	unknown := make([]Bits, len(l.written))
	for a := range unknown {
		unknown[a] = l.dead(a, newBits(len(l.written[a])*64))
	}
	find := func(actor int, at uint64) Bits {
		if d, ok := dead[place{actor, at}]; ok {
			return d
		}
		return unknown[actor]
	}
	if len(classes) == 0 {
		return find
	}
	common := map[place]Bits{}
	var mu sync.Mutex
	return func(actor int, at uint64) Bits {
		mu.Lock()
		defer mu.Unlock()
		p := place{actor, at}
		d, ok := common[p]
		if !ok {
			d = find(actor, at)
			for _, a := range classOf(classes, actor).list() {
				d = d.and(find(a, at))
			}
			common[p] = d
		}
		return d
	}
}

func (l *liveness) dead(actor int, live Bits) Bits {
	d := newBits(len(live) * 64)
	if len(l.flows) > maxFlows {
		return d
	}
	for i := range d {
		d[i] = l.written[actor][i] &^ live[i] &^ l.always[actor][i]
	}
	return d
}

func (l *liveness) known() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}
