// Mappings: what ranges, hints and flags are refused, how far a call on several mappings comes, and where memory ends.
#include "say.h"
#include <setjmp.h>

#define P 4096L
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf again;
static void caught(int n) { siglongjmp(again, n); }

// reads and writes are the signal that an access raises, or 0.
static int reads(char *p) {
	int n = sigsetjmp(again, 1);
	return n ? n : (*(volatile char *)p, 0);
}
static int writes(char *p) {
	int n = sigsetjmp(again, 1);
	return n ? n : (*(volatile char *)p = 1, 0);
}

// at makes a mapping at an address, with its pages filled.
static char *at(long addr, long pages, int flags, int fd) {
	char *p = mmap((void *)addr, pages * P, RW, flags | MAP_FIXED, fd, 0);
	if (flags & MAP_ANONYMOUS) memset(p, 'x', pages * P);
	return p;
}

static void ranges(void) {
	char *p = at(0x20000000, 8, ANON, -1), *beyond = (char *)-(64 * P);
	T(munmap(p, -1)); T(munmap(p, -P)); T(munmap(p + 1, P)); T(munmap(p, 0));
	T(mprotect(p + 1, 0, 0)); T(mprotect(beyond, 0, 0x40)); T(mprotect(beyond, P, 0x40)); T(mprotect(beyond, P, PROT_READ)); T(mprotect(p, 0, 0x40));
	if (sizeof(long) == 8) { // a 32-bit kernel has other ends than a 64-bit one
		T(munmap(beyond, P)); T(munmap(beyond, 0));
		T(mprotect(p, -1, PROT_READ)); T(mprotect(p, -2 * P, PROT_READ)); T(mprotect(p, -1, 0x40)); T(madvise(p, -1, MADV_DONTNEED)); T(madvise(p, -2 * P, MADV_DONTNEED));
	}
	T(madvise(p + 1, P, MADV_DONTNEED)); T(madvise(beyond, P, MADV_DONTNEED)); T(madvise(beyond, 0, MADV_DONTNEED)); T(madvise(p, 0, 12345)); T(madvise(p, P, 12345));
	printf("%c%d\n", p[0], writes(p));
}

static void holes(void) {
	char *p = at(0x21000000, 8, ANON, -1);
	munmap(p + 2 * P, P);
	T(mprotect(p, 8 * P, PROT_READ)); printf("%d %d\n", writes(p), writes(p + 3 * P)); mprotect(p, 2 * P, RW);
	T(madvise(p, 8 * P, MADV_DONTNEED)); printf("%d %d\n", p[0], p[3 * P]);
	T(madvise(p + 2 * P, P, MADV_NORMAL)); T(madvise(p + 2 * P, 2 * P, MADV_NORMAL)); T(madvise(p + 7 * P, 2 * P, MADV_NORMAL));
	memset(p, 'y', 2 * P); memset(p + 3 * P, 'y', 5 * P);
	mlock(p + 5 * P, P);
	T(madvise(p + 3 * P, 5 * P, MADV_DONTNEED)); printf("%d %c %c\n", p[3 * P], p[5 * P], p[6 * P]);
	T(madvise(p + 5 * P, P, MADV_COLD)); T(madvise(p + 5 * P, P, MADV_PAGEOUT)); munlock(p + 5 * P, P);
	mlock(p + 6 * P, P); T(msync(p + 5 * P, 2 * P, MS_INVALIDATE)); T(msync(p, 7 * P, MS_INVALIDATE)); T(msync(p, 7 * P, MS_ASYNC)); munlock(p + 6 * P, P); T(msync(p + 3 * P, 5 * P, MS_INVALIDATE));
	unsigned char in[2];
	T(madvise(p, 8 * P, MADV_POPULATE_READ)); mincore(p + 3 * P, P, in); printf("%d\n", in[0] & 1);
	mprotect(p + 4 * P, P, PROT_NONE); T(madvise(p + 3 * P, 5 * P, MADV_POPULATE_READ)); mprotect(p + 4 * P, P, RW);
	p[0] = p[7 * P] = 'z';
	T(madvise(p, 8 * P, MADV_WIPEONFORK));
	if (fork() == 0) { printf("%d %d\n", p[0], p[7 * P]); _exit(0); }
	wait(0);
	at(0x21000000 + 4 * P, 1, MAP_SHARED | MAP_ANONYMOUS, -1);
	T(madvise(p, 2 * P, MADV_KEEPONFORK)); T(madvise(p + 3 * P, 5 * P, MADV_FREE));
}

