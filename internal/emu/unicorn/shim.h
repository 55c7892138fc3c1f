// Thin C layer over libunicorn: one call per step, registers and memory
// accesses exchanged as plain structs. The Go side mirrors these layouts.
#ifndef TRAPLINE_SHIM_H
#define TRAPLINE_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint64_t base;
	uint32_t sel;
	uint32_t limit;
	uint32_t flags; // second descriptor word's attribute bits, as the library caches them
	uint32_t pad;
} tl_seg;

// The part of a vCPU that instructions of any privilege see.
typedef struct {
	uint64_t gpr[16];
	uint64_t rip;
	uint64_t rflags; // the guest's own TF, never the stepping one
	tl_seg seg[6];   // ES CS SS DS FS GS
	uint32_t cpl;
	uint32_t shadow;    // 1: the last instruction was MOV SS, POP SS or STI
	uint32_t cr0_flags; // CR0 bits MP, EM, TS (1..3)
	uint32_t code64;    // 1: CS.L
} tl_core;

enum { TL_READ = 0, TL_WRITE = 1 };

typedef struct {
	uint64_t addr;
	uint64_t old; // bytes before a write, little endian; for a read the bytes read
	uint64_t val; // bytes written
	uint32_t size;
	uint32_t kind;
} tl_access;

enum {
	TL_OK = 0,      // the instruction retired (or the count ran out)
	TL_INTR = 1,    // exception or software interrupt `intno`
	TL_INVALID = 2, // undefined opcode
	TL_MEM = 3,     // unmapped or protected access
	TL_ERROR = 4,   // uc_emu_start failed otherwise: `intno` is the uc_err
	TL_DEAD = 5,    // the library aborted; the instance is unusable
};

enum { TL_MAX_ACCESS = 1024, TL_MAX_REGIONS = 4096, TL_MAX_CODE = 16 };

typedef struct {
	int32_t status;
	int32_t intno;
	uint64_t mem_addr;
	uint32_t mem_size;
	uint32_t mem_kind; // uc_mem_type
	uint32_t naccess;
	uint32_t overflow; // accesses that did not fit
} tl_exit;

typedef struct tl_engine tl_engine;
typedef struct tl_context tl_context;

// tl_version is that of the library's header; tl_known_version tells whether
// the rest of this package was written for it.
const char *tl_version(void);
int tl_known_version(void);
tl_engine *tl_open(int mode64, int hooks, char *err, size_t errlen);
void tl_close(tl_engine *e);
tl_context *tl_context_new(tl_engine *e);
void tl_context_free(tl_context *c);
size_t tl_context_size(void);
void tl_context_copy_out(tl_context *c, void *dst);
void tl_context_copy_in(tl_context *c, const void *src);

int tl_map(tl_engine *e, uint64_t addr, uint64_t size, uint32_t prot, void *host);
int tl_unmap(tl_engine *e, uint64_t addr, uint64_t size);
int tl_protect(tl_engine *e, uint64_t addr, uint64_t size, uint32_t prot);
int tl_remove_cache(tl_engine *e, uint64_t addr, uint64_t end);

// tl_step runs one instruction (or, with tf 0, up to `count`) of core on e.
// load non-zero: core or context were changed since e last ran this context.
void tl_step(tl_engine *e, tl_context *c, tl_core *core, tl_exit *x,
             uint64_t count, int tf, int load);
// tl_show_code lets the next tl_step translate code as the n bytes at addr;
// memory is as it was again before the instruction's first access, and after
// the step.
void tl_show_code(tl_engine *e, uint64_t addr, const uint8_t *code, int n);
// tl_fxsave and tl_fxrstor move a context's x87 and SSE state to and from the
// layout of FXSAVE/FXRSTOR, through e.
int tl_fxsave(tl_engine *e, tl_context *c, const tl_core *core, uint8_t *fx);
int tl_fxrstor(tl_engine *e, tl_context *c, const tl_core *core, const uint8_t *fx);
void tl_stop(tl_engine *e);
const tl_access *tl_accesses(tl_engine *e);
const char *tl_strerror(int err);
// tl_selfcheck compares the layout of the saved context with what this file
// assumes. Returns 0 or writes what differs into err. skew, a few bytes, is
// added to every offset: 0, or else a layout that must be refused.
int tl_selfcheck(char *err, size_t errlen, size_t skew);

#endif
