// mincore(2): which pages are there, of memory of every kind, and what it refuses. Pages come in
// several at once, so that what is asked for lies far from what was touched.
#include "say.h"

enum { P = 4096, FAR = 1024 };
static unsigned char v[8 * FAR];
static void show(const char *what, char *p, size_t n) {
	memset(v, 9, sizeof v);
	say(what, mincore(p, n, v));
	printf(" ");
	for (size_t i = 0; i < sizeof v && i <= n / P; i += FAR) printf(" %d", v[i] == 9 ? 9 : v[i] & 1);
	puts("");
}
static char *map(int flags, int fd) {
	char *p = mmap(0, 6 * FAR * P, PROT_READ | PROT_WRITE, flags, fd, 0);
	madvise(p, 6 * FAR * P, MADV_NOHUGEPAGE);
	return p;
}
int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	char *p = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	show("untouched", p, 5 * FAR * P);
	p[0] = p[P * FAR * 3] = 1;
	volatile char read_only = p[P * FAR * 4];
	(void)read_only;
	show("touched", p, 5 * FAR * P); show("odd size", p, 3 * FAR * P + 1); show("one byte", p + 3 * FAR * P, 1); show("nothing", p, 0);
	show("odd address", p + 1, P); show("above", (void *)-8192, P);
	madvise(p, FAR * P, MADV_DONTNEED); show("forgotten", p, 5 * FAR * P);
	munmap(p + 4 * FAR * P, FAR * P); show("in the hole", p + 4 * FAR * P, P);
	T(mincore(p, 6 * FAR * P, v)); T(mincore(p, P, (void *)8)); T(mincore(p, P, (void *)-8));
	char *l = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	T(CALL(mlock2, l, 8 * P, 1)); show("locked when touched", l, 2 * FAR * P); l[0] = 1; show("locked, touched", l, 2 * FAR * P);
	T(mlock(l + FAR * P, 8 * P)); show("locked", l, 2 * FAR * P);
	T(CALL(mlock2, l, 8 * P, 2)); T(munlockall());
	char *q = map(MAP_SHARED | MAP_ANONYMOUS, -1);
	show("shared", q, 4 * FAR * P); q[FAR * P] = 1; show("shared, touched", q, 4 * FAR * P);
	if (fork() == 0) { show("the child's", q, 4 * FAR * P); _exit(0); }
	wait(0);
	mprotect(q + FAR * P, P, PROT_NONE); show("not readable", q + FAR * P, P);
	int fd = memfd_create("m", 0);
	ftruncate(fd, 5 * FAR * P);
	pwrite(fd, "x", 1, FAR * P);
	char *m = map(MAP_SHARED, fd), *n = map(MAP_PRIVATE, fd);
	show("file", m, 6 * FAR * P); show("private", n, 6 * FAR * P); n[2 * FAR * P] = 1; show("private, written", n, 6 * FAR * P);
	return 0;
}
