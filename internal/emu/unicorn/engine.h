// What the C files of this package share: the instance and the offsets into
// the library's vCPU state.
#ifndef TRAPLINE_ENGINE_H
#define TRAPLINE_ENGINE_H

#include <stdbool.h>
#include <unicorn/unicorn.h>

#include "shim.h"
#include "version.h"

typedef struct {
	uint64_t addr, end;
	uint8_t *host;
} region;

struct tl_context {
	uc_context *uc;
	uint8_t *data;
};

typedef struct tl_runner tl_runner;

enum { TL_PIECES = 256 };

struct tl_engine {
	uc_engine *uc;
	int mode64;
	int dead;
	tl_context *resident;
	tl_exit *x;
	region *regions;
	int nregions;
	int last_region;
	void *pieces[TL_PIECES]; // by number of the host's page: the piece of mapped memory that it is in (ramlist.c)
	tl_runner *runner; // NULL: this instance steps
	uint64_t shown_at; // tl_show_code: nshown bytes of memory, kept while others stand there
	int nshown;
	uint8_t kept[TL_MAX_CODE];
	tl_access access[TL_MAX_ACCESS];
};

// The instance that runs on this thread, or NULL. The library's functions
// that interpose.c stands in for act for it; without one they are the library's.
extern __thread tl_engine *tl_current;

void tl_pack(tl_context *c, const tl_core *r, int tf);
void tl_unpack(tl_context *c, tl_core *r, uint64_t flags);
int tl_start(tl_engine *e, tl_exit *x, uint64_t rip, uint64_t count, int bare);

uint8_t *tl_host_of(tl_engine *e, uint64_t addr, uint32_t size);

// tl_runner_fault ends the run with the registers of the instruction at fault.
void tl_runner_fault(tl_engine *e);
void tl_runner_free(tl_runner *r);

#endif
