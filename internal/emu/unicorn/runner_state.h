// The runner's private state.
#ifndef TRAPLINE_RUNNER_STATE_H
#define TRAPLINE_RUNNER_STATE_H

#include "interpose.h"
#include "runner.h"

// The two words of the vCPU state that translated blocks keep up to date:
// instructions left, and the number of the last block begun, from 1.
#define BUDGET(cpu) ((int32_t *)((char *)(cpu) + CPU_BUDGET))
#define LAST(cpu) ((int32_t *)((char *)(cpu) + CPU_EXTRA))

enum { DIRTY_SLACK = 2048 };

typedef struct {
	uint64_t pc;
	int32_t limit; // instructions that may be translated; 0: none; -1: forgotten
	uint32_t used;
	uint8_t *align; // see tl_learn
	int indirect;   // see tl_learn
} verified;

typedef struct {
	uint64_t pc;
	uint32_t insns;
} block;

struct tl_runner {
	uc_engine *uc;
	CPUState *cpu;  // known from the first translation on
	verified *table; // open addressing, 1 << bits places
	uint32_t bits, nverified;
	block *blocks; // translations by number
	uint32_t nblocks, cap;
	const verified *learnt; // of the block being translated
	int32_t insn;    // the next one of it
	uint32_t flags;  // of it
	int64_t number;  // of it
	TCGOp *count;    // its instruction that holds the block's length
	TranslatorOps ops;
	int32_t budget;
	int32_t held;    // what was left of it when the list of dirty pages filled up
	int64_t refused; // block that would have passed the budget, or -1
	uintptr_t ra;    // place in translated code of the access under way, or 0
	uint32_t crossing; // bytes of a store across pages under way
	uint64_t crossing_addr;
	uint8_t crossing_old[8];
	uint32_t ndirty;
	uint64_t dirty[TL_MAX_DIRTY];
};

const verified *tl_runner_learnt(tl_runner *r, uint64_t pc);
void tl_runner_misaligned(tl_engine *e);
int64_t tl_runner_record(tl_runner *r, uint64_t pc);
void tl_runner_crosses(tl_runner *r, uint64_t addr, uint32_t size);
void tl_runner_wrote(tl_runner *r, uint64_t addr);

#endif
