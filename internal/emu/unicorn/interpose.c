//go:build unicorn && cgo && linux && amd64

// Stand-ins for functions inside the library, put in their place at link time
// (-Wl,--wrap, see unicorn.go). They give what its interface lacks:
//
//   - no bytes are translated that the caller did not allow (tb_gen_code);
//   - a block counts its instructions itself, inline (translator_loop), and
//     refuses to begin when they exceed the budget (tb_exec_unlock ends the run);
//   - an access that faults in the middle of a block leaves the registers of
//     its own instruction (the loads and stores keep their place in the code);
//   - pages written are noted once, and then written at full speed (stores);
//   - an access that must be aligned is checked (translator_loop, loads and stores);
//   - an indirect branch tries its target before it does anything (translator_loop);
//   - a store does not look for translations to drop (tb_invalidate_...,
//     page_collection_...): package emu compares code bytes itself.
//
// Outside tl_start (tl_current is NULL) each is the library's own.
#include "engine.h"
#include "runner_state.h"

#include <stddef.h>

static tl_runner *runner(void) { return tl_current ? tl_current->runner : NULL; }

TranslationBlock *__real_tb_gen_code_x86_64(CPUState *, uint64_t, uint64_t, uint32_t, int);
TranslationBlock *__wrap_tb_gen_code_x86_64(CPUState *cpu, uint64_t pc, uint64_t cs_base, uint32_t flags, int cflags)
{
	tl_runner *r = runner();
	if (!r)
		return __real_tb_gen_code_x86_64(cpu, pc, cs_base, flags, cflags);
	if (!r->cpu) {
		r->cpu = cpu;
		*BUDGET(cpu) = r->budget;
		*LAST(cpu) = 0;
	}
	r->learnt = tl_runner_learnt(r, tl_current->mode64 ? pc : pc & 0xffffffff);
	int status = !r->learnt ? TL_UNVERIFIED : r->learnt->limit == 0 ? TL_STEPONLY : TL_OK;
	if (status == TL_OK && (r->number = tl_runner_record(r, pc)) < 0)
		status = TL_FULL;
	if (status != TL_OK) {
		tl_current->x->status = status;
		uc_emu_stop(tl_current->uc);
		cpu_loop_exit_x86_64(cpu);
	}
	return __real_tb_gen_code_x86_64(cpu, pc, cs_base, flags, cflags);
}

// init_block makes REP iterations count as single steps do: no extra turn
// when the count register reaches zero.
static void init_block(void *db, CPUState *cpu)
{
	runner()->ops.init(db, cpu);
	*(int32_t *)((char *)db + DC_REPZ_OPT) = 1;
}

// start_block begins a block's code with: budget -= length; last = number;
// leave if budget < 0. The length is filled in when it is known.
static void start_block(void *db, CPUState *cpu)
{
	tl_runner *r = runner();
	TCGContext *s = *(TCGContext **)((char *)r->uc + UC_TCG);
	char *base = (char *)s;
	uintptr_t env = (uintptr_t)(base + *(ptrdiff_t *)(base + TCG_ENV));
	ptrdiff_t to_cpu = (char *)cpu - *(char **)((char *)cpu + CPU_ENV);
	TCGTemp *left = tcg_temp_new_internal_x86_64(s, 0, false);
	TCGTemp *v = tcg_temp_new_internal_x86_64(s, 0, false);
	r->ops.tb_start(db, cpu);
	tcg_gen_op3_x86_64(s, OP_LD_I32, (uintptr_t)left, env, (uintptr_t)(to_cpu + CPU_BUDGET));
	r->count = tcg_emit_op_x86_64(s, OP_MOVI_I32);
	r->count->args[0] = (uintptr_t)v;
	r->count->args[1] = 0;
	tcg_gen_op3_x86_64(s, OP_SUB_I32, (uintptr_t)left, (uintptr_t)left, (uintptr_t)v);
	tcg_gen_op3_x86_64(s, OP_ST_I32, (uintptr_t)left, env, (uintptr_t)(to_cpu + CPU_BUDGET));
	TCGOp *number = tcg_emit_op_x86_64(s, OP_MOVI_I32);
	number->args[0] = (uintptr_t)v;
	number->args[1] = (uint64_t)(r->number + 1);
	tcg_gen_op3_x86_64(s, OP_ST_I32, (uintptr_t)v, env, (uintptr_t)(to_cpu + CPU_EXTRA));
	tcg_gen_brcondi_i32_x86_64(s, COND_LT, (uintptr_t)((char *)left - base), 0, *(void **)(base + TCG_EXIT_LABEL));
	tcg_temp_free_internal_x86_64(s, left);
	tcg_temp_free_internal_x86_64(s, v);
}

