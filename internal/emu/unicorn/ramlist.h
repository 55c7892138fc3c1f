#ifndef TRAPLINE_RAMLIST_H
#define TRAPLINE_RAMLIST_H

#include <stddef.h>

// tl_ram_check maps a few pages and compares the library's list of them with
// the layout that ramlist.c takes it to have. Not 0: err says what differs.
int tl_ram_check(char *err, size_t errlen);

#endif
