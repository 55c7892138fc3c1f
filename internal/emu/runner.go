package emu

import (
	"bytes"
	"fmt"
	"slices"

	"trapline/internal/emu/insn"
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

// runBlock is a straight run of instructions that the library may translate.
type runBlock struct {
	pc     uint64
	insns  int    // 0: the first one is the machine's to run
	align  []byte // a bit for each whose memory operand must be aligned; nil: none
	branch bool   // the last one is an indirect branch that tries its target first
	bytes  []byte // of those, or of that one
	frames []Frame
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

// maxRunBlock bounds the instructions of a block: what is translated at once,
// and how close to its limit Run comes at least.
const maxRunBlock = 256

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

// block tells how much of the code at linear address pc the library may run.
// It is nil where no byte can be fetched.
func (r *runner) block(pc uint64) (*runBlock, error) {
	if b := r.blocks[pc]; b != nil {
		return b, nil
	}
	b := &runBlock{pc: pc}
	r.scan(b)
	if len(b.bytes) == 0 {
		return nil, nil
	}
	return b, r.learn(b)
}

func (r *runner) learn(b *runBlock) error {
	if err := r.lib.Learn(b.pc, b.insns, b.align, b.branch); err != nil {
		return err
	}
	r.blocks[b.pc] = b
	last := r.space.mask(b.pc + uint64(len(b.bytes)) - 1)
	if err := r.hold(b, b.pc); err != nil || last/PageSize == b.pc/PageSize {
		return err
	}
	return r.hold(b, last)
}

// scan decodes instructions up to the first that ends the block or that the
// library may not run.
func (r *runner) scan(b *runBlock) {
	n := 0
	for b.insns < maxRunBlock && n < PageSize && !r.avoid[b.pc] {
		in, err := r.decode(b.pc + uint64(n))
		if !r.user && r.space.followed.counts(b.pc+uint64(n)) {
			break
		}
		if err != nil || !r.runs(&in) || !in.Mode.Is64() && throughCode(&in) || b.insns > 0 && beginsBlock(&in) || r.leaves(&in, b.pc+uint64(n)) {
			break
		}
		n += in.Len
		if mustAlign(&in) {
			b.mustAlign()
		}
		b.insns++
		r.fpu = r.fpu || touchesFPU(&in)
		r.fs, r.gs = r.fs || in.Seg == insn.SegFS, r.gs || in.Seg == insn.SegGS
		b.branch = triesTarget(&in)
		if in.Attr().Has(insn.Terminate | insn.CondBranch | insn.Call | insn.String) {
			break
		}
	}
	if n == 0 {
		in, _ := r.decode(b.pc)
		n = max(in.Len, 1)
	}
	b.bytes = make([]byte, n)
	b.bytes = b.bytes[:r.fetch(b.pc, b.bytes)]
}

// mustAlign marks the instruction that is about to be counted.
func (b *runBlock) mustAlign() {
	if b.align == nil {
		b.align = make([]byte, maxRunBlock/8)
	}
	b.align[b.insns/8] |= 1 << (b.insns % 8)
}

// decode decodes the instruction at pc as far as its bytes may be fetched.
func (r *runner) decode(pc uint64) (insn.Inst, error) {
	var buf [insn.MaxLen + 1]byte
	return insn.Decode(buf[:r.fetch(pc, buf[:])], r.space.runs)
}

// runs reports whether the library does an instruction right without help;
// alignment faults it is told of. STI and POPF may let an interrupt or a trap
// in.
func (r *runner) runs(in *insn.Inst) bool {
	own, _ := classify(in, nil, r.space.level)
	if countsBits(in) && !r.space.level.has(bitCount(in)) { // the library counts
		return false
	}
	return (own == ownNone || own == ownInterp && !beyondLibrary(in)) && mendsOf(in)&^(mendAlign|mendPartial) == 0 &&
		!in.Attr().Has(insn.Popf|insn.Sti) && !tracesFault(in)
}

// beginsBlock reports whether the library runs an instruction as Step does
// only at the beginning of a block. LOOPE and LOOPNE that end by their count
// lose the flags of the instruction before; after BT, BTS, BTR and BTC the
// undefined flags depend on it.
func beginsBlock(in *insn.Inst) bool {
	switch {
	case in.Map == insn.OneByte:
		return in.Opcode == 0xe0 || in.Opcode == 0xe1
	case in.Map == insn.Map0F && in.Vex.Kind == insn.VexNone:
		return in.Opcode == 0xba || in.Opcode&^0x18 == 0xa3
	}
	return false
}

// leaves reports whether the branch at pc is a direct one to a non-canonical
// address.
func (r *runner) leaves(in *insn.Inst, pc uint64) bool {
	to, direct := in.BranchTarget(pc)
	return direct && !r.space.canonical(to)
}

// triesTarget reports whether the library must try an indirect branch's target
// before the branch: it could be a non-canonical address. One of 16 bits
// could not.
func triesTarget(in *insn.Inst) bool {
	return in.Mode.Is64() && in.OperandBits == 64 && in.Attr().Has(insn.RetNear|insn.JmpInd|insn.CallInd)
}

// tracesFault reports whether the library may leave registers or memory
// changed when an instruction faults; Step puts them back. SSE accesses of 16
// bytes across pages are not among them: see Run.
func tracesFault(in *insn.Inst) bool {
	if !in.HasMemory() && in.Attr().Has(insn.SSE) || in.Vex.Kind != insn.VexNone {
		return false
	}
	switch in.Map {
	case insn.OneByte:
		switch in.Opcode {
		case 0x60: // PUSHA
			return true
		case 0xc0, 0xc1, 0xd0, 0xd1, 0xd2, 0xd3: // RCL, RCR
			return in.HasMemory() && in.Digit()&^1 == 2
		}
	case insn.Map0F: // SETcc; FXSAVE and its kind, MASKMOVQ, MASKMOVDQU
		return in.Opcode&^15 == 0x90 && in.HasMemory() || in.Opcode == 0xae && in.HasMemory() && in.Digit() != 2 && in.Digit() != 3 || in.Opcode == 0xf7
	}
	return false
}

// fetch copies the code at pc up to the first byte that may not be fetched.
func (r *runner) fetch(pc uint64, buf []byte) int {
	n := 0
	for n < len(buf) {
		a := r.space.mask(pc + uint64(n))
		if !r.space.allows(a, accessFetch, r.user) {
			break
		}
		n += copy(buf[n:], r.space.entry(a).data[a%PageSize:])
	}
	return n
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

// done counts the instructions of the block at pc that come before rip.
func (r *runner) done(pc, rip uint64) (int, error) {
	at := pc
	for i := range maxRunBlock {
		if at == rip {
			return i, nil
		}
		in, err := r.decode(at)
		if err != nil {
			break
		}
		at = r.space.mask(at + uint64(in.Len))
	}
	return 0, fmt.Errorf("%#x is not an instruction of the block at %#x", rip, pc)
}