// check_operand adds the alignment check that the library does not make to the
// first access among op and what follows: a misaligned address then takes the
// slow path, to LOAD or STORE below.
static void check_operand(TCGOp *op)
{
	for (; op != NULL; op = op->next)
		if (op->opc >= OP_GUEST_FIRST && op->opc <= OP_GUEST_LAST) {
			op->args[2] = (op->args[2] & ~(uint64_t)OI_ALIGN) | OI_ALIGN_16;
			return;
		}
}

// check_target adds a load of the byte at the target to the indirect branch
// that begins with op: before a call's push, behind the load of a return
// address or pointer, before RSP and RIP change. If it faults, nothing of the
// branch is done.
static void check_target(tl_runner *r, TCGContext *s, TCGOp *op)
{
	uintptr_t env = (uintptr_t)((char *)s + *(ptrdiff_t *)((char *)s + TCG_ENV));
	TCGOp *load = NULL, *store = NULL, *jump = NULL, *try;
	for (; op != NULL; op = op->next)
		if (op->opc == OP_GUEST_LD_I64)
			load = op;
		else if (op->opc == OP_GUEST_ST_I64)
			store = op;
		else if (op->opc == OP_ST_I64 && op->args[1] == env && op->args[2] == ENV_EIP)
			jump = op;
	if (!jump)
		return; // tl_runner_check finds it
	TCGTemp *v = tcg_temp_new_internal_x86_64(s, 1, false);
	if (load && !store)
		try = tcg_op_insert_after_x86_64(s, load, OP_GUEST_LD_I64);
	else
		try = tcg_op_insert_before_x86_64(s, store ? store : jump, OP_GUEST_LD_I64);
	try->args[0] = (uintptr_t)v;
	try->args[1] = jump->args[0];
	try->args[2] = (r->flags & FLAGS_CPL) == FLAGS_CPL ? MMU_USER : MMU_KERNEL;
	tcg_temp_free_internal_x86_64(s, v);
}

// translate_insn adds the checks that the library does not make.
static void translate_insn(void *db, CPUState *cpu)
{
	tl_runner *r = runner();
	TCGContext *s = *(TCGContext **)((char *)r->uc + UC_TCG);
	char *tail = *(char **)((char *)s + TCG_TAIL);
	TCGOp *last = (TCGOp *)(tail - offsetof(TCGOp, next));
	r->ops.translate_insn(db, cpu);
	int i = r->insn++;
	if (r->learnt->align && r->learnt->align[i / 8] >> (i % 8) & 1)
		check_operand(last->next);
	if (r->learnt->indirect && i == r->learnt->limit - 1)
		check_target(r, s, last->next);
}

static void check_alignment(tl_runner *r, uint64_t addr, uint32_t oi)
{
	if (r && (oi & OI_ALIGN) == OI_ALIGN_16 && addr & 15)
		tl_runner_misaligned(tl_current);
}

void __real_translator_loop_x86_64(const TranslatorOps *, void *, CPUState *, TranslationBlock *, int);
void __wrap_translator_loop_x86_64(const TranslatorOps *ops, void *db, CPUState *cpu, TranslationBlock *tb, int max)
{
	tl_runner *r = runner();
	if (!r) {
		__real_translator_loop_x86_64(ops, db, cpu, tb, max);
		return;
	}
	r->ops = *ops;
	TranslatorOps own = *ops;
	own.init = init_block;
	own.tb_start = start_block;
	own.translate_insn = translate_insn;
	r->insn = 0;
	r->flags = tb->flags;
	__real_translator_loop_x86_64(&own, db, cpu, tb, max < r->learnt->limit ? max : r->learnt->limit);
	r->count->args[1] = tb->icount;
	r->blocks[r->number].insns = tb->icount;
}

void __real_tb_exec_unlock_x86_64(TCGContext *);
void __wrap_tb_exec_unlock_x86_64(TCGContext *s)
{
	tl_runner *r = runner();
	if (r && r->cpu && r->refused < 0 && *BUDGET(r->cpu) < 0) {
		r->refused = *LAST(r->cpu) - 1;
		uc_emu_stop(r->uc);
	}
	__real_tb_exec_unlock_x86_64(s);
}

void *__real_page_collection_lock_x86_64(void *, uint64_t, uint64_t);
void *__wrap_page_collection_lock_x86_64(void *uc, uint64_t from, uint64_t to)
{
	return tl_current ? NULL : __real_page_collection_lock_x86_64(uc, from, to);
}

