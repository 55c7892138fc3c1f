package emu

import "slices"

// Area is memory, linear from Low up to but not including High, in whole words.
type Area struct{ Low, High uint64 }

func (a Area) has(v uint64) bool { return a.Low <= v && v < a.High }

// NumberWord is a word of Size bytes, 4 or 8, that names vCPU i by First+i. With
// other values it names nobody.
type NumberWord struct {
	Addr  uint64
	Size  int
	First uint64
}

// cpu is the vCPU that a value of the word names, or -1.
func (n *NumberWord) cpu(v uint64, cpus int) int {
	if v -= n.First; v < uint64(cpus) {
		return int(v)
	}
	return -1
}

// Own is the memory that is one vCPU's own. A word in it, or a general register,
// whose value lies in the area of a vCPU is an address there.
type Own struct {
	m       *Machine
	areas   [][]Area // by kind, then by vCPU
	ends    []bool   // by kind: the address behind an area is counted to it
	hull    Area     // around all of them
	frames  []ownFrame
	pieces  map[Loc]ownPiece // eight bytes of areas that are not whole pages
	numbers []NumberWord
	words   map[Loc][]int // by location: of numbers
	blocks  map[Loc]bool  // blocks, by their first location, that have any
	moved   map[movedBlock]*block
	hashed  map[hashedBlock]uint64
}

// ownFrame says what of a frame is some vCPU's own: it is a page of an area,
// parts of it are in words and pieces, or nothing is.
type ownFrame struct {
	is        ownKind
	kind, cpu int
	page      int // of the area
}

type ownKind uint8

const (
	ownNothing ownKind = iota
	ownParts
	ownPage
)

// ownPiece is where in which area eight bytes are.
type ownPiece struct{ kind, cpu, offset int }

// NewOwn says what is the vCPUs' own: the same kinds of areas for each, of equal
// sizes, all mapped in the space of vCPU 0; and the words that name vCPUs.
func NewOwn(m *Machine, areas [][]Area, numbers []NumberWord) *Own {
	o := &Own{m: m, areas: areas, numbers: numbers, frames: make([]ownFrame, m.Mem.Frames()), pieces: map[Loc]ownPiece{},
		words: map[Loc][]int{}, blocks: map[Loc]bool{}, moved: map[movedBlock]*block{}, hashed: map[hashedBlock]uint64{}}
	o.hull.Low = ^uint64(0)
	for kind, list := range areas {
		for cpu, a := range list {
			o.hull.Low, o.hull.High = min(o.hull.Low, a.Low), max(o.hull.High, a.High+1)
			o.index(kind, cpu, a)
		}
	}
	for _, list := range areas {
		o.ends = append(o.ends, !slices.ContainsFunc(list, func(a Area) bool { _, _, in := o.inside(a.High); return in }))
	}
	for i := range numbers {
		loc := o.loc(numbers[i].Addr)
		o.words[loc] = append(o.words[loc], i)
		o.blocks[loc-loc%(blockSize/8)] = true
		o.parts(loc)
	}
	return o
}

// parts notes that some of a location's frame is a vCPU's own.
func (o *Own) parts(l Loc) {
	if f := &o.frames[l/(PageSize/8)]; f.is == ownNothing {
		f.is = ownParts
	}
}

func (o *Own) space() *Space { return o.m.CPUs[0].Space }

func (o *Own) loc(at uint64) Loc {
	pte, _ := o.space().Lookup(at)
	return MemoryLoc(pte.Frame, at)
}

func (a Area) pages() bool { return a.Low%PageSize == 0 && a.High%PageSize == 0 }

func (o *Own) index(kind, cpu int, a Area) {
	if a.pages() {
		for at := a.Low; at < a.High; at += PageSize {
			if pte, ok := o.space().Lookup(at); ok {
				o.frames[pte.Frame] = ownFrame{ownPage, kind, cpu, int(at-a.Low) / PageSize}
			}
		}
		return
	}
	for at := a.Low; at < a.High; at += 8 {
		o.pieces[o.loc(at)] = ownPiece{kind, cpu, int(at - a.Low)}
		o.parts(o.loc(at))
	}
}

// inside finds the area that an address is in.
func (o *Own) inside(v uint64) (kind, cpu int, ok bool) {
	for kind, list := range o.areas {
		for cpu := range list {
			if list[cpu].has(v) {
				return kind, cpu, true
			}
		}
	}
	return 0, 0, false
}

// find is the area that an address belongs to: it is in it, or just behind it.
func (o *Own) find(v uint64) (kind, cpu int, ok bool) {
	if !o.hull.has(v) {
		return 0, 0, false
	}
	if kind, cpu, ok = o.inside(v); ok {
		return kind, cpu, true
	}
	for kind, list := range o.areas {
		for cpu := range list {
			if o.ends[kind] && list[cpu].High == v {
				return kind, cpu, true
			}
		}
	}
	return 0, 0, false
}
