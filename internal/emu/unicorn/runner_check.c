//go:build unicorn && cgo && linux && amd64

#include "engine.h"
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODE = 0x1000, DATA = 0x5000, PAGE = 4096, POINTER = 8 };

// rep stosb; cmp $5,%ecx; movaps %xmm0,1(%rbx); then indirect branches
static const uint8_t program[] = {0xf3, 0xaa, 0x83, 0xf9, 5, 0x0f, 0x29, 0x43, 1,
                                  0xff, 0xe2, 0xff, 0xd2, 0xff, 0x23, 0xff, 0x13, 0xc3};
// jmp *%rdx; call *%rdx; jmp *(%rbx); call *(%rbx); ret
static const uint64_t branches[] = {CODE + 9, CODE + 11, CODE + 13, CODE + 15, CODE + 17};
static const uint64_t NOWHERE = 1ull << 62;
static const uint8_t aligned = 1 << 1;

static const char *check_branches(tl_engine *e, tl_context *c, tl_core *core)
{
	tl_exit x;
	tl_progress p;
	core->gpr[2] = NOWHERE;
	core->gpr[3] = core->gpr[4] = DATA + POINTER;
	for (size_t i = 0; i < sizeof branches / sizeof *branches; i++) {
		if (tl_learn(e, branches[i], 1, NULL, 1))
			return "out of memory";
		core->rip = branches[i];
		tl_core before = *core;
		tl_run(e, c, core, &x, &p, 10);
		if (x.status != TL_MEM || x.mem_addr != NOWHERE || memcmp(core, &before, sizeof before) || p.ndirty)
			return "a branch to nowhere is taken";
	}
	return NULL;
}

static const char *check(tl_engine *e, tl_context *c)
{
	tl_exit x;
	tl_progress p;
	tl_core core = {.rip = CODE, .rflags = 2, .code64 = 1};
	for (int i = 0; i < 6; i++)
		core.seg[i] = (tl_seg){.sel = 0x18, .limit = 0xffffffff, .flags = 0xcf9300};
	core.seg[1] = (tl_seg){.sel = 0x10, .limit = 0xffffffff, .flags = 0xaf9b00};
	core.gpr[1] = 3, core.gpr[3] = core.gpr[7] = DATA;
	tl_run(e, c, &core, &x, &p, 10);
	if (x.status != TL_UNVERIFIED || p.executed != 0)
		return "a block was translated that was not learnt";
	if (tl_learn(e, CODE, 1, NULL, 0) || tl_learn(e, CODE + 2, 2, &aligned, 0))
		return "out of memory";
	tl_run(e, c, &core, &x, &p, 2);
	if (x.status != TL_OK || !p.refused || p.executed != 2 || core.gpr[1] != 1)
		return "a run does not end at its budget";
	if (p.ndirty == 0 || tl_dirty(e)[0] != DATA)
		return "a written page is not noted";
	tl_run(e, c, &core, &x, &p, 10);
	if (x.status != TL_MISALIGNED || core.rip != CODE + 5 || p.block != CODE + 2 || p.block_insns != 2 || p.executed != 3)
		return "an access that faults does not leave its instruction's registers";
	return check_branches(e, c, &core);
}

int tl_runner_check(char *err, size_t errlen)
{
	tl_engine *e = tl_open(1, 0, err, errlen);
	if (!e)
		return -1;
	uint8_t *mem = NULL;
	tl_context *c = NULL;
	const char *what = "out of memory";
	if (!tl_runner_init(e) && !posix_memalign((void **)&mem, PAGE, 2 * PAGE) && (c = tl_context_new(e)) != NULL) {
		memset(mem, 0, 2 * PAGE);
		memcpy(mem, program, sizeof program);
		memcpy(mem + PAGE + POINTER, &NOWHERE, sizeof NOWHERE);
		if (!tl_map(e, CODE, PAGE, UC_PROT_READ | UC_PROT_EXEC, mem) &&
		    !tl_map(e, DATA, PAGE, UC_PROT_READ | UC_PROT_WRITE, mem + PAGE))
			what = check(e, c);
	}
	if (what)
		snprintf(err, errlen, "%s", what);
	if (c)
		tl_context_free(c);
	tl_close(e);
	free(mem);
	return what ? -1 : 0;
}
