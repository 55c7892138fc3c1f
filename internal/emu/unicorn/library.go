//go:build unicorn && cgo && linux && amd64

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
#cgo LDFLAGS: -Wl,--wrap=qemu_ram_addr_from_host_x86_64
#include <stdlib.h>
#include "ramlist.h"
#include "runner.h"
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"strconv"
	"unsafe"

	"trapline/internal/emu/regs"
)

// The types of this package have the C ones' values and sizes.
var (
	_ = [1]int{}[OK-C.TL_OK+Intr-C.TL_INTR+Invalid-C.TL_INVALID+Mem-C.TL_MEM+Error-C.TL_ERROR+Dead-C.TL_DEAD]
	_ = [1]int{}[Read-C.TL_READ+Write-C.TL_WRITE]
	_ = [1]int{}[MaxAccesses-C.TL_MAX_ACCESS]
	_ = [1]int{}[unsafe.Sizeof(Core{})-C.sizeof_tl_core]
	_ = [1]int{}[unsafe.Sizeof(Exit{})-C.sizeof_tl_exit]
	_ = [1]int{}[unsafe.Sizeof(Access{})-C.sizeof_tl_access]
)

// Version names the library that was compiled in, or is "".
func Version() string { return C.GoString(C.tl_version()) }

// skew is a number of bytes by which the offsets of the self-check are wrong.
// The linker sets it for a test: -ldflags "-X trapline/internal/emu/unicorn.skew=8".
var skew = "0"

// verify checks that the library is one whose saved context has the layout this
// package patches, and whose functions its stand-ins fit.
func verify() error {
	n, err := strconv.Atoi(skew)
	if err != nil {
		return err
	}
	return check(n)
}

// check compares the library's saved context with the offsets that this
// package patches, each moved by skew bytes: a skew other than 0 must fail.
func check(skew int) error {
	var buf [256]C.char
	if C.tl_known_version() == 0 {
		return fmt.Errorf("%w: version %s, expected 2.0.1 (Debian 12) or 2.1.1 (Debian 13)", ErrLibrary, Version())
	}
	if C.tl_selfcheck(&buf[0], C.size_t(len(buf)), C.size_t(skew)) != 0 {
		return fmt.Errorf("%w %s: unexpected layout of the saved context: %s", ErrLibrary, Version(), C.GoString(&buf[0]))
	}
	if C.tl_ram_check(&buf[0], C.size_t(len(buf))) != 0 || C.tl_runner_check(&buf[0], C.size_t(len(buf))) != 0 {
		return fmt.Errorf("%w %s: the stand-ins for its functions do not fit: %s", ErrLibrary, Version(), C.GoString(&buf[0]))
	}
	return nil
}

// ContextSize is the length of the buffers of Context's Save and Load.
var ContextSize = int(C.tl_context_size())

type libEngine struct{ c *C.tl_engine }

type libContext struct{ c *C.tl_context }

// handle is the C side of a context.
func handle(c context) *C.tl_context { return c.(libContext).c }

func openEngine(w Width, record bool) (engine, error) {
	var buf [128]C.char
	c := C.tl_open(cbool(w == Width64), cbool(record), &buf[0], C.size_t(len(buf)))
	if c == nil {
		return nil, fmt.Errorf("%w: open: %s", ErrLibrary, C.GoString(&buf[0]))
	}
	return libEngine{c}, nil
}

func (e libEngine) close() { C.tl_close(e.c) }

func (e libEngine) mapPages(addr, size uint64, p Prot, host unsafe.Pointer) error {
	return failure("map", addr, C.tl_map(e.c, C.uint64_t(addr), C.uint64_t(size), C.uint32_t(p), host))
}

func (e libEngine) unmap(addr, size uint64) error {
	return failure("unmap", addr, C.tl_unmap(e.c, C.uint64_t(addr), C.uint64_t(size)))
}

func (e libEngine) protect(addr, size uint64, p Prot) error {
	return failure("protect", addr, C.tl_protect(e.c, C.uint64_t(addr), C.uint64_t(size), C.uint32_t(p)))
}

func (e libEngine) removeCache(addr, end uint64) {
	C.tl_remove_cache(e.c, C.uint64_t(addr), C.uint64_t(end))
}

func failure(op string, addr uint64, rc C.int) error {
	if rc == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s %#x: %s", ErrLibrary, op, addr, C.GoString(C.tl_strerror(rc)))
}

func (e libEngine) newContext() (context, error) {
	c := C.tl_context_new(e.c)
	if c == nil {
		return nil, fmt.Errorf("%w: context: out of memory", ErrLibrary)
	}
	return libContext{c}, nil
}

func (c libContext) close() { C.tl_context_free(c.c) }

func (c libContext) save(buf []byte) {
	C.tl_context_copy_out(c.c, unsafe.Pointer(unsafe.SliceData(buf)))
}

func (c libContext) load(buf []byte) {
	C.tl_context_copy_in(c.c, unsafe.Pointer(unsafe.SliceData(buf)))
}

func (e libEngine) fxsave(c context, core *Core, fx *[regs.FXSize]byte) error {
	return failure("fxsave", core.RIP, C.tl_fxsave(e.c, handle(c), (*C.tl_core)(unsafe.Pointer(core)), (*C.uint8_t)(&fx[0])))
}

func (e libEngine) fxrestore(c context, core *Core, fx *[regs.FXSize]byte) error {
	return failure("fxrstor", core.RIP, C.tl_fxrstor(e.c, handle(c), (*C.tl_core)(unsafe.Pointer(core)), (*C.uint8_t)(&fx[0])))
}

func (e libEngine) step(c context, core *Core, x *Exit, load bool) {
	C.tl_step(e.c, handle(c), (*C.tl_core)(unsafe.Pointer(core)), (*C.tl_exit)(unsafe.Pointer(x)), 1, 1, cbool(load))
}

func (e libEngine) showCode(addr uint64, code []byte) {
	C.tl_show_code(e.c, C.uint64_t(addr), (*C.uint8_t)(unsafe.SliceData(code)), C.int(len(code)))
}

func (e libEngine) run(c context, core *Core, x *Exit, count uint64, load bool) {
	C.tl_step(e.c, handle(c), (*C.tl_core)(unsafe.Pointer(core)), (*C.tl_exit)(unsafe.Pointer(x)), C.uint64_t(count), 0, cbool(load))
}

func (e libEngine) stop() { C.tl_stop(e.c) }

func (e libEngine) accesses(x *Exit) []Access {
	return unsafe.Slice((*Access)(unsafe.Pointer(C.tl_accesses(e.c))), int(x.Accesses))
}

func cbool(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