static void hints(void) {
	T(mmap((void *)0x22000123, P, RW, ANON, -1, 0)); T(mmap((void *)0x1000, P, RW, ANON, -1, 0));
	Z(mmap((void *)0x22000001, P, RW, ANON | MAP_FIXED, -1, 0)); Z(mmap((void *)0x22000000, P, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
	Z(mmap((void *)1, -P, RW, ANON | MAP_FIXED, -1, 0));
	if (sizeof(long) == 8) {
		Z(mmap((void *)(-64 * P + 1), P, RW, ANON | MAP_FIXED, -1, 0)); Z(mmap((void *)0x1000, 0x7fffffffffff, RW, ANON | MAP_FIXED, -1, 0)); Z(mmap((void *)0x1001, 1L << 46, RW, ANON | MAP_FIXED, -1, 0));
		char *low = mmap((void *)0x60000000000, P, RW, ANON | MAP_32BIT, -1, 0);
		printf("low %d\n", (long)low < 1L << 31);
		T(mmap((void *)0x23000000, P, RW, ANON | MAP_32BIT, -1, 0)); T(mmap((void *)0x70000000, P, RW, ANON | MAP_32BIT, -1, 0)); Z(mmap(0, 1L << 31, RW, ANON | MAP_32BIT, -1, 0));
	}
}

static void files(int fd) {
	Z(mmap(0, P, PROT_READ, MAP_PRIVATE, open("/", O_PATH), 0)); T(CALL(prlimit64, 0, 99, 8, 0)); T(CALL(prlimit64, 0, 99, 0, 8));
	Z(mmap(0, 0, RW, MAP_PRIVATE, 99, 0)); Z(mmap(0, P, RW, MAP_PRIVATE, 99, 1)); Z(mmap(0, P, RW, 0, 99, 0)); Z(mmap(0, -1, RW, MAP_PRIVATE, 99, 0)); Z(mmap(0, P, RW, MAP_ANONYMOUS, -1, 0));
	Z(mmap(0, P, RW, MAP_PRIVATE | MAP_HUGETLB, fd, 0)); Z(mmap(0, P, RW, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0));
	if (sizeof(long) == 8) {
		Z(mmap(0, P, RW, MAP_PRIVATE, fd, 0x7ffffffffffff000)); Z(mmap(0, P, RW, MAP_PRIVATE, fd, -P)); Z(mmap(0, 2 * P, RW, ANON, -1, -P));
	}
	char *one = mmap(0, 2 * P, RW, MAP_PRIVATE, fd, 0), *all = mmap(0, P, RW, MAP_SHARED, fd, 0);
	printf("%c", one[0]); T(pwrite(fd, "w", 1, 0)); all[1] = 'a'; one[2] = 'o'; T(pwrite(fd, "more", 4, 2)); printf("%.5s %.6s\n", one, all);
	struct stat st;
	char *p = at(0x24000000, 1, MAP_SHARED, fd), *q = at(0x25000000, 1, MAP_PRIVATE, fd), *s = at(0x26000000, 1, MAP_SHARED | MAP_ANONYMOUS, -1);
	Z(mremap(p, P, 2 * P, 0)); Z(mremap(q, P, 2 * P, 0)); fstat(fd, &st); printf("%ld: %d %d\n", (long)st.st_size, reads(p + P), reads(q + P));
	Z(mremap(s, P, 2 * P, 0)); printf("%d\n", reads(s + P));
}

static void moves(void) {
	char *p = at(0x27000000, 6, ANON, -1);
	mprotect(p + P, P, PROT_READ);
	Z(mremap(p, 6 * P, 7 * P, MREMAP_MAYMOVE)); Z(mremap(p, 6 * P, 6 * P, 0)); Z(mremap(p, 6 * P, 4 * P, 0)); printf("%d %d\n", reads(p + 3 * P), reads(p + 4 * P));
	char *to = (char *)0x28000000;
	Z(mremap(p, 4 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_FIXED, to)); mprotect(p, 4 * P, RW);
	Z(mremap(p, 2 * P, P, MREMAP_MAYMOVE | MREMAP_FIXED, to)); printf("%c %d\n", to[0], reads(p + P));
	Z(mremap(p, P, P, 0)); Z(mremap(p, 0, P, 0)); Z(mremap(to, 0, P, MREMAP_MAYMOVE)); Z(mremap((void *)0x29000000, P, P, MREMAP_MAYMOVE | MREMAP_FIXED, 1));
}

static void stacks(void) {
	char *low = at(0x10000, 1, ANON | MAP_GROWSDOWN, -1);
	printf("%d %d\n", reads(low - 1), reads((char *)8));
	char *none = at(0x2a000000, 1, ANON, -1), *some = at(0x2b000000, 1, ANON, -1), *p = at(0x2a000000 + 4 * P, 1, ANON | MAP_GROWSDOWN, -1), *q = at(0x2b000000 + 4 * P, 1, ANON | MAP_GROWSDOWN, -1);
	mprotect(none, P, PROT_NONE);
	printf("%d %d\n", writes(p - P), writes(q - P));
	struct rlimit r = {24 * P + 1, RLIM_INFINITY};
	T(setrlimit(RLIMIT_STACK, &r));
	p = at(0x2c000000, 1, ANON | MAP_GROWSDOWN, -1);
	printf("%d %d\n", writes(p - 24 * P), writes(p - 23 * P));
	char line[200];
	int whole = 1;
	FILE *f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof line, f)) whole &= strtoul(line, 0, 16) % P == 0;
	printf("whole pages %d\n", whole);
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	signal(SIGSEGV, caught);
	signal(SIGBUS, caught);
	char name[] = "mappingXXXXXX";
	int fd = mkstemp(name);
	unlink(name);
	T(write(fd, "0123456789", 10));
	ranges();
	holes();
	hints();
	files(fd);
	moves();
	stacks();
	return 0;
}
