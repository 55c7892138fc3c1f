package emu

import (
	"bytes"
	"slices"

	"trapline/internal/emu/unicorn"
)

// runner is one library instance that runs whole blocks of a space without
// telling what each instruction does. It gets no instruction that the machine
// runs itself, and no page that it holds code of to write to, so that every
// change of code is seen outside it.
type runner struct {
	window
	lib    *unicorn.Runner
	blocks map[uint64]*runBlock // by linear address
	frames map[Frame]*codeFrame // that blocks lie in
	writes uint64               // PhysMem.codeWrites when the blocks were last compared
	cleans uint64               // PhysMem.cleans when stores were last watched
	fpu    bool                 // a block may change x87, MMX or SSE state
	fs, gs bool                 // a block has accesses through FS, GS
	avoid  map[uint64]bool      // blocks that made the translator abort
}

// codeFrame lists the blocks of one frame.
type codeFrame struct {
	version uint32 // frameCode.version when they were last compared
	blocks  []*runBlock
}

// frameCode is what all runners of a machine hold of one frame.
type frameCode struct {
	holders uint32 // runners with blocks in it
	writers uint32 // mappings of it that a runner may write through
	version uint32 // counts the changes while there are holders
}

// codeChanges notes that a frame is about to change.
func (p *PhysMem) codeChanges(f Frame) {
	if c := &p.code[f]; c.holders != 0 {
		c.version++
		p.codeWrites++
	}
}

// runner gives the instance that runs blocks for a privilege, its mappings
// and its blocks up to date.
func (s *Space) runner(user bool) (*runner, error) {
	i := 0
	if user {
		i = 1
	}
	if s.runners[i] == nil {
		r, err := newRunner(s, user)
		if err != nil {
			return nil, err
		}
		s.runners[i] = r
	}
	if r := s.runners[i]; r.crowded() {
		r.lazy = true
		if err := r.renew(); err != nil {
			return nil, err
		}
	}
	r := s.runners[i]
	if r.stale() {
		if err := r.sync(); err != nil {
			return nil, err
		}
	}
	if r.writes != s.mem.codeWrites {
		r.writes = s.mem.codeWrites
		r.compare()
	}
	if r.cleans != s.mem.cleans {
		r.cleans = s.mem.cleans
		r.lib.Watch()
	}
	return r, nil
}

func newRunner(s *Space, user bool) (*runner, error) {
	lib, err := unicorn.OpenRunner(s.width())
	if err != nil {
		return nil, err
	}
	r := &runner{lib: lib, blocks: map[uint64]*runBlock{}, frames: map[Frame]*codeFrame{}, avoid: map[uint64]bool{}}
	r.window = window{space: s, user: user, eng: lib.Engine, owner: r, epoch: -1}
	r.cleans = s.mem.cleans
	s.mem.runners = append(s.mem.runners, r)
	return r, nil
}

// close gives up the instance and what the memory knows of it.
func (r *runner) close() {
	for f := range r.frames {
		r.space.mem.code[f].holders--
	}
	for _, pte := range r.window.mapped {
		r.countWriter(pte, ^uint32(0))
	}
	mem := r.space.mem
	mem.runners = slices.DeleteFunc(mem.runners, func(x *runner) bool { return x == r })
	r.lib.Close()
}

func (r *runner) libProt(p PTE) unicorn.Prot {
	l := libProt(p.Prot)
	if r.space.mem.code[p.Frame].holders != 0 {
		l &^= unicorn.ProtWrite
	}
	return l
}

func (r *runner) pageMapped(_ uint64, p PTE) { r.countWriter(p, 1) }

func (r *runner) pageUnmapping(vpn uint64, p PTE) {
	r.countWriter(p, ^uint32(0))
	c := r.frames[p.Frame]
	if c == nil {
		return
	}
	for _, b := range slices.Clone(c.blocks) {
		if b.pc/PageSize == vpn || r.space.mask(b.pc+uint64(len(b.bytes))-1)/PageSize == vpn {
			r.drop(b)
		}
	}
}

// countWriter counts the mappings that may write to a frame by their
// permission in the space; one that was narrowed since is counted too.
func (r *runner) countWriter(p PTE, d uint32) {
	if p.Prot&Write != 0 {
		r.space.mem.code[p.Frame].writers += d
	}
}

// hold makes the frame at va one with code, among it b's: no runner may write
// to it from now on.
func (r *runner) hold(b *runBlock, va uint64) error {
	mem := r.space.mem
	f := r.space.entry(va).pte.Frame
	c := r.frames[f]
	if c == nil {
		c = &codeFrame{version: mem.code[f].version}
		r.frames[f] = c
		mem.code[f].holders++
	}
	c.blocks = append(c.blocks, b)
	b.frames = append(b.frames, f)
	if h := &mem.code[f]; h.holders == 1 && len(c.blocks) == 1 && h.writers != 0 {
		return mem.narrow(f)
	}
	return nil
}

// narrow takes the runners' permission to write to f away.
func (p *PhysMem) narrow(f Frame) error {
	for _, r := range p.runners {
		for vpn, pte := range r.window.mapped {
			if pte.Frame == f && pte.Prot&Write != 0 {
				r.pieces.forget(vpn, 1)
				if err := r.eng.Protect(vpn*PageSize, PageSize, r.libProt(pte)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// compare drops the blocks whose bytes changed.
func (r *runner) compare() {
	var buf [2 * PageSize]byte
	for f, c := range r.frames {
		v := r.space.mem.code[f].version
		if c.version == v {
			continue
		}
		c.version = v
		for _, b := range slices.Clone(c.blocks) {
			now := buf[:len(b.bytes)]
			if r.fetch(b.pc, now) < len(now) || !bytes.Equal(now, b.bytes) {
				r.drop(b)
			}
		}
	}
}

// drop forgets a block.
func (r *runner) drop(b *runBlock) {
	delete(r.blocks, b.pc)
	if b.insns == 0 {
		r.lib.Unlearn(b.pc)
	} else {
		r.lib.Forget(b.pc, b.pc+uint64(len(b.bytes)))
	}
	for _, f := range b.frames {
		c := r.frames[f]
		i := slices.Index(c.blocks, b)
		if c.blocks = slices.Delete(c.blocks, i, i+1); len(c.blocks) == 0 {
			delete(r.frames, f)
			r.space.mem.code[f].holders--
		}
	}
}

// widen gives the permission to write to the page at va back, and reports
// whether it could: the space allows it and nobody holds code of the frame.
func (r *runner) widen(va uint64) (bool, error) {
	va = r.space.mask(va)
	if !r.space.allows(va, accessWrite, r.user) {
		return false, nil
	}
	p := r.space.entry(va).pte
	if r.space.mem.code[p.Frame].holders != 0 {
		return false, nil
	}
	r.pieces.forget(va/PageSize, 1)
	return true, r.eng.Protect(va&^(PageSize-1), PageSize, r.libProt(p))
}
