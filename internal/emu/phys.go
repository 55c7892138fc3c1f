package emu

import (
	"errors"
	"fmt"
	"unsafe"
)

// PageSize is the size of a page and of a physical frame, in bytes.
const PageSize = 4096

// Frame numbers a physical page frame.
type Frame uint32

// DefaultMemory and MaxMemory bound a machine's physical memory, in bytes.
const (
	DefaultMemory = 16 << 20
	MaxMemory     = 1 << 30
)

// ErrMemoryBound is returned when a machine's physical memory is used up.
var ErrMemoryBound = errors.New("memory bound reached")

// PhysMem is the machine's physical memory, with the frames that changed since
// the last snapshot marked. Where there can be a CPU library, which keeps
// pointers to it, it is host memory outside the Go heap.
type PhysMem struct {
	data  []byte
	saved []*page    // the last snapshot's content of each allocated frame
	runs  []*pageRun // the same by runs, as snapshots share them; nil: not made yet
	dirty []bool
	list  []Frame // the frames marked in dirty
	free  []Frame // given back by Free
	next  Frame

	hashes []Fingerprint // of each frame's content as of sum
	sum    Fingerprint   // of hashes
	folded int           // bytes copied by fold since the last snapshot

	code       []frameCode // what runners hold of each frame
	codeWrites uint64      // changes of frames that runners hold code of
	runners    []*runner
	cleans     uint64 // times that all marks were taken away
}

// NewPhysMem reserves size bytes (rounded up to a page); the host commits
// them when they are first touched.
func NewPhysMem(size int) (*PhysMem, error) {
	if size <= 0 || size > MaxMemory {
		return nil, fmt.Errorf("memory of %d bytes: expected 1 to %d", size, MaxMemory)
	}
	size = (size + PageSize - 1) &^ (PageSize - 1)
	data, err := reserve(size)
	if err != nil {
		return nil, fmt.Errorf("reserve %d bytes of guest memory: %w", size, err)
	}
	return &PhysMem{data: data}, nil
}

// Close gives the memory back. No engine may map it any more.
func (p *PhysMem) Close() error {
	if p.data == nil {
		return nil
	}
	err := release(p.data)
	p.data = nil
	return err
}

// Frames is how many frames have ever been allocated.
func (p *PhysMem) Frames() int { return int(p.next) }

// Alloc hands out one zeroed frame, or ErrMemoryBound.
func (p *PhysMem) Alloc() (Frame, error) {
	if n := len(p.free); n > 0 {
		f := p.free[n-1]
		p.free = p.free[:n-1]
		p.MarkDirty(f)
		clear(p.Bytes(f))
		return f, nil
	}
	return p.AllocRun(1)
}

// AllocRun hands out n zeroed frames that follow each other.
func (p *PhysMem) AllocRun(n int) (Frame, error) {
	if int(p.next)+n > len(p.data)/PageSize {
		return 0, fmt.Errorf("%w: all %d bytes of guest memory are in use", ErrMemoryBound, len(p.data))
	}
	f := p.next
	p.setNext(p.next + Frame(n))
	return f, nil
}

// setNext moves the end of the allocated frames. Frames beyond it are zero and
// weigh nothing in the state hash.
func (p *PhysMem) setNext(next Frame) {
	for ; p.next > next; p.next-- {
		p.sum.sub(p.hashes[p.next-1])
		p.hashes[p.next-1] = Fingerprint{}
	}
	for ; p.next < next; p.next++ {
		if int(p.next) == len(p.saved) {
			p.saved = append(p.saved, zeroPage)
			if int(p.next)%runPages == 0 {
				p.runs = append(p.runs, nil)
			}
			p.dirty = append(p.dirty, false)
			p.hashes = append(p.hashes, Fingerprint{})
			p.code = append(p.code, frameCode{})
		}
		p.rehash(p.next)
	}
}

// Free gives a frame back. Nothing may map it any more.
func (p *PhysMem) Free(f Frame) { p.free = append(p.free, f) }

