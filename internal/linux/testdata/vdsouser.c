// What a dynamic linker and an unwinder find in the vDSO, and what its functions answer.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct bases { void *text, *data, *func; };
const void *_Unwind_Find_FDE(void *pc, struct bases *);

static void *vdso;

static void found(const char *name) {
	void *at = dlsym(vdso, name);
	printf("%s %d %d %d\n", name, at != 0, dlvsym(vdso, name, "LINUX_2.5") == at, dlvsym(vdso, name, "LINUX_2.6") == at);
	Dl_info where = {0};
	if (at && dladdr(at, &where))
		printf("%s\n", where.dli_fname);
	char *entry = at;
	for (int i = 0; entry && i < 4; i++) { // the first bytes of its code
		struct bases b = {0};
		printf("%d", _Unwind_Find_FDE(entry + i, &b) != 0);
		printf(" %d\n", b.func == at);
	}
}

// between reports whether a time lies between two others of the same clock.
static int between(long a, long b, long c) { return a <= b && b <= c; }

static void times(void) {
	int (*gettime)(clockid_t, struct timespec *) = dlsym(vdso, "__vdso_clock_gettime");
	int (*getres)(clockid_t, struct timespec *) = dlsym(vdso, "__vdso_clock_getres");
	int (*timeofday)(struct timeval *, void *) = dlsym(vdso, "__vdso_gettimeofday");
	time_t (*seconds)(time_t *) = dlsym(vdso, "__vdso_time");
	clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_MONOTONIC_RAW, CLOCK_PROCESS_CPUTIME_ID, 99};
	for (int i = 0; i < sizeof clocks / sizeof *clocks; i++) {
		struct timespec a = {0}, b = {0}, c = {0}, r = {0};
		syscall(SYS_clock_gettime, clocks[i], &a);
		int got = gettime(clocks[i], &b);
		syscall(SYS_clock_gettime, clocks[i], &c);
		printf("clock %d: %d %d, resolution %d", clocks[i], got, between(a.tv_sec, b.tv_sec, c.tv_sec), getres(clocks[i], &r));
		printf(" %ld.%09ld\n", (long)r.tv_sec, r.tv_nsec);
	}
	struct timeval tv = {0};
	time_t a = time(NULL), b = 0, c = seconds(&b), d = timeofday(&tv, NULL), e = time(NULL);
	printf("time %d %d, gettimeofday %d %d\n", b == c, between(a, b, e), (int)d, between(a, tv.tv_sec, e));
	if (sizeof(long) == 8) {
		int (*getcpu)(unsigned *, unsigned *, void *) = dlsym(vdso, "__vdso_getcpu");
		unsigned cpu = -1, node = -1;
		printf("getcpu %d %d", getcpu(&cpu, &node, NULL), getcpu(NULL, NULL, NULL));
		printf(" %d %d\n", cpu < 1024, node < 64);
	}
}

int main(void) {
	const char *functions[] = {"clock_gettime", "gettimeofday", "time", "clock_getres", "getcpu", "clock_gettime64"};
	char name[64];
	vdso = dlopen(sizeof(long) == 8 ? "linux-vdso.so.1" : "linux-gate.so.1", RTLD_NOW | RTLD_NOLOAD);
	printf("%d\n", vdso != 0);
	if (!vdso)
		return 1;
	for (int i = 0; i < sizeof functions / sizeof *functions; i++) {
		if (sizeof(long) == 4 && i == 4) // 6.1 has none for 32 bits
			continue;
		found(functions[i]);
		snprintf(name, sizeof name, "__vdso_%s", functions[i]);
		found(name);
	}
	found("__kernel_vsyscall");
	found("__kernel_none");
	printf("%d %d\n", dlsym(vdso, "__kernel_sigreturn") != 0, dlsym(vdso, "__kernel_rt_sigreturn") != 0);
	times();
	return 0;
}
