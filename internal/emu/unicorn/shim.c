//go:build unicorn && cgo && linux && amd64

#include "engine.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Offsets into the saved context's data (the library's CPUX86State), all
// verified by tl_selfcheck before anything runs.
enum {
	OFF_GPR = 0,
	OFF_EIP = 128,
	OFF_EFLAGS = 136,
	OFF_CC_DST = 144,
	OFF_CC_SRC = 152,
	OFF_CC_OP = 168,
	OFF_DF = 172,
	OFF_HFLAGS = 176,
	OFF_SEG = 184,
	SEG_SIZE = 24,
	OFF_OLD_EXCEPTION = 5464,
	CTX_SIZE = 5528,
};

enum {
	FL_CC = 0x8d5, // CF PF AF ZF SF OF
	FL_TF = 0x100,
	FL_DF = 0x400,
	CC_OP_EFLAGS = 1,
	HF_CPL = 3,
	HF_INHIBIT = 1 << 3,
	HF_CS32 = 1 << 4,
	HF_SS32 = 1 << 5,
	HF_ADDSEG = 1 << 6,
	HF_CR0_SHIFT = 9 - 1, // CR0.MP (bit 1) is hflags bit 9
	HF_CR0 = 7 << 9,
	HF_CS64 = 1 << 15,
	DESC_B = 1 << 22,
	DESC_L = 1 << 21,
};

// An abort inside the library (an assertion of its translator) must not kill
// the process: jump out and let the caller abandon the instance.
static __thread sigjmp_buf *escape;
__thread tl_engine *tl_current;
void __real_abort(void);
void __wrap_abort(void)
{
	if (escape)
		siglongjmp(*escape, 1);
	__real_abort();
}

const char *tl_version(void) { return VERSION; }
int tl_known_version(void) { return KNOWN_VERSION; }

const char *tl_strerror(int err) { return uc_strerror(err); }

