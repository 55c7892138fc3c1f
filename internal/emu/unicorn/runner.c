//go:build unicorn && cgo && linux && amd64

#include "engine.h"
#include "runner_state.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_of(tl_runner *r, uint64_t pc)
{
	return (uint32_t)((pc * 0x9e3779b97f4a7c15ull) >> (64 - r->bits));
}

// entry finds pc's place in the table, or the free place it would take.
static verified *entry(tl_runner *r, uint64_t pc)
{
	uint32_t mask = (1u << r->bits) - 1;
	for (uint32_t i = hash_of(r, pc);; i = (i + 1) & mask) {
		verified *v = &r->table[i];
		if (!v->used || v->pc == pc)
			return v;
	}
}

// tl_runner_learnt is what was learnt of pc, or NULL.
const verified *tl_runner_learnt(tl_runner *r, uint64_t pc)
{
	verified *v = entry(r, pc);
	return v->used && v->limit >= 0 ? v : NULL;
}

static int grow(tl_runner *r)
{
	if ((1u << r->bits) >= 2 * TL_MAX_BLOCKS)
		return -1;
	verified *old = r->table;
	uint32_t n = 1u << r->bits;
	verified *t = calloc(2 * (size_t)n, sizeof *t);
	if (!t)
		return -1;
	r->table = t;
	r->bits++;
	r->nverified = 0;
	for (uint32_t i = 0; i < n; i++)
		if (old[i].used && old[i].limit >= 0) {
			*entry(r, old[i].pc) = old[i];
			r->nverified++;
		} else {
			free(old[i].align);
		}
	free(old);
	return 0;
}

int tl_runner_init(tl_engine *e)
{
	tl_runner *r = calloc(1, sizeof *r);
	if (!r)
		return -1;
	r->bits = 10;
	r->table = calloc(1u << r->bits, sizeof *r->table);
	if (!r->table) {
		free(r);
		return -1;
	}
	e->runner = r;
	return 0;
}

void tl_runner_free(tl_runner *r)
{
	for (uint32_t i = 0; i < 1u << r->bits; i++)
		free(r->table[i].align);
	free(r->table);
	free(r->blocks);
	free(r);
}

int tl_learn(tl_engine *e, uint64_t pc, uint32_t insns, const uint8_t *align, int indirect)
{
	tl_runner *r = e->runner;
	if (2 * (r->nverified + 1) > (1u << r->bits) && grow(r))
		return -1;
	verified *v = entry(r, pc);
	if (!v->used)
		r->nverified++;
	free(v->align);
	*v = (verified){.pc = pc, .limit = (int32_t)insns, .used = 1, .indirect = indirect};
	if (align && insns) {
		size_t n = (insns + 7) / 8;
		if (!(v->align = malloc(n))) {
			v->limit = -1;
			return -1;
		}
		memcpy(v->align, align, n);
	}
	return 0;
}

void tl_forget(tl_engine *e, uint64_t pc)
{
	verified *v = entry(e->runner, pc);
	if (v->used)
		v->limit = -1;
}

// tl_runner_record numbers a translation, or returns -1 at the bound.
int64_t tl_runner_record(tl_runner *r, uint64_t pc)
{
	if (r->nblocks == r->cap) {
		uint32_t cap = r->cap ? 2 * r->cap : 1024;
		block *b = cap > TL_MAX_TRANSLATIONS ? NULL : realloc(r->blocks, cap * sizeof *b);
		if (!b)
			return -1;
		r->blocks = b;
		r->cap = cap;
	}
	r->blocks[r->nblocks] = (block){.pc = pc};
	return r->nblocks++;
}

void tl_runner_wrote(tl_runner *r, uint64_t addr)
{
	uint64_t page = addr & ~0xfffull;
	if (r->ndirty == 0 || r->dirty[r->ndirty - 1] != page) {
		r->dirty[r->ndirty++] = page;
		// No further block may begin. This one makes fewer stores than the
		// rest of the list holds.
		if (r->ndirty == TL_MAX_DIRTY - DIRTY_SLACK) {
			r->held = *BUDGET(r->cpu);
			*BUDGET(r->cpu) = 0;
		}
	}
	tlb_set_dirty_x86_64(r->cpu, page);
}

void tl_runner_misaligned(tl_engine *e)
{
	e->x->status = TL_MISALIGNED;
	tl_runner_fault(e);
}

// tl_runner_fault leaves translated code at the access that failed. The
// library would go on to the end of the block after a store.
void tl_runner_fault(tl_engine *e)
{
	tl_runner *r = e->runner;
	uint8_t *p;
	cpu_restore_state_x86_64(r->cpu, r->ra, true);
	for (uint32_t i = 0; i < r->crossing; i++)
		if ((p = tl_host_of(e, r->crossing_addr + i, 1)) != NULL)
			*p = r->crossing_old[i];
	r->crossing = 0;
	uc_emu_stop(e->uc);
	cpu_loop_exit_x86_64(r->cpu);
}

// tl_runner_crosses keeps what a store across pages will overwrite: the
// library makes it byte by byte, and a byte may fault when others are done.
void tl_runner_crosses(tl_runner *r, uint64_t addr, uint32_t size)
{
	uint8_t *p;
	r->crossing = size;
	r->crossing_addr = addr;
	for (uint32_t i = 0; i < size; i++)
		if ((p = tl_host_of(tl_current, addr + i, 1)) != NULL)
			r->crossing_old[i] = *p;
}

const uint64_t *tl_dirty(tl_engine *e) { return e->runner->dirty; }

void tl_watch(tl_engine *e)
{
	if (e->runner->cpu)
		tlb_flush_x86_64(e->runner->cpu);
}

void tl_run(tl_engine *e, tl_context *c, tl_core *core, tl_exit *x, tl_progress *p, uint32_t budget)
{
	tl_runner *r = e->runner;
	memset(x, 0, sizeof *x);
	memset(p, 0, sizeof *p);
	if (e->dead) {
		x->status = TL_DEAD;
		return;
	}
	tl_pack(c, core, 0);
	uc_context_restore(e->uc, c->uc);
	r->uc = e->uc;
	r->ndirty = 0;
	r->ra = 0;
	r->crossing = 0;
	r->budget = (int32_t)budget;
	r->refused = -1;
	r->held = 0;
	if (r->cpu) {
		*BUDGET(r->cpu) = r->budget;
		*LAST(r->cpu) = 0;
	}
	tl_start(e, x, core->rip, 0, 0);
	uint64_t flags = 0;
	uc_reg_read(e->uc, UC_X86_REG_EFLAGS, &flags);
	uc_context_save(e->uc, c->uc);
	tl_unpack(c, core, flags);
	p->ndirty = r->ndirty;
	if (!r->cpu)
		return;
	p->executed = (uint64_t)((int64_t)r->budget - r->held - *BUDGET(r->cpu));
	if (r->refused >= 0) {
		p->refused = r->held == 0;
		p->executed -= r->blocks[r->refused].insns;
	}
	int32_t last = *LAST(r->cpu);
	if (last) {
		p->block = r->blocks[last - 1].pc;
		p->block_insns = r->blocks[last - 1].insns;
	}
}
