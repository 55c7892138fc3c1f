//go:build unicorn && cgo && linux && amd64

package unicorn

/*
#include "runner.h"
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// Unverified and those that follow it have the C ones' values and sizes.
var (
	_ = [1]int{}[Unverified-C.TL_UNVERIFIED+StepOnly-C.TL_STEPONLY+Full-C.TL_FULL+Misaligned-C.TL_MISALIGNED]
	_ = [1]int{}[MaxBudget-C.TL_MAX_BUDGET+MaxBlocks-C.TL_MAX_BLOCKS]
	_ = [1]int{}[unsafe.Sizeof(Progress{})-C.sizeof_tl_progress]
)

type libRunner struct{ c *C.tl_engine }

func newRunner(e engine) (runner, error) {
	c := e.(libEngine).c
	if C.tl_runner_init(c) != 0 {
		return nil, fmt.Errorf("%w: runner: out of memory", ErrLibrary)
	}
	return libRunner{c}, nil
}

func (r libRunner) learn(pc uint64, insns int, align []byte, indirect bool) error {
	if C.tl_learn(r.c, C.uint64_t(pc), C.uint32_t(insns), (*C.uint8_t)(unsafe.SliceData(align)), cbool(indirect)) != 0 {
		return ErrFull
	}
	return nil
}

func (r libRunner) unlearn(pc uint64) { C.tl_forget(r.c, C.uint64_t(pc)) }

func (r libRunner) runBlocks(c context, core *Core, x *Exit, p *Progress, budget uint64) {
	C.tl_run(r.c, handle(c), (*C.tl_core)(unsafe.Pointer(core)), (*C.tl_exit)(unsafe.Pointer(x)),
		(*C.tl_progress)(unsafe.Pointer(p)), C.uint32_t(budget))
}

func (r libRunner) dirty(p *Progress) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(C.tl_dirty(r.c))), int(p.Dirty))
}

func (r libRunner) watch() { C.tl_watch(r.c) }