// tl_host_of gives the host address of guest bytes in one mapped region, or NULL.
uint8_t *tl_host_of(tl_engine *e, uint64_t addr, uint32_t size)
{
	region *r = &e->regions[e->last_region];
	if (e->last_region < e->nregions && addr >= r->addr && addr < r->end)
		return addr + size <= r->end ? r->host + (addr - r->addr) : NULL;
	int lo = 0, hi = e->nregions;
	while (lo < hi) {
		int mid = (lo + hi) / 2;
		if (e->regions[mid].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == e->nregions || e->regions[lo].addr > addr)
		return NULL;
	e->last_region = lo;
	r = &e->regions[lo];
	return addr + size <= r->end ? r->host + (addr - r->addr) : NULL;
}

static uint64_t peek(tl_engine *e, uint64_t addr, uint32_t size)
{
	uint64_t v = 0;
	uint8_t *p;
	if (size > 8)
		size = 8;
	if ((p = tl_host_of(e, addr, size)) != NULL) {
		memcpy(&v, p, size);
		return v;
	}
	for (uint32_t i = 0; i < size; i++) // crosses two regions
		if ((p = tl_host_of(e, addr + i, 1)) != NULL)
			v |= (uint64_t)*p << (8 * i);
	return v;
}

static uint8_t *code_byte(tl_engine *e, int i)
{
	uint64_t at = e->shown_at + (uint64_t)i;
	return tl_host_of(e, e->mode64 ? at : (uint32_t)at, 1);
}

void tl_show_code(tl_engine *e, uint64_t addr, const uint8_t *code, int n)
{
	e->shown_at = addr;
	e->nshown = n < TL_MAX_CODE ? n : TL_MAX_CODE;
	for (int i = 0; i < e->nshown; i++) {
		uint8_t *p = code_byte(e, i);
		if (p) {
			e->kept[i] = *p;
			*p = code[i];
		}
	}
}

static void hide_code(tl_engine *e)
{
	for (int i = 0; i < e->nshown; i++) {
		uint8_t *p = code_byte(e, i);
		if (p)
			*p = e->kept[i];
	}
	e->nshown = 0;
}

static void note_access(tl_engine *e, uint64_t addr, int size, uint64_t val, uint32_t kind)
{
	tl_exit *x = e->x;
	if (!x)
		return;
	if (e->nshown)
		hide_code(e);
	if (x->naccess == TL_MAX_ACCESS) {
		x->overflow++;
		return;
	}
	tl_access *a = &e->access[x->naccess++];
	a->addr = addr;
	a->size = (uint32_t)size;
	a->kind = kind;
	a->old = peek(e, addr, (uint32_t)size);
	a->val = size < 8 ? val & ((1ull << (8 * size)) - 1) : val;
}

static void on_read(uc_engine *uc, uc_mem_type t, uint64_t addr, int size, int64_t v, void *user)
{
	(void)uc, (void)t, (void)v;
	note_access(user, addr, size, 0, TL_READ);
}

static void on_write(uc_engine *uc, uc_mem_type t, uint64_t addr, int size, int64_t v, void *user)
{
	(void)uc, (void)t;
	note_access(user, addr, size, (uint64_t)v, TL_WRITE);
}

static void on_intr(uc_engine *uc, uint32_t no, void *user)
{
	tl_engine *e = user;
	// A store refused inside a helper does not end the instruction: the
	// single-step trap after it must not hide the fault.
	if (e->x && e->x->status != TL_MEM) {
		e->x->status = TL_INTR;
		e->x->intno = (int32_t)no;
	}
	uc_emu_stop(uc);
}

static bool on_invalid(uc_engine *uc, void *user)
{
	tl_engine *e = user;
	(void)uc;
	if (e->x)
		e->x->status = TL_INVALID;
	return false;
}

static bool on_mem(uc_engine *uc, uc_mem_type t, uint64_t addr, int size, int64_t v, void *user)
{
	tl_engine *e = user;
	(void)uc, (void)v;
	if (e->x && e->x->status != TL_MEM) { // the first one counts
		e->x->status = TL_MEM;
		e->x->mem_addr = addr;
		e->x->mem_size = (uint32_t)size;
		e->x->mem_kind = (uint32_t)t;
	}
	if (e->runner && t != UC_MEM_FETCH_UNMAPPED && t != UC_MEM_FETCH_PROT)
		tl_runner_fault(e);
	return false;
}

#if UC_API_MINOR > 0
// on_translate shows every address as itself, with all 64 bits: without it the
// library cuts addresses to 52. What a page allows is checked later.
static bool on_translate(uc_engine *uc, uint64_t addr, uc_mem_type t, uc_tlb_entry *entry, void *user)
{
	(void)uc, (void)t, (void)user;
	*entry = (uc_tlb_entry){addr, UC_PROT_ALL};
	return true;
}

static int translate_nothing(tl_engine *e)
{
	uc_hook h;
	int err = uc_ctl_tlb_mode(e->uc, UC_TLB_VIRTUAL);
	return err ? err : uc_hook_add(e->uc, &h, UC_HOOK_TLB_FILL, (void *)on_translate, e, 1, 0);
}
#else
static int translate_nothing(tl_engine *e)
{
	(void)e; // it does not anyway
	return 0;
}
#endif

static int add_hooks(tl_engine *e, int accesses)
{
	uc_hook h;
	int err = uc_hook_add(e->uc, &h, UC_HOOK_INTR, (void *)on_intr, e, 1, 0);
	if (!err)
		err = uc_hook_add(e->uc, &h, UC_HOOK_INSN_INVALID, (void *)on_invalid, e, 1, 0);
	if (!err)
		err = uc_hook_add(e->uc, &h, UC_HOOK_MEM_INVALID, (void *)on_mem, e, 1, 0);
	if (!err && accesses)
		err = uc_hook_add(e->uc, &h, UC_HOOK_MEM_READ, (void *)on_read, e, 1, 0);
	if (!err && accesses)
		err = uc_hook_add(e->uc, &h, UC_HOOK_MEM_WRITE, (void *)on_write, e, 1, 0);
	// No exit address: a non-zero `until` would invalidate a block per call.
	if (!err)
		err = uc_ctl_exits_enable(e->uc);
	if (!err)
		err = translate_nothing(e);
	return err;
}

// Words of CPUX86State.features, by the leaf of CPUID and the register.
enum { LEAF_1_EDX = 0, LEAF_1_ECX = 1, LEAF_7_EBX = 2, LEAF_80000001_EDX = 6, LEAF_80000001_ECX = 7 };

// The features of the library's processor, whatever version it is: 2.0.1 has
// them so, 2.1.1 has those of an old model, without SSSE3, SSE4 and BMI.
static const struct { int word; uint32_t bits; } features[] = {
	{LEAF_1_EDX, 0x07088100},      // CX8 CMOV CLFLUSH FXSR SSE SSE2
	{LEAF_1_ECX, 0x02182200},      // SSSE3 CX16 SSE4.1 SSE4.2 AES
	{LEAF_7_EBX, 0x00180108},      // BMI1 BMI2 ADX SMAP
	{LEAF_80000001_EDX, 0x88000000}, // RDTSCP 3DNOW
	{LEAF_80000001_ECX, 0x00001031}, // LAHF CR8LEG ABM SKINIT
};

static void set_features(tl_engine *e)
{
	uint8_t *cpu = *(uint8_t **)((uint8_t *)e->uc + UC_CPU);
	uint64_t *words = (uint64_t *)(*(uint8_t **)(cpu + CPU_ENV) + ENV_FEATURES);
	for (size_t i = 0; i < sizeof features / sizeof *features; i++)
		words[features[i].word] = features[i].bits;
}

tl_engine *tl_open(int mode64, int hooks, char *err, size_t errlen)
{
	tl_engine *e = calloc(1, sizeof *e);
	if (!e || !(e->regions = calloc(TL_MAX_REGIONS, sizeof *e->regions))) {
		free(e);
		snprintf(err, errlen, "out of memory");
		return NULL;
	}
	e->mode64 = mode64;
	int rc = uc_open(UC_ARCH_X86, mode64 ? UC_MODE_64 : UC_MODE_32, &e->uc);
	if (!rc && (rc = add_hooks(e, hooks)) != 0)
		uc_close(e->uc);
	if (rc) {
		snprintf(err, errlen, "%s", uc_strerror(rc));
		free(e->regions);
		free(e);
		return NULL;
	}
	set_features(e);
	return e;
}

void tl_close(tl_engine *e)
{
	if (!e->dead) // after an abort the library's state cannot be trusted: leak it
		uc_close(e->uc);
	if (e->runner)
		tl_runner_free(e->runner);
	free(e->regions);
	free(e);
}

tl_context *tl_context_new(tl_engine *e)
{
	tl_context *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	if (uc_context_alloc(e->uc, &c->uc) || uc_context_save(e->uc, c->uc)) {
		free(c);
		return NULL;
	}
	c->data = (uint8_t *)c->uc + CTX_DATA;
	return c;
}

void tl_context_free(tl_context *c)
{
	uc_context_free(c->uc);
	free(c);
}

size_t tl_context_size(void) { return CTX_SIZE; }
void tl_context_copy_out(tl_context *c, void *dst) { memcpy(dst, c->data, CTX_SIZE); }
void tl_context_copy_in(tl_context *c, const void *src) { memcpy(c->data, src, CTX_SIZE); }

int tl_map(tl_engine *e, uint64_t addr, uint64_t size, uint32_t prot, void *host)
{
	if (e->nregions == TL_MAX_REGIONS)
		return UC_ERR_NOMEM;
	int rc = uc_mem_map_ptr(e->uc, addr, size, prot, host);
	if (rc)
		return rc;
	int i = e->nregions++;
	for (; i > 0 && e->regions[i - 1].addr > addr; i--)
		e->regions[i] = e->regions[i - 1];
	e->regions[i] = (region){addr, addr + size, host};
	e->last_region = 0;
	return 0;
}

// drop_region forgets [addr, end) of the host table, splitting at the edges.
static int drop_region(tl_engine *e, uint64_t addr, uint64_t end)
{
	for (int i = 0; i < e->nregions; i++) {
		region r = e->regions[i];
		if (r.end <= addr || r.addr >= end)
			continue;
		int left = r.addr < addr, right = r.end > end;
		if (left && right) {
			if (e->nregions == TL_MAX_REGIONS)
				return UC_ERR_NOMEM;
			memmove(&e->regions[i + 1], &e->regions[i], sizeof r * (size_t)(e->nregions - i));
			e->nregions++;
			e->regions[i].end = addr;
			e->regions[i + 1].addr = end;
			e->regions[i + 1].host = r.host + (end - r.addr);
			return 0;
		}
		if (left) {
			e->regions[i].end = addr;
		} else if (right) {
			e->regions[i].addr = end;
			e->regions[i].host = r.host + (end - r.addr);
		} else {
			memmove(&e->regions[i], &e->regions[i + 1], sizeof r * (size_t)(e->nregions - i - 1));
			e->nregions--;
			i--;
		}
	}
	return 0;
}

int tl_unmap(tl_engine *e, uint64_t addr, uint64_t size)
{
	int rc = uc_mem_unmap(e->uc, addr, size);
	e->last_region = 0;
	return rc ? rc : drop_region(e, addr, addr + size);
}

int tl_protect(tl_engine *e, uint64_t addr, uint64_t size, uint32_t prot)
{
	return uc_mem_protect(e->uc, addr, size, prot);
}

int tl_remove_cache(tl_engine *e, uint64_t addr, uint64_t end)
{
	return uc_ctl_remove_cache(e->uc, (uint64_t)addr, (uint64_t)end);
}

void tl_stop(tl_engine *e) { uc_emu_stop(e->uc); }
const tl_access *tl_accesses(tl_engine *e) { return e->access; }

// A context's data need not be aligned.
typedef uint64_t u64_at __attribute__((aligned(1)));
typedef uint32_t u32_at __attribute__((aligned(1)));
#define U64(off) (*(u64_at *)(d + (off)))
#define U32(off) (*(u32_at *)(d + (off)))

void tl_pack(tl_context *c, const tl_core *r, int tf)
{
	uint8_t *d = c->data;
	memcpy(d + OFF_GPR, r->gpr, sizeof r->gpr);
	U64(OFF_EIP) = r->rip;
	// The library takes the arithmetic flags and DF from eflags when it starts.
	U64(OFF_EFLAGS) = r->rflags | 2 | (tf ? FL_TF : 0);
	U64(OFF_CC_SRC) = r->rflags & FL_CC;
	U64(OFF_CC_DST) = 0;
	U32(OFF_CC_OP) = CC_OP_EFLAGS;
	U32(OFF_DF) = r->rflags & FL_DF ? (uint32_t)-1 : 1;
	for (int i = 0; i < 6; i++) {
		uint8_t *s = d + OFF_SEG + i * SEG_SIZE;
		*(u32_at *)s = r->seg[i].sel;
		*(u64_at *)(s + 8) = r->code64 && i < 4 ? 0 : r->seg[i].base; // 64-bit mode has bases in FS and GS only
		*(u32_at *)(s + 16) = r->seg[i].limit;
		*(u32_at *)(s + 20) = r->seg[i].flags;
	}
	uint32_t h = U32(OFF_HFLAGS);
	h &= ~(uint32_t)(HF_CPL | HF_INHIBIT | HF_CS32 | HF_SS32 | HF_ADDSEG | HF_CR0 | HF_CS64);
	h |= r->cpl & HF_CPL;
	if (r->shadow)
		h |= HF_INHIBIT;
	if (r->code64) {
		h |= HF_CS64 | HF_CS32 | HF_SS32;
	} else {
		if (r->seg[1].flags & DESC_B)
			h |= HF_CS32;
		if (r->seg[2].flags & DESC_B)
			h |= HF_SS32;
		if (r->seg[0].base | r->seg[2].base | r->seg[3].base)
			h |= HF_ADDSEG;
	}
	h |= (r->cr0_flags << HF_CR0_SHIFT) & HF_CR0;
	U32(OFF_HFLAGS) = h;
	U32(OFF_OLD_EXCEPTION) = (uint32_t)-1;
}

void tl_unpack(tl_context *c, tl_core *r, uint64_t flags)
{
	uint8_t *d = c->data;
	memcpy(r->gpr, d + OFF_GPR, sizeof r->gpr);
	r->rip = U64(OFF_EIP);
	r->rflags = flags;
	r->shadow = U32(OFF_HFLAGS) & HF_INHIBIT ? 1 : 0;
}

// tl_start runs e from rip with x as its report, the stand-ins of interpose.c
// in force unless bare. It returns 0 if the library aborted, and the instance
// is lost.
int tl_start(tl_engine *e, tl_exit *x, uint64_t rip, uint64_t count, int bare)
{
	sigjmp_buf jb;
	if (sigsetjmp(jb, 0)) {
		escape = NULL;
		tl_current = NULL;
		e->dead = 1;
		e->x = NULL;
		x->status = TL_DEAD;
		return 0;
	}
	escape = &jb;
	e->x = x;
	tl_current = bare ? NULL : e;
	int rc = uc_emu_start(e->uc, rip, 0, 0, count);
	tl_current = NULL;
	escape = NULL;
	e->x = NULL;
	if (rc && x->status == TL_OK) {
		x->status = TL_ERROR;
		x->intno = rc;
	}
	return 1;
}

void tl_step(tl_engine *e, tl_context *c, tl_core *core, tl_exit *x,
             uint64_t count, int tf, int load)
{
	memset(x, 0, sizeof *x);
	if (e->dead) {
		if (e->nshown)
			hide_code(e);
		x->status = TL_DEAD;
		return;
	}
	if (load || e->resident != c) {
		tl_pack(c, core, tf);
		uc_context_restore(e->uc, c->uc);
		e->resident = c;
	}
	int alive = tl_start(e, x, core->rip, count, !tf);
	if (e->nshown)
		hide_code(e);
	if (!alive)
		return;
	uint64_t flags = 0;
	uc_reg_read(e->uc, UC_X86_REG_EFLAGS, &flags);
	uc_context_save(e->uc, c->uc);
	tl_unpack(c, core, flags);
	if (x->status != TL_OK && !(x->status == TL_INTR && x->intno == 1))
		e->resident = NULL; // old_exception is set: reload before the next run
}

// Offsets in the FXSAVE area (SDM vol. 1, table 10-2). FIP, FDP and FOP are
// not kept by the library: they are zero.
enum { FX_FCW = 0, FX_FSW = 2, FX_FTW = 4, FX_MXCSR = 24, FX_MXCSR_MASK = 28, FX_ST = 32, FX_XMM = 160 };

int tl_fxsave(tl_engine *e, tl_context *c, const tl_core *core, uint8_t *fx)
{
	uint16_t cw = 0, sw = 0, tag = 0;
	uint32_t mxcsr = 0, mask = 0xffff;
	if (e->dead)
		return -1;
	tl_pack(c, core, 0);
	uc_context_restore(e->uc, c->uc);
	e->resident = NULL;
	memset(fx, 0, 512);
	uc_reg_read(e->uc, UC_X86_REG_FPCW, &cw);
	uc_reg_read(e->uc, UC_X86_REG_FPSW, &sw);
	uc_reg_read(e->uc, UC_X86_REG_FPTAG, &tag);
	uc_reg_read(e->uc, UC_X86_REG_MXCSR, &mxcsr);
	memcpy(fx + FX_FCW, &cw, 2);
	memcpy(fx + FX_FSW, &sw, 2);
	for (int i = 0; i < 8; i++) // abridged tag word: a bit per register in use
		if ((tag >> (2 * i) & 3) != 3)
			fx[FX_FTW] |= (uint8_t)(1 << i);
	memcpy(fx + FX_MXCSR, &mxcsr, 4);
	memcpy(fx + FX_MXCSR_MASK, &mask, 4);
	int top = sw >> 11 & 7;
	for (int i = 0; i < 8; i++)
		uc_reg_read(e->uc, UC_X86_REG_FP0 + ((top + i) & 7), fx + FX_ST + 16 * i);
	for (int i = 0; i < (e->mode64 ? 16 : 8); i++)
		uc_reg_read(e->uc, UC_X86_REG_XMM0 + i, fx + FX_XMM + 16 * i);
	return 0;
}

int tl_fxrstor(tl_engine *e, tl_context *c, const tl_core *core, const uint8_t *fx)
{
	uint16_t cw, sw, tag = 0;
	uint32_t mxcsr;
	if (e->dead)
		return -1;
	tl_pack(c, core, 0);
	uc_context_restore(e->uc, c->uc);
	e->resident = NULL;
	memcpy(&cw, fx + FX_FCW, 2);
	memcpy(&sw, fx + FX_FSW, 2);
	memcpy(&mxcsr, fx + FX_MXCSR, 4);
	int top = sw >> 11 & 7;
	for (int i = 0; i < 8; i++)
		uc_reg_write(e->uc, UC_X86_REG_FP0 + ((top + i) & 7), fx + FX_ST + 16 * i);
	for (int i = 0; i < 8; i++)
		if (!(fx[FX_FTW] >> i & 1))
			tag |= (uint16_t)(3 << (2 * i));
	for (int i = 0; i < (e->mode64 ? 16 : 8); i++)
		uc_reg_write(e->uc, UC_X86_REG_XMM0 + i, fx + FX_XMM + 16 * i);
	uc_reg_write(e->uc, UC_X86_REG_FPCW, &cw);
	uc_reg_write(e->uc, UC_X86_REG_FPSW, &sw);
	uc_reg_write(e->uc, UC_X86_REG_FPTAG, &tag);
	uc_reg_write(e->uc, UC_X86_REG_MXCSR, &mxcsr);
	return uc_context_save(e->uc, c->uc);
}

// cpuid_tells_features runs CPUID for leaf 1 and looks for the bits of features.
static int cpuid_tells_features(tl_engine *e)
{
	static const uint8_t code[] = {0x0f, 0xa2};
	enum { PAGE = 4096, AT = 0x1000 };
	uint64_t rax = 1, rcx = 0, rdx = 0;
	if (uc_mem_map(e->uc, AT, PAGE, UC_PROT_ALL) || uc_mem_write(e->uc, AT, code, sizeof code))
		return 0;
	uc_reg_write(e->uc, UC_X86_REG_RAX, &rax);
	if (uc_emu_start(e->uc, AT, 0, 0, 1))
		return 0;
	uc_reg_read(e->uc, UC_X86_REG_RCX, &rcx);
	uc_reg_read(e->uc, UC_X86_REG_RDX, &rdx);
	return (rcx & features[1].bits) == features[1].bits && (rdx & features[0].bits) == features[0].bits;
}

#define FAIL(...) do { snprintf(err, errlen, __VA_ARGS__); rc = -1; goto out; } while (0)

int tl_selfcheck(char *err, size_t errlen, size_t skew)
{
	static const int regs[16] = {
		UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX,
		UC_X86_REG_RSP, UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI,
		UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11,
		UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15,
	};
	int rc = 0;
	tl_context *c = NULL;
	tl_engine *e = tl_open(1, 0, err, errlen);
	if (!e)
		return -1;
	if (uc_context_size(e->uc) != CTX_HEADER + CTX_SIZE)
		FAIL("saved context has %zu bytes, expected %d", uc_context_size(e->uc), CTX_HEADER + CTX_SIZE);
	for (int i = 0; i < 16; i++) {
		uint64_t v = 0x1122334455660000ull + (uint64_t)i;
		uc_reg_write(e->uc, regs[i], &v);
	}
	uint64_t rip = 0x7766554433221100ull, flags = FL_DF | FL_CC | 0x202, base = 0x12345000;
	uc_reg_write(e->uc, UC_X86_REG_RIP, &rip);
	uc_reg_write(e->uc, UC_X86_REG_EFLAGS, &flags);
	uc_reg_write(e->uc, UC_X86_REG_GS_BASE, &base);
	if (!(c = tl_context_new(e)))
		FAIL("cannot save a context");
	uint8_t *d = c->data + skew;
	for (int i = 0; i < 16; i++)
		if (U64(OFF_GPR + 8 * i) != 0x1122334455660000ull + (uint64_t)i)
			FAIL("register %d is not at offset %d of the saved context", i, OFF_GPR + 8 * i);
	if (U64(OFF_EIP) != rip)
		FAIL("the instruction pointer is not at offset %d", OFF_EIP);
	if (U32(OFF_DF) != (uint32_t)-1 || U32(OFF_CC_OP) != CC_OP_EFLAGS || (U64(OFF_CC_SRC) & FL_CC) != FL_CC)
		FAIL("the flags are not kept as expected (df %x, cc_op %u)", U32(OFF_DF), U32(OFF_CC_OP));
	if (U64(OFF_SEG + 5 * SEG_SIZE + 8) != base)
		FAIL("segment caches are not at offset %d", OFF_SEG);
	if ((U32(OFF_HFLAGS) & HF_CPL) != 0)
		FAIL("hflags are not at offset %d", OFF_HFLAGS);
	if (U32(OFF_OLD_EXCEPTION) != (uint32_t)-1)
		FAIL("old_exception is not at offset %d", OFF_OLD_EXCEPTION);
	if (!cpuid_tells_features(e))
		FAIL("CPUID does not give the features that were set");
out:
	if (c)
		tl_context_free(c);
	tl_close(e);
	return rc;
}
