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
	if (!strcmp(c, "forks")) for (;;) if (fork() < 0 && errno == EAGAIN) _exit(3);
	if (!strcmp(c, "threads")) { pthread_t t; int n = 0; while (!pthread_create(&t, 0, endless, 0)) n++; return n > 2 ? 4 : 5; }
	if (!strcmp(c, "files")) { int n = 0; while (dup(0) >= 0) n++; return n > 100 ? 6 : 7; }
	if (!strcmp(c, "maps")) { int n = 0; while (mmap(0, 4096, n++ & 1 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) ; return n > 100 ? 8 : 9; }
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
