// Package unicorn is the only cgo of the project: a thin layer over libunicorn
// 2.0.x that runs instructions on registers and host memory given by the
// caller. It knows nothing of interrupts, paging or privilege beyond what the
// library needs; package emu builds the machine on it.
//
// Stepping uses the library's own trap flag: with TF set it translates exactly
// one instruction, so bytes that are not executed are never translated (some
// of them kill the library, see UNICORN notes in docs/architecture.md). The
// guest's own TF is kept apart by the caller.
package unicorn

/*
#cgo CFLAGS: -O2 -Wall
#cgo LDFLAGS: -l:libunicorn.a -lpthread -lm -Wl,--wrap=abort
#cgo LDFLAGS: -Wl,--wrap=tb_gen_code_x86_64 -Wl,--wrap=translator_loop_x86_64 -Wl,--wrap=tb_exec_unlock_x86_64
#cgo LDFLAGS: -Wl,--wrap=page_collection_lock_x86_64 -Wl,--wrap=page_collection_unlock_x86_64
#cgo LDFLAGS: -Wl,--wrap=tb_invalidate_phys_page_fast_x86_64 -Wl,--wrap=helper_ret_ldub_mmu_x86_64
#cgo LDFLAGS: -Wl,--wrap=helper_le_lduw_mmu_x86_64 -Wl,--wrap=helper_le_ldul_mmu_x86_64
#cgo LDFLAGS: -Wl,--wrap=helper_le_ldq_mmu_x86_64 -Wl,--wrap=helper_be_lduw_mmu_x86_64
#cgo LDFLAGS: -Wl,--wrap=helper_be_ldul_mmu_x86_64 -Wl,--wrap=helper_be_ldq_mmu_x86_64
#cgo LDFLAGS: -Wl,--wrap=cpu_ldub_data_ra_x86_64 -Wl,--wrap=cpu_lduw_data_ra_x86_64 -Wl,--wrap=cpu_ldsw_data_ra_x86_64
#cgo LDFLAGS: -Wl,--wrap=cpu_ldl_data_ra_x86_64 -Wl,--wrap=cpu_ldq_data_ra_x86_64 -Wl,--wrap=helper_ret_stb_mmu_x86_64
#cgo LDFLAGS: -Wl,--wrap=helper_le_stw_mmu_x86_64 -Wl,--wrap=helper_le_stl_mmu_x86_64
#cgo LDFLAGS: -Wl,--wrap=helper_le_stq_mmu_x86_64 -Wl,--wrap=helper_be_stw_mmu_x86_64
#cgo LDFLAGS: -Wl,--wrap=helper_be_stl_mmu_x86_64 -Wl,--wrap=helper_be_stq_mmu_x86_64
#cgo LDFLAGS: -Wl,--wrap=cpu_stb_data_ra_x86_64 -Wl,--wrap=cpu_stw_data_ra_x86_64 -Wl,--wrap=cpu_stl_data_ra_x86_64
#cgo LDFLAGS: -Wl,--wrap=cpu_stq_data_ra_x86_64 -Wl,--wrap=qemu_ram_alloc_from_ptr_x86_64
#include <stdlib.h>
#include "ramlist.h"
#include "runner.h"
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"trapline/emu/regs"
)

// Width is the operating mode of an instance.
type Width int

// An instance decodes either 32-bit protected-mode or 64-bit code.
const (
	Width32 Width = 32
	Width64 Width = 64
)

// Prot is a set of page permissions, with the library's bit values.
type Prot uint32

// Permissions of mapped memory.
const (
	ProtRead  Prot = 1
	ProtWrite Prot = 2
	ProtExec  Prot = 4
)

// Core is the register state that the library runs on; its memory layout is
// that of tl_core in shim.h.
type Core = regs.Core

// Status says how a run ended.
type Status int32

// How a run ended.
const (
	OK      Status = C.TL_OK      // retired, or the count ran out
	Intr    Status = C.TL_INTR    // exception or software interrupt
	Invalid Status = C.TL_INVALID // undefined opcode
	Mem     Status = C.TL_MEM     // unmapped or protected access
	Error   Status = C.TL_ERROR   // the library refused: Exit.Vector is its code
	Dead    Status = C.TL_DEAD    // the library aborted: close the engine
)

// MemKind is the kind of a failed access.
type MemKind uint32

// Kinds of failed accesses (uc_mem_type).
const (
	ReadUnmapped  MemKind = 19
	WriteUnmapped MemKind = 20
	FetchUnmapped MemKind = 21
	WriteProt     MemKind = 22
	ReadProt      MemKind = 23
	FetchProt     MemKind = 24
)

// Exit reports one run. The layout is that of tl_exit in shim.h.
type Exit struct {
	Status   Status
	Vector   int32
	MemAddr  uint64
	MemSize  uint32
	MemKind  MemKind
	Accesses uint32
	Overflow uint32
}

// AccessKind tells reads from writes.
type AccessKind uint32

// Kinds of recorded accesses.
const (
	Read  AccessKind = C.TL_READ
	Write AccessKind = C.TL_WRITE
)

// Access is one memory access of the last run. Wider ones arrive in pieces of
// at most 8 bytes. Old and New are little endian.
type Access struct {
	Addr     uint64
	Old, New uint64
	Size     uint32
	Kind     AccessKind
}

// MaxAccesses bounds the accesses kept of one run; Exit.Overflow counts the rest.
const MaxAccesses = C.TL_MAX_ACCESS

// ErrLibrary is the class of errors of the library itself.
var ErrLibrary = errors.New("libunicorn")

// Check verifies, once a process, that the library is a version whose saved
// context has the layout this package patches.
var Check = sync.OnceValue(func() error {
	var major, minor C.uint
	C.tl_version(&major, &minor)
	if major != 2 || minor != 0 {
		return fmt.Errorf("%w: version %d.%d, expected 2.0 (Debian 12's libunicorn-dev)", ErrLibrary, major, minor)
	}
	if err := checkLayout(0); err != nil {
		return err
	}
	var buf [256]C.char
	if C.tl_ram_check(&buf[0], C.size_t(len(buf))) != 0 || C.tl_runner_check(&buf[0], C.size_t(len(buf))) != 0 {
		return fmt.Errorf("%w: the stand-ins for its functions do not fit: %s; build with Debian 12's libunicorn-dev 2.0.1", ErrLibrary, C.GoString(&buf[0]))
	}
	return nil
})

// checkLayout compares the library's saved context with the offsets that this
// package patches, each moved by skew bytes: a skew other than 0 must fail.
func checkLayout(skew int) error {
	var buf [256]C.char
	if C.tl_selfcheck(&buf[0], C.size_t(len(buf)), C.size_t(skew)) != 0 {
		return fmt.Errorf("%w: unexpected layout of the saved context: %s; build with Debian 12's libunicorn-dev 2.0.1", ErrLibrary, C.GoString(&buf[0]))
	}
	return nil
}

// Engine is one instance of the library: one mapping of addresses to host
// memory with one translation cache. Used by one goroutine at a time.
type Engine struct {
	c     *C.tl_engine
	width Width
}

// Open makes an instance. With record, every memory access of a run can be
// read back by Accesses (loads and stores then take the library's slow path).
func Open(w Width, record bool) (*Engine, error) {
	if err := Check(); err != nil {
		return nil, err
	}
	var buf [128]C.char
	c := C.tl_open(cbool(w == Width64), cbool(record), &buf[0], C.size_t(len(buf)))
	if c == nil {
		return nil, fmt.Errorf("%w: open: %s", ErrLibrary, C.GoString(&buf[0]))
	}
	return &Engine{c: c, width: w}, nil
}

// Close frees the instance.
func (e *Engine) Close() {
	if e.c != nil {
		C.tl_close(e.c)
		e.c = nil
	}
}

// Width is the mode the instance decodes.
func (e *Engine) Width() Width { return e.width }

// Map shows size bytes of host memory at addr; both multiples of the page
// size. The memory must not be Go memory and must outlive the mapping.
func (e *Engine) Map(addr, size uint64, p Prot, host unsafe.Pointer) error {
	return e.err("map", addr, C.tl_map(e.c, C.uint64_t(addr), C.uint64_t(size), C.uint32_t(p), host))
}

// Unmap removes a mapped range.
func (e *Engine) Unmap(addr, size uint64) error {
	return e.err("unmap", addr, C.tl_unmap(e.c, C.uint64_t(addr), C.uint64_t(size)))
}

// Protect changes the permissions of a mapped range.
func (e *Engine) Protect(addr, size uint64, p Prot) error {
	return e.err("protect", addr, C.tl_protect(e.c, C.uint64_t(addr), C.uint64_t(size), C.uint32_t(p)))
}

// RemoveCache forgets the translations that begin in [addr, end).
func (e *Engine) RemoveCache(addr, end uint64) {
	C.tl_remove_cache(e.c, C.uint64_t(addr), C.uint64_t(end))
}

func (e *Engine) err(op string, addr uint64, rc C.int) error {
	if rc == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s %#x: %s", ErrLibrary, op, addr, C.GoString(C.tl_strerror(rc)))
}

// Context holds what the library keeps of a vCPU beyond Core: x87, SSE and
// internal state. It may run on any Engine.
type Context struct{ c *C.tl_context }

// NewContext makes a context in e's reset state.
func (e *Engine) NewContext() (*Context, error) {
	c := C.tl_context_new(e.c)
	if c == nil {
		return nil, fmt.Errorf("%w: context: out of memory", ErrLibrary)
	}
	return &Context{c: c}, nil
}

// Close frees the context.
func (c *Context) Close() {
	if c.c != nil {
		C.tl_context_free(c.c)
		c.c = nil
	}
}

// ContextSize is the length of the buffers of Save and Load.
var ContextSize = int(C.tl_context_size())

// Save copies the whole context into buf.
func (c *Context) Save(buf []byte) {
	C.tl_context_copy_out(c.c, unsafe.Pointer(unsafe.SliceData(buf[:ContextSize])))
}

// Load replaces the whole context by buf. The next run must pass load.
func (c *Context) Load(buf []byte) {
	C.tl_context_copy_in(c.c, unsafe.Pointer(unsafe.SliceData(buf[:ContextSize])))
}

// FXSave writes c's x87 and SSE state in FXSAVE's layout (SDM vol. 1, 10.5.1).
func (e *Engine) FXSave(c *Context, core *Core, buf *[regs.FXSize]byte) error {
	return e.err("fxsave", core.RIP, C.tl_fxsave(e.c, c.c, (*C.tl_core)(unsafe.Pointer(core)), (*C.uint8_t)(&buf[0])))
}

// FXRestore loads c's x87 and SSE state from FXSAVE's layout. The next run
// must pass load.
func (e *Engine) FXRestore(c *Context, core *Core, buf *[regs.FXSize]byte) error {
	return e.err("fxrstor", core.RIP, C.tl_fxrstor(e.c, c.c, (*C.tl_core)(unsafe.Pointer(core)), (*C.uint8_t)(&buf[0])))
}

// Step runs exactly one instruction (one iteration of a REP string one) of
// core. load says that core or c changed since e last ran c. RFLAGS.TF of the
// result is the library's stepping flag, not the guest's: the caller decides.
func (e *Engine) Step(c *Context, core *Core, x *Exit, load bool) {
	C.tl_step(e.c, c.c, (*C.tl_core)(unsafe.Pointer(core)), (*C.tl_exit)(unsafe.Pointer(x)), 1, 1, cbool(load))
}

// ShowCode lets the next Step translate code (at most 16 bytes) as what stands
// at addr. Memory is as it was again before the instruction's first access to
// it, and after the step.
func (e *Engine) ShowCode(addr uint64, code []byte) {
	C.tl_show_code(e.c, C.uint64_t(addr), (*C.uint8_t)(unsafe.SliceData(code)), C.int(len(code)))
}

// Run is the library as it is: it runs until something happens or count
// instructions retired, and translates whatever lies ahead. A count of
// 0 means no bound but Stop; one Engine must either always or never use 0.
func (e *Engine) Run(c *Context, core *Core, x *Exit, count uint64, load bool) {
	C.tl_step(e.c, c.c, (*C.tl_core)(unsafe.Pointer(core)), (*C.tl_exit)(unsafe.Pointer(x)), C.uint64_t(count), 0, cbool(load))
}

// Stop ends a Run from another goroutine.
func (e *Engine) Stop() { C.tl_stop(e.c) }

// Accesses are the accesses of the last run, valid until the next one.
func (e *Engine) Accesses(x *Exit) []Access {
	return unsafe.Slice((*Access)(unsafe.Pointer(C.tl_accesses(e.c))), int(x.Accesses))
}

func cbool(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
