// Package unicorn is the only cgo of the project: a thin layer over libunicorn
// 2.0.1 or 2.1.1, as Debian 12 and 13 have them, that runs instructions on
// registers and host memory given by the caller. It knows nothing of
// interrupts, paging or privilege beyond what the library needs; package emu
// builds the machine on it.
//
// The build tag unicorn compiles the library in, with cgo on linux/amd64.
// Without it, or where the library proves to be another one, Available is
// false: each step of an Engine is then Absent.
//
// Stepping uses the library's own trap flag: with TF set it translates exactly
// one instruction, so bytes that are not executed are never translated (some
// of them kill the library, see UNICORN notes in docs/architecture.md). The
// guest's own TF is kept apart by the caller.
package unicorn

import (
	"errors"
	"sync"
	"sync/atomic"
	"unsafe"

	"trapline/internal/emu/regs"
)

// ErrLibrary is the class of errors of the library itself.
var ErrLibrary = errors.New("libunicorn")

// Available reports whether there is a library that fits.
func Available() bool { return Check() == nil }

// Check says, once a process has found out, why there is no library that fits.
func Check() error {
	if checked.Load() {
		return misfit
	}
	once.Do(func() {
		misfit = verify()
		checked.Store(true)
	})
	return misfit
}

// Refused is why a library that is part of this build is not used; nil if it
// fits, if there is none, or if nobody has asked yet.
func Refused() error {
	if Version() == "" || !checked.Load() {
		return nil
	}
	return misfit
}

var (
	once    sync.Once
	checked atomic.Bool
	misfit  error
)

// Engine is one instance of the library: one mapping of addresses to host
// memory with one translation cache. Used by one goroutine at a time.
type Engine struct {
	lib   engine // nil: the library is not there, or the Engine is closed
	width Width
}

// engine is an Engine as the library has it.
type engine interface {
	close()
	mapPages(addr, size uint64, p Prot, host unsafe.Pointer) error
	unmap(addr, size uint64) error
	protect(addr, size uint64, p Prot) error
	removeCache(addr, end uint64)
	newContext() (context, error)
	fxsave(c context, core *Core, fx *[regs.FXSize]byte) error
	fxrestore(c context, core *Core, fx *[regs.FXSize]byte) error
	step(c context, core *Core, x *Exit, load bool)
	showCode(addr uint64, code []byte)
	run(c context, core *Core, x *Exit, count uint64, load bool)
	stop()
	accesses(x *Exit) []Access
}

// context is a Context as the library has it.
type context interface {
	close()
	save(buf []byte)
	load(buf []byte)
}

// Open makes an instance. With record, every memory access of a run can be
// read back by Accesses (loads and stores then take the library's slow path).
func Open(w Width, record bool) (*Engine, error) {
	e := &Engine{width: w}
	if !Available() {
		return e, nil
	}
	var err error
	e.lib, err = openEngine(w, record)
	return e, err
}

// Close frees the instance.
func (e *Engine) Close() {
	if e.lib != nil {
		e.lib.close()
		e.lib = nil
	}
}

// Width is the mode the instance decodes.
func (e *Engine) Width() Width { return e.width }

// Map shows size bytes of host memory at addr; both multiples of the page
// size. The memory must not be Go memory and must outlive the mapping.
func (e *Engine) Map(addr, size uint64, p Prot, host unsafe.Pointer) error {
	if e.lib == nil {
		return nil
	}
	return e.lib.mapPages(addr, size, p, host)
}

// Unmap removes a mapped range.
func (e *Engine) Unmap(addr, size uint64) error {
	if e.lib == nil {
		return nil
	}
	return e.lib.unmap(addr, size)
}

// Protect changes the permissions of a mapped range.
func (e *Engine) Protect(addr, size uint64, p Prot) error {
	if e.lib == nil {
		return nil
	}
	return e.lib.protect(addr, size, p)
}

// RemoveCache forgets the translations that begin in [addr, end).
func (e *Engine) RemoveCache(addr, end uint64) {
	if e.lib != nil {
		e.lib.removeCache(addr, end)
	}
}

// Step runs exactly one instruction (one iteration of a REP string one) of
// core. load says that core or c changed since e last ran c. RFLAGS.TF of the
// result is the library's stepping flag, not the guest's: the caller decides.
func (e *Engine) Step(c *Context, core *Core, x *Exit, load bool) {
	if e.lib == nil {
		*x = Exit{Status: Absent}
		return
	}
	e.lib.step(c.lib, core, x, load)
}

// ShowCode lets the next Step translate code (at most 16 bytes) as what stands
// at addr. Memory is as it was again before the instruction's first access to
// it, and after the step.
func (e *Engine) ShowCode(addr uint64, code []byte) {
	if e.lib != nil {
		e.lib.showCode(addr, code)
	}
}

// Run is the library as it is: it runs until something happens or count
// instructions retired, and translates whatever lies ahead. A count of
// 0 means no bound but Stop; one Engine must either always or never use 0.
func (e *Engine) Run(c *Context, core *Core, x *Exit, count uint64, load bool) {
	if e.lib == nil {
		*x = Exit{Status: Absent}
		return
	}
	e.lib.run(c.lib, core, x, count, load)
}

// Stop ends a Run from another goroutine.
func (e *Engine) Stop() {
	if e.lib != nil {
		e.lib.stop()
	}
}

// Accesses are the accesses of the last run, valid until the next one.
func (e *Engine) Accesses(x *Exit) []Access {
	if e.lib == nil {
		return nil
	}
	return e.lib.accesses(x)
}
