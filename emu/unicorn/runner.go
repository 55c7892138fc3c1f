package unicorn

/*
#include "runner.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// Bounds of a Runner.
const (
	// MaxBudget is how many instructions one Run may be given.
	MaxBudget = C.TL_MAX_BUDGET
	// MaxBlocks is how many addresses a Runner can have learnt.
	MaxBlocks = C.TL_MAX_BLOCKS
)

// How a Runner's run can end, beside the ends of a step.
const (
	Unverified Status = C.TL_UNVERIFIED // the block at RIP was not learnt
	StepOnly   Status = C.TL_STEPONLY   // the block at RIP was learnt with no instructions
	Full       Status = C.TL_FULL       // a bound is reached: close the Runner and open another
	Misaligned Status = C.TL_MISALIGNED // an access of the instruction at RIP is not aligned as Learn demands
)

// ErrFull is returned when a Runner has learnt MaxBlocks addresses.
var ErrFull = errors.New("runner is full")

// Progress reports how far a run came. The layout is that of tl_progress in
// runner.h.
type Progress struct {
	Executed   uint64 // instructions; the last block's all count even where one of them faulted
	Block      uint64 // linear address of the last block begun
	BlockInsns uint32 // instructions in it
	Dirty      uint32 // pages written for the first time since Watch
	Refused    uint32 // 1: the next block does not fit into the budget
	_          uint32
}

// Runner is an instance that runs whole blocks at the library's speed. It
// translates only what Learn allows, so no other byte can reach the library.
//
// A Runner does not see that code changed: Forget blocks whose bytes differ.
// Pages that hold learnt code should be mapped without ProtWrite.
type Runner struct{ *Engine }

// OpenRunner makes a Runner.
func OpenRunner(w Width) (*Runner, error) {
	e, err := Open(w, false)
	if err != nil {
		return nil, err
	}
	if C.tl_runner_init(e.c) != 0 {
		e.Close()
		return nil, fmt.Errorf("%w: runner: out of memory", ErrLibrary)
	}
	return &Runner{e}, nil
}

// Learn says that the first insns instructions at linear address pc may be
// run, as far as they follow each other in memory; 0: none. The i-th bit of
// align (nil, or a bit for each) demands that the first memory access of
// instruction i is aligned to 16 bytes. indirect says that the last
// instruction is a near RET, or a JMP or CALL through a register or memory, of
// 64 bits: a run ends at it (Mem, ReadUnmapped or ReadProt) when its target
// cannot be read, and nothing was stored and no register changed.
func (r *Runner) Learn(pc uint64, insns int, align []byte, indirect bool) error {
	last := C.int(0)
	if indirect {
		last = 1
	}
	if C.tl_learn(r.c, C.uint64_t(pc), C.uint32_t(insns), (*C.uint8_t)(unsafe.SliceData(align)), last) != 0 {
		return ErrFull
	}
	return nil
}

// Forget takes Learn back, and every translation that holds a byte of
// [pc, end).
func (r *Runner) Forget(pc, end uint64) {
	r.Unlearn(pc)
	r.RemoveCache(pc, end)
}

// Unlearn takes Learn(pc, 0) back: there are no translations to forget.
func (r *Runner) Unlearn(pc uint64) { C.tl_forget(r.c, C.uint64_t(pc)) }

// Run runs core for at most budget instructions (up to MaxBudget; one
// iteration of a REP string instruction is one). It ends with OK when the
// next block does not fit into what is left; blocks are never cut. RFLAGS.TF
// must be clear. x.Status Intr, Invalid, Misaligned and Mem leave RIP at the instruction,
// except a Mem fetch, where the one before is complete.
func (r *Runner) Run(c *Context, core *Core, x *Exit, p *Progress, budget uint64) {
	C.tl_run(r.c, c.c, (*C.tl_core)(unsafe.Pointer(core)), (*C.tl_exit)(unsafe.Pointer(x)),
		(*C.tl_progress)(unsafe.Pointer(p)), C.uint32_t(min(budget, MaxBudget)))
}

// Dirty lists the page addresses that the last run wrote for the first time
// since Watch, some of them more than once; valid until the next run.
func (r *Runner) Dirty(p *Progress) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(C.tl_dirty(r.c))), int(p.Dirty))
}

// Watch makes the next store to every page count as its first again.
func (r *Runner) Watch() { C.tl_watch(r.c) }
