// The TLS that clone(2) is asked for, and what it refuses.
#include "say.h"
#include <asm/ldt.h>

static void try(const char *what, unsigned long tls) {
#ifdef __x86_64__
	long r = CALL(clone, CLONE_SETTLS | SIGCHLD, 0, 0, 0, tls);
#else
	long r = CALL(clone, CLONE_SETTLS | SIGCHLD, 0, 0, tls, 0);
#endif
	if (r == 0) CALL(exit, 0);
	say(what, r > 0 ? 0 : r);
	say("  wait", r > 0 ? waitpid(r, 0, 0) == r : waitpid(-1, 0, WNOHANG));
}

int main(void) {
#ifdef __x86_64__
	try("0", 0);
	try("below the end", 0x7fffffffefff);
	try("the end", 0x7ffffffff000);
	try("not canonical", 1ul << 63);
#else
	struct user_desc d = {.limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1, .useable = 1};
	try("nowhere", 8);
	for (int i = -1; i < 20; i++) {
		if (i >= 6 && i <= 8) continue; // a 32-bit kernel's
		d.entry_number = i;
		try("entry", (long)&d);
		printf("%d\n", (int)d.entry_number);
	}
	d.entry_number = 13;
	d.seg_32bit = 0;
	try("16 bits", (long)&d);
	d.seg_32bit = 1;
	d.contents = 2;
	try("code", (long)&d);
	d.contents = 0;
	d.seg_not_present = 1;
	try("not present", (long)&d);
#endif
	return 0;
}
