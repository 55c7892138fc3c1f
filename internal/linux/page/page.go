// Package page hands out the frames of a machine's memory to the parts of a Linux
// kernel and counts who holds each (mm/page_alloc.c).
package page

import "trapline/internal/emu"

// Allocator hands out frames. A frame without references is free to be handed out again.
type Allocator struct {
	*emu.PhysMem
	refs counts
	used []bool // frames that somebody has had, also before a snapshot came back: they may hold something
	last Counts // of the last snapshot
	full func()
}

// New hands out the frames of mem from now on. full is called when there are none left.
func New(mem *emu.PhysMem, full func()) *Allocator { return &Allocator{PhysMem: mem, full: full} }

// Put drops one reference to a frame (put_page()).
func (a *Allocator) Put(f emu.Frame) { a.refs[f]-- }

// Get adds one (get_page()).
func (a *Allocator) Get(f emu.Frame) { a.refs[f]++ }

// Alone reports whether a frame has one reference.
func (a *Allocator) Alone(f emu.Frame) bool { return a.refs[f] == 1 }

// Known is how many frames were handed out or set aside so far.
func (a *Allocator) Known() int { return len(a.refs) }

// Alloc hands out n zeroed frames in a row, or fewer where there are no such;
// each has one reference. 0: memory is used up.
func (a *Allocator) Alloc(n int) (emu.Frame, int) {
	for ; n > 0; n /= 2 {
		f, err := a.AllocRun(n)
		if err == nil || a.freeRun(n, &f) {
			a.know(f, n)
			for i := range n {
				a.hold(f + emu.Frame(i))
			}
			return f, n
		}
	}
	a.full()
	return 0, 0
}

// know has counts for n frames from f on.
func (a *Allocator) know(f emu.Frame, n int) {
	a.refs = append(a.refs, make(counts, max(0, int(f)+n-len(a.refs)))...)
	a.used = append(a.used, make([]bool, max(0, int(f)+n-len(a.used)))...)
}

// hold gives a frame its first reference.
func (a *Allocator) hold(f emu.Frame) { a.refs[f], a.used[f] = 1, true }

// freeRun finds n frames in a row that were given back and clears them. Pages
// that follow each other in frames too are one mapping of the library's, whose
// calls cost by the number of mappings.
func (a *Allocator) freeRun(n int, first *emu.Frame) bool {
	run := 0
	for f := range a.refs {
		if a.refs[f] != 0 {
			run = 0
			continue
		}
		if run++; run < n {
			continue
		}
		*first = emu.Frame(f + 1 - n)
		for i := range n {
			a.zero(*first + emu.Frame(i))
		}
		return true
	}
	return false
}

// zero clears a frame. One that nobody has had is zero, and its memory not yet the host's.
func (a *Allocator) zero(f emu.Frame) {
	if !a.used[f] {
		return
	}
	a.MarkDirty(f)
	clear(a.Bytes(f))
}

// Reserve sets n frames in a row aside: they are free, and the last that Alloc hands
// out. False: there are no such.
func (a *Allocator) Reserve(n int) (emu.Frame, bool) {
	f, err := a.AllocRun(n)
	if err != nil {
		return 0, false
	}
	a.know(f, n)
	return f, true
}

// Take hands out n frames from first on, zeroed; false: somebody has one of them.
func (a *Allocator) Take(first emu.Frame, n int) bool {
	for f := first; f < first+emu.Frame(n); f++ {
		if a.refs[f] != 0 {
			return false
		}
	}
	for f := first; f < first+emu.Frame(n); f++ {
		a.zero(f)
		a.hold(f)
	}
	return true
}
