//go:build unicorn && cgo && linux && amd64

// Stand-ins, put in their place at link time, for two functions of the library's
// list of mapped pieces of host memory.
//
// One gives each piece its place among the library's RAM addresses. The library
// compares every pair of pieces for the best gap, which makes mapping n pages
// here and there cost n cubed. Here the list is kept in the order of RAM
// addresses, and a piece takes the first gap.
//
// The other finds the RAM address of a page of host memory. The library goes
// through the list at each indirect branch. Here the answers are kept until the
// list changes.
#include "ramlist.h"
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RAM_ALIGN = 1 << 18 }; // bytes, as the library aligns pieces
enum { PIECES = 3, PAGE = 4096 }; // of the check

// RAMBlock as the library has it.
typedef struct RAMBlock {
	void *mr;
	uint8_t *host;
	uint64_t offset, used_length, max_length; // bytes
	uint32_t flags;
	struct RAMBlock *next, **prev; // prev: what points here
	size_t page_size;
} RAMBlock;

static RAMBlock **ram_list(void *uc) { return (RAMBlock **)((char *)uc + UC_RAM_LIST); }

static uint64_t end_of(const RAMBlock *b)
{
	return (b->offset + b->max_length + RAM_ALIGN - 1) & ~(uint64_t)(RAM_ALIGN - 1);
}

static void place(RAMBlock **at, RAMBlock *b)
{
	b->offset = 0;
	for (; *at != NULL && (*at)->offset - b->offset < b->max_length; at = &(*at)->next)
		b->offset = end_of(*at);
	b->next = *at;
	b->prev = at;
	if (b->next != NULL)
		b->next->prev = &b->next;
	*at = b;
}

// The library sees an empty list, where it has nothing to compare.
RAMBlock *__real_qemu_ram_alloc_from_ptr_x86_64(void *uc, uint64_t size, void *host, void *mr);
RAMBlock *__wrap_qemu_ram_alloc_from_ptr_x86_64(void *uc, uint64_t size, void *host, void *mr)
{
	RAMBlock **list = ram_list(uc), *all = *list;
	*list = NULL;
	RAMBlock *b = __real_qemu_ram_alloc_from_ptr_x86_64(uc, size, host, mr);
	*list = all;
	if (b != NULL)
		place(list, b);
	return b;
}

// newest is the piece that the library tries first; it forgets it whenever the list
// changes.
static RAMBlock **newest(void *uc) { return ram_list(uc) - 1; }

// holds tells whether host lies in b.
static bool holds(const RAMBlock *b, const uint8_t *host) { return (uint64_t)(host - b->host) < b->max_length; }

uint64_t __real_qemu_ram_addr_from_host_x86_64(void *uc, void *host);
uint64_t __wrap_qemu_ram_addr_from_host_x86_64(void *uc, void *host)
{
	tl_engine *e = tl_current;
	if (!e || e->uc != uc)
		return __real_qemu_ram_addr_from_host_x86_64(uc, host);
	if (*newest(uc) == NULL)
		memset(e->pieces, 0, sizeof e->pieces);
	void **known = &e->pieces[(uintptr_t)host / PAGE % TL_PIECES];
	RAMBlock *b = *known;
	if (!b || !holds(b, host)) {
		for (b = *ram_list(uc); b && !holds(b, host);)
			b = b->next;
		if (!b)
			return __real_qemu_ram_addr_from_host_x86_64(uc, host);
		*newest(uc) = *known = b;
	}
	return b->offset + (uint64_t)((uint8_t *)host - b->host);
}

// in_order compares a list of n pieces of a page with what place makes.
static int in_order(RAMBlock **at, int n)
{
	uint64_t offset = 0;
	for (; n > 0; n--, offset += RAM_ALIGN, at = &(*at)->next)
		if (*at == NULL || (*at)->prev != at || (*at)->offset != offset ||
		    (*at)->used_length != PAGE || (*at)->max_length != PAGE)
			return 0;
	return *at == NULL;
}

uint64_t qemu_ram_addr_from_host_x86_64(void *uc, void *host);

// found looks up a page that two pieces show, anew and as it is known, and one that
// none shows.
static bool found(tl_engine *e, uint8_t *mem)
{
	const uint64_t nowhere = __real_qemu_ram_addr_from_host_x86_64(e->uc, mem + TL_PIECES * PAGE);
	const uint64_t at = __real_qemu_ram_addr_from_host_x86_64(e->uc, mem + 5);
	bool right = true;
	tl_current = e;
	for (int i = 0; i < 2; i++)
		right = right && qemu_ram_addr_from_host_x86_64(e->uc, mem + 5) == at && *newest(e->uc) == *ram_list(e->uc) &&
			qemu_ram_addr_from_host_x86_64(e->uc, mem + TL_PIECES * PAGE) == nowhere;
	tl_current = NULL;
	return right;
}

static const char *check(tl_engine *e, uint8_t *mem)
{
	for (int i = 0; i < PIECES; i++)
		if (tl_map(e, (uint64_t)i << 32, PAGE, UC_PROT_ALL, mem))
			return "pages cannot be mapped";
	RAMBlock **list = ram_list(e->uc);
	if (!in_order(list, PIECES))
		return "the list of mapped pieces is not as expected";
	if (!found(e, mem))
		return "the piece of a page is not found as expected";
	if (tl_unmap(e, 0, PAGE) || !found(e, mem))
		return "the piece of a page is not found when another one is gone";
	if (tl_map(e, 7ull << 32, PAGE, UC_PROT_ALL, mem))
		return "pages cannot be mapped again";
	if (!in_order(list, PIECES))
		return "the place of an unmapped piece is not used again";
	return found(e, mem) ? NULL : "the piece of a page is not found when there is a new one";
}

int tl_ram_check(char *err, size_t errlen)
{
	tl_engine *e = tl_open(1, 0, err, errlen);
	if (!e)
		return -1;
	uint8_t *mem = NULL;
	const char *what = "out of memory";
	if (!posix_memalign((void **)&mem, PAGE, PAGE))
		what = check(e, mem);
	if (what)
		snprintf(err, errlen, "%s", what);
	tl_close(e);
	free(mem);
	return what ? -1 : 0;
}
