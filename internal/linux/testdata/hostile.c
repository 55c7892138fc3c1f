// Programs that do what a kernel must survive: hostile CASE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <fcntl.h>
#include <errno.h>

static int recurse(int n) { volatile char b[4096]; b[0] = n; return recurse(n + 1) + b[0]; }
static void *endless(void *a) { for (;;) ; return a; }
int victim(void) { return 1; }


/* Ways out of a chroot: from where a directory is held, by what /proc shows, by "..". */
static int escape(void)
{
	static const char *const paths[] = {
		"/../secret", "../secret", "../../secret", "/proc/self/root/../secret", "/proc/self/cwd/../secret", "/proc/1/root/secret",
		"/out", "/dir/up/secret", "/dir/../../secret", "/proc/self/fd/9/../secret", "/dir/loop/secret", "/./.././../secret", "//..//secret",
	};
	int found = 0, at[] = {AT_FDCWD, open("/", O_RDONLY | O_DIRECTORY), open("/dir", O_RDONLY | O_DIRECTORY), open("/proc", O_RDONLY)};
	for (int d = 0; d < 4; d++)
		for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) {
			char text[64] = "";
			int f = openat(at[d], paths[i], O_RDONLY);
			if (f >= 0 && read(f, text, sizeof text - 1) > 0 && strstr(text, "outside")) { printf("%d %s\n", d, paths[i]); found = 1; }
			if (f >= 0) close(f);
			if (readlinkat(at[d], paths[i], text, sizeof text) > 0 && strstr(text, "outside")) found = 1;
		}
	if (chdir("/dir") == 0 && chdir("..") == 0 && chdir("..") == 0 && fchdir(at[2]) == 0) found |= access("../../secret", F_OK) == 0;
	return found ? 17 : 16;
}

int main(int argc, char **argv)
{
	const char *c = argv[1];
	unsigned long high = sizeof(long) == 8 ? 0xffff800000000000ul : 0xc0001000ul;
	if (!strcmp(c, "jump-low")) ((void (*)(void))16)();
	if (!strcmp(c, "jump-high")) ((void (*)(void))high)();
	if (!strcmp(c, "jump-data")) { static char code[] = {0xc3}; ((void (*)(void))code)(); }
	if (!strcmp(c, "read-high")) return *(volatile char *)high;
	if (!strcmp(c, "write-high")) *(volatile char *)high = 1;
	if (!strcmp(c, "write-text")) *(volatile char *)victim = 0xc3;
	if (!strcmp(c, "stack")) return recurse(0);
	if (!strcmp(c, "privileged")) __asm__("cli; hlt");
	if (!strcmp(c, "loop")) for (;;) ;
	if (!strcmp(c, "escape")) return escape();
	if (!strcmp(c, "execs")) { execv("/proc/self/exe", argv); return 1; }
	if (!strcmp(c, "vforks")) for (;;) if (!vfork()) { if (vfork() < 0) _exit(1); _exit(0); } else if (argc > 9) break;
	if (!strcmp(c, "unmap")) { munmap(0, high - 4096); munmap((void *)0x10000, sizeof(long) == 8 ? 0x7ffffffff000ul - 0x10000 : 0xbfff0000ul - 0x10000); return 1; }
	if (!strcmp(c, "reserve")) {
		unsigned long n = 1ul << (8 * sizeof(long) - 1), got = 0;
		for (; n >= 4096; n >>= 1)
			while (mmap(0, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED) got += n;
		return got > 1ul << 31 && open("/proc/self/maps", O_RDONLY) != 99 ? 18 : 19;
	}
	if (!strcmp(c, "own-text")) {
		unsigned char *p = (void *)((unsigned long)victim & -4096ul);
		if (mprotect(p, 8192, PROT_READ | PROT_WRITE | PROT_EXEC)) return 1;
		memcpy((void *)victim, "\xb8\x14\0\0\0\xc3", 6);
		int (*volatile changed)(void) = victim;
		return changed();
	}
	if (!strcmp(c, "forks")) for (;;) if (fork() < 0 && errno == EAGAIN) _exit(3);
	if (!strcmp(c, "threads")) { pthread_t t; int n = 0; while (!pthread_create(&t, 0, endless, 0)) n++; return n > 2 ? 4 : 5; }
	if (!strcmp(c, "files")) { int n = 0; while (dup(0) >= 0) n++; return n > 100 ? 6 : 7; }
	if (!strcmp(c, "maps")) { int n = 0; while (mmap(0, 4096, n++ & 1 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) ; return n > 100 ? 8 : 9; }
	if (!strcmp(c, "names")) { int n = 0; for (char name[20]; sprintf(name, "%d", n), !symlink("x", name); n++) ; return errno == ENOSPC && n > 1000 && !unlink("5") && !mkdir("5", 0700) ? 21 : 22; }
	if (!strcmp(c, "memory")) for (;;) { char *p = mmap(0, 1 << 24, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); if (p == MAP_FAILED) return 2; memset(p, 1, 1 << 24); }
	if (!strcmp(c, "sparse")) { char *p = mmap(0, 1 << 27, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); for (long i = 0; i < 1 << 27; i += 1 << 20) p[i] = 1; return 11; }
	if (!strcmp(c, "deadlock")) { pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; pthread_mutex_lock(&m); pthread_mutex_lock(&m); }
	if (!strcmp(c, "modify")) {
		unsigned char *p = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		int sum = 0;
		for (int i = 0; i < 100; i++) { memcpy(p, "\xb8\0\0\0\0\xc3", 6); p[1] = i; sum += ((int (*)(void))p)(); }
		return sum == 4950 ? 12 : 13;
	}
	if (!strcmp(c, "open")) return open(argv[2], O_RDONLY) < 0 && open("/proc/self/root/etc/passwd", O_RDONLY) < 0 && open(argv[2], O_WRONLY | O_CREAT, 0600) < 0 ? 14 : 15;
	if (!strcmp(c, "sigreturn")) { unsigned char *sp = (void *)0x1000; __asm__ volatile("mov %0, %%" 
#ifdef __x86_64__
		"rsp; mov $15, %%eax; syscall"
#else
		"esp; mov $173, %%eax; int $0x80"
#endif
		:: "r"(sp)); }
	return 1;
}
