package emu

import (
	"fmt"

	"trapline/internal/emu/insn"
)

// runBlock is a straight run of instructions that the library may translate.
type runBlock struct {
	pc     uint64
	insns  int    // 0: the first one is the machine's to run
	align  []byte // a bit for each whose memory operand must be aligned; nil: none
	branch bool   // the last one is an indirect branch that tries its target first
	bytes  []byte // of those, or of that one
	frames []Frame
}

// maxRunBlock bounds the instructions of a block: what is translated at once,
// and how close to its limit Run comes at least.
const maxRunBlock = 256

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
