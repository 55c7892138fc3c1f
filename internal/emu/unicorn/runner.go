package unicorn

import "errors"

// ErrFull is returned when a Runner has learnt MaxBlocks addresses.
var ErrFull = errors.New("runner is full")

// Runner is an instance that runs whole blocks at the library's speed. It
// translates only what Learn allows, so no other byte can reach the library.
//
// A Runner does not see that code changed: Forget blocks whose bytes differ.
// Pages that hold learnt code should be mapped without ProtWrite.
type Runner struct {
	*Engine
	blocks runner
}

// runner is a Runner as the library has it.
type runner interface {
	learn(pc uint64, insns int, align []byte, indirect bool) error
	unlearn(pc uint64)
	runBlocks(c context, core *Core, x *Exit, p *Progress, budget uint64)
	dirty(p *Progress) []uint64
	watch()
}

// OpenRunner makes a Runner; it is an error where the library is not there.
func OpenRunner(w Width) (*Runner, error) {
	if err := Check(); err != nil {
		return nil, err
	}
	e, err := Open(w, false)
	if err != nil {
		return nil, err
	}
	r, err := newRunner(e.lib)
	if err != nil {
		e.Close()
		return nil, err
	}
	return &Runner{e, r}, nil
}

// Learn says that the first insns instructions at linear address pc may be
// run, as far as they follow each other in memory; 0: none. The i-th bit of
// align (nil, or a bit for each) demands that the first memory access of
// instruction i is aligned to 16 bytes. indirect says that the last
// instruction is a near RET, or a JMP or CALL through a register or memory, of
// 64 bits: a run ends at it (Mem, ReadUnmapped or ReadProt) when its target
// cannot be read, and nothing was stored and no register changed.
func (r *Runner) Learn(pc uint64, insns int, align []byte, indirect bool) error {
	return r.blocks.learn(pc, insns, align, indirect)
}

// Forget takes Learn back, and every translation that holds a byte of
// [pc, end).
func (r *Runner) Forget(pc, end uint64) {
	r.Unlearn(pc)
	r.RemoveCache(pc, end)
}

// Unlearn takes Learn(pc, 0) back: there are no translations to forget.
func (r *Runner) Unlearn(pc uint64) { r.blocks.unlearn(pc) }

// Run runs core for at most budget instructions (up to MaxBudget; one
// iteration of a REP string instruction is one). It ends with OK when the
// next block does not fit into what is left; blocks are never cut. RFLAGS.TF
// must be clear. x.Status Intr, Invalid, Misaligned and Mem leave RIP at the instruction,
// except a Mem fetch, where the one before is complete.
func (r *Runner) Run(c *Context, core *Core, x *Exit, p *Progress, budget uint64) {
	r.blocks.runBlocks(c.lib, core, x, p, min(budget, MaxBudget))
}

// Dirty lists the page addresses that the last run wrote for the first time
// since Watch, some of them more than once; valid until the next run.
func (r *Runner) Dirty(p *Progress) []uint64 { return r.blocks.dirty(p) }

// Watch makes the next store to every page count as its first again.
func (r *Runner) Watch() { r.blocks.watch() }
