// Free running: whole blocks at the library's full speed, counted exactly.
// runner.c and interpose.c say how.
#ifndef TRAPLINE_RUNNER_H
#define TRAPLINE_RUNNER_H

#include "shim.h"

enum {
	TL_MAX_BLOCKS = 1 << 18,       // verified addresses an instance keeps
	TL_MAX_TRANSLATIONS = 1 << 17, // translations an instance makes: about 100 MB
	TL_MAX_DIRTY = 4096,           // pages noted in one run
	TL_MAX_BUDGET = 1 << 30,       // instructions in one run
};

// Further ends of a run, beside those of shim.h.
enum {
	TL_UNVERIFIED = 6, // the block at rip was not learnt
	TL_STEPONLY = 7,   // the block at rip was learnt as one not to run
	TL_FULL = 8,       // one of the bounds above: open a new instance
	TL_MISALIGNED = 9, // an access of the instruction at rip is not aligned as demanded
};

typedef struct {
	uint64_t executed;    // instructions; the last block's all count, even if it faulted
	uint64_t block;       // where the last block begins, linear
	uint32_t block_insns; // instructions in it
	uint32_t ndirty;      // pages written for the first time
	uint32_t refused;     // 1: the next block does not fit into the budget
	uint32_t pad;
} tl_progress;

// tl_runner_init makes a newly opened instance one that runs blocks.
int tl_runner_init(tl_engine *e);
// tl_run runs core on e for at most budget instructions, ending between
// blocks or at an instruction that needs the caller.
void tl_run(tl_engine *e, tl_context *c, tl_core *core, tl_exit *x, tl_progress *p, uint32_t budget);
// tl_learn allows at most insns instructions of the block at pc to be
// translated; 0 makes it one not to run. align is NULL or has a bit for each
// of them: the first access of one so marked must be aligned to 16 bytes.
// indirect says that the last of them is a near RET, or a JMP or CALL through a
// register or memory, of 64 bits: the run ends at it, before it does anything
// but read, if no byte can be read at its target.
// Returns 0, or -1 at TL_MAX_BLOCKS.
int tl_learn(tl_engine *e, uint64_t pc, uint32_t insns, const uint8_t *align, int indirect);
void tl_forget(tl_engine *e, uint64_t pc);
// tl_dirty are the addresses of the last run's ndirty pages.
const uint64_t *tl_dirty(tl_engine *e);
// tl_watch makes the next store to any page be noted again.
void tl_watch(tl_engine *e);
// tl_runner_check runs a program whose count, dirty page and fault are known.
// Returns 0 or writes what differs into err.
int tl_runner_check(char *err, size_t errlen);

#endif