// Bytes is the content of a frame, live. Writers must call MarkDirty first.
func (p *PhysMem) Bytes(f Frame) []byte {
	o := int(f) * PageSize
	return p.data[o : o+PageSize : o+PageSize]
}

func (p *PhysMem) host(f Frame) unsafe.Pointer { return unsafe.Pointer(&p.data[int(f)*PageSize]) }

// MarkDirty notes that a frame is about to change.
func (p *PhysMem) MarkDirty(f Frame) {
	p.codeChanges(f)
	if !p.dirty[f] {
		p.dirty[f] = true
		p.list = append(p.list, f)
	}
}

// pageRun is the content of frames that follow each other, zero where there is
// none. It is immutable.
type pageRun [runPages]*page

const runPages = 8

// memSnapshot is the content of all frames at one moment. Equal blocks of
// different snapshots share their copy, and so do equal runs of pages.
type memSnapshot struct {
	runs  []*pageRun
	free  []Frame
	next  Frame
	bytes int // held by this snapshot and no earlier one
}

// fold makes saved, hashes and sum those of the present content.
func (p *PhysMem) fold() {
	if len(p.list) == 0 {
		return
	}
	for _, f := range p.list {
		p.dirty[f] = false
		if c := p.saved[f].with(p.Bytes(f)); c != p.saved[f] {
			p.folded += blockSize + blocksPerPage*pointerSize
			p.saved[f] = c
			p.rehash(f)
		}
	}
	p.list = p.list[:0]
	p.cleans++
}

// rehash brings hashes and sum in line with a saved page.
func (p *PhysMem) rehash(f Frame) {
	p.runs[f/runPages] = nil
	p.sum.sub(p.hashes[f])
	p.hashes[f] = p.saved[f].hash.at(uint64(f))
	p.sum.add(p.hashes[f])
}

// hash is a sum over all frames.
func (p *PhysMem) hash() Fingerprint {
	p.fold()
	return p.sum
}

func (p *PhysMem) snapshot() *memSnapshot {
	p.fold()
	n := (int(p.next) + runPages - 1) / runPages
	s := &memSnapshot{runs: make([]*pageRun, n), next: p.next, bytes: p.folded + n*pointerSize}
	for i := range s.runs {
		if p.runs[i] == nil {
			r := new(pageRun)
			copy(r[:], p.saved[i*runPages:])
			p.runs[i] = r
			s.bytes += runPages * pointerSize
		}
		s.runs[i] = p.runs[i]
	}
	p.folded = 0
	if len(p.free) > 0 {
		s.free = append([]Frame(nil), p.free...)
	}
	return s
}

func (p *PhysMem) restore(s *memSnapshot) {
	for _, f := range p.list {
		p.dirty[f] = false
		p.saved[f] = noPage // what it holds is not what was saved
		p.put(f, s.page(f))
	}
	p.list = p.list[:0]
	p.cleans++
	p.setNext(max(p.next, s.next))
	for i := range p.runs {
		if i < len(s.runs) && p.runs[i] == s.runs[i] {
			continue
		}
		for f := i * runPages; f < min((i+1)*runPages, len(p.saved)); f++ {
			if want := s.page(Frame(f)); p.saved[f] != want {
				p.put(Frame(f), want)
			}
		}
	}
	p.setNext(s.next)
	copy(p.runs, s.runs)
	p.free = append(p.free[:0], s.free...)
}

// page is frame f's content in s; frames allocated later are zero.
func (s *memSnapshot) page(f Frame) *page {
	if i := int(f / runPages); i < len(s.runs) {
		if c := s.runs[i][f%runPages]; c != nil {
			return c
		}
	}
	return zeroPage
}

// put gives frame f, whose content is that of its saved page, another one.
func (p *PhysMem) put(f Frame, c *page) {
	p.codeChanges(f)
	live, old := p.Bytes(f), p.saved[f]
	for i, b := range c.blocks {
		if old.blocks[i] != b {
			copy(live[i*blockSize:], b.data[:])
		}
	}
	p.saved[f] = c
	p.rehash(f)
}