void __real_page_collection_unlock_x86_64(void *);
void __wrap_page_collection_unlock_x86_64(void *pages)
{
	if (!tl_current)
		__real_page_collection_unlock_x86_64(pages);
}

void __real_tb_invalidate_phys_page_fast_x86_64(void *, void *, uint64_t, int, uintptr_t);
void __wrap_tb_invalidate_phys_page_fast_x86_64(void *uc, void *pages, uint64_t start, int len, uintptr_t ra)
{
	if (!tl_current)
		__real_tb_invalidate_phys_page_fast_x86_64(uc, pages, start, len, ra);
}

#define ENTER(ra_) \
	tl_runner *r = runner(); \
	if (r) \
		r->ra = (ra_)

#define LOAD(name, type) \
	type __real_##name(CPUX86State *, uint64_t, uint32_t, uintptr_t); \
	type __wrap_##name(CPUX86State *env, uint64_t addr, uint32_t oi, uintptr_t ra) \
	{ \
		ENTER(ra); \
		check_alignment(r, addr, oi); \
		return __real_##name(env, addr, oi, ra); \
	}

LOAD(helper_ret_ldub_mmu_x86_64, uint64_t)
LOAD(helper_le_lduw_mmu_x86_64, uint64_t)
LOAD(helper_le_ldul_mmu_x86_64, uint64_t)
LOAD(helper_le_ldq_mmu_x86_64, uint64_t)
LOAD(helper_be_lduw_mmu_x86_64, uint64_t)
LOAD(helper_be_ldul_mmu_x86_64, uint64_t)
LOAD(helper_be_ldq_mmu_x86_64, uint64_t)

#define LOAD_RA(name, type) \
	type __real_##name(CPUX86State *, uint64_t, uintptr_t); \
	type __wrap_##name(CPUX86State *env, uint64_t addr, uintptr_t ra) \
	{ \
		ENTER(ra); \
		return __real_##name(env, addr, ra); \
	}

LOAD_RA(cpu_ldub_data_ra_x86_64, uint32_t)
LOAD_RA(cpu_lduw_data_ra_x86_64, uint32_t)
LOAD_RA(cpu_ldsw_data_ra_x86_64, int)
LOAD_RA(cpu_ldl_data_ra_x86_64, uint32_t)
LOAD_RA(cpu_ldq_data_ra_x86_64, uint64_t)

static int crosses(uint64_t addr, unsigned size) { return (addr & 0xfff) + size > 0x1000; }

static void writing(tl_runner *r, uint64_t addr, unsigned size)
{
	if (r && crosses(addr, size))
		tl_runner_crosses(r, addr, size);
}

static void wrote(tl_runner *r, uint64_t addr, unsigned size)
{
	if (!r)
		return;
	tl_runner_wrote(r, addr);
	if (crosses(addr, size)) {
		r->crossing = 0;
		tl_runner_wrote(r, addr + size - 1);
	}
}

#define STORE(name, type) \
	void __real_##name(CPUX86State *, uint64_t, type, uint32_t, uintptr_t); \
	void __wrap_##name(CPUX86State *env, uint64_t addr, type v, uint32_t oi, uintptr_t ra) \
	{ \
		ENTER(ra); \
		check_alignment(r, addr, oi); \
		writing(r, addr, sizeof v); \
		__real_##name(env, addr, v, oi, ra); \
		wrote(r, addr, sizeof v); \
	}

STORE(helper_ret_stb_mmu_x86_64, uint8_t)
STORE(helper_le_stw_mmu_x86_64, uint16_t)
STORE(helper_le_stl_mmu_x86_64, uint32_t)
STORE(helper_le_stq_mmu_x86_64, uint64_t)
STORE(helper_be_stw_mmu_x86_64, uint16_t)
STORE(helper_be_stl_mmu_x86_64, uint32_t)
STORE(helper_be_stq_mmu_x86_64, uint64_t)

#define STORE_RA(name, type, size) \
	void __real_##name(CPUX86State *, uint64_t, type, uintptr_t); \
	void __wrap_##name(CPUX86State *env, uint64_t addr, type v, uintptr_t ra) \
	{ \
		ENTER(ra); \
		writing(r, addr, size); \
		__real_##name(env, addr, v, ra); \
		wrote(r, addr, size); \
	}

STORE_RA(cpu_stb_data_ra_x86_64, uint32_t, 1)
STORE_RA(cpu_stw_data_ra_x86_64, uint32_t, 2)
STORE_RA(cpu_stl_data_ra_x86_64, uint32_t, 4)
STORE_RA(cpu_stq_data_ra_x86_64, uint64_t, 8)
