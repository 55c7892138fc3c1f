// Locked memory, and memory of another process.
#include "say.h"

static void locked(void) {
	char line[200];
	FILE *f = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof line, f)) if (!strncmp(line, "VmLck", 5)) fputs(line, stdout);
	fclose(f);
}

static void limit(long n) {
	struct rlimit r = {n, 8 << 20};
	say("limit", setrlimit(RLIMIT_MEMLOCK, &r));
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	unprivileged();
	const long P = 4096;
	char *m = mmap(0, 64 * P, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(m + 40 * P, P);
	mprotect(m + 50 * P, P, PROT_NONE);
	limit(20 * P);
	locked();
	T(mlock(m, 20 * P)); locked(); T(mlock(m, 20 * P + 1)); T(mlock(m + 19 * P, 2 * P)); locked();
	T(munlock(m + 5 * P, P)); locked(); T(mlock(m + P * 5 + 5, 1)); locked();
	T(madvise(m, P, MADV_DONTNEED)); T(madvise(m + 30 * P, P, MADV_DONTNEED)); T(munlock(m, 64 * P)); locked();
	T(mlock(m + 39 * P, 3 * P)); locked(); T(munlock(m, 64 * P)); locked();
	T(mlock(m + 49 * P, 3 * P)); locked(); munlock(m + 41 * P, 20 * P);
	T(mlock(m, 0)); T(mlock((void *)-P, 2 * P)); T(munlock((void *)-P, 3 * P)); T(mlock((void *)P, P)); locked();
	T(CALL(mlock2, m, P, 1)); T(CALL(mlock2, m, P, 2)); locked();
	limit(0);
	T(mlock(m, P)); T(mlock(m, 0)); T(munlock(m, P)); T(mlockall(MCL_CURRENT)); T(mlockall(0)); T(mlockall(MCL_ONFAULT)); T(mlockall(64));
	Z(mmap(0, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
	limit(4 * P);
	T(mlockall(MCL_CURRENT)); Z(mmap(0, 5 * P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
	char *l = (char *)Z(mmap(0, 3 * P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
	locked();
	if (fork() == 0) { locked(); _exit(0); }
	wait(0);
	Z(mremap(l, 3 * P, 5 * P, MREMAP_MAYMOVE)); l = (char *)Z(mremap(l, 3 * P, 4 * P, MREMAP_MAYMOVE)); locked(); Z(mremap(l, 4 * P, P, 0)); locked(); munmap(l, P); locked();
	T(mlockall(MCL_FUTURE));
	locked(); Z(mmap(0, 4 * P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)); locked(); Z(mmap(0, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	T(munlockall()); locked(); Z(mmap(0, P, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)); locked();

	char a[100], b[100];
	for (int i = 0; i < 100; i++) a[i] = i, b[i] = 100 - i;
	pid_t self = getpid();
	struct iovec in[3] = {{b, 10}, {b + 20, 0}, {b + 30, 20}}, out[2] = {{a + 50, 5}, {a + 60, 40}};
	T(process_vm_readv(self, in, 3, out, 2, 0)); printf("%d %d %d %d\n", b[4], b[5], b[9], b[49]);
	T(process_vm_writev(self, in, 2, out, 1, 0)); printf("%d %d\n", a[50], a[54]);
	T(process_vm_readv(self, in, 3, out, 2, 1)); T(process_vm_readv(999999, in, 3, out, 2, 0)); T(process_vm_readv(999999, in, 0, out, 2, 0)); T(process_vm_readv(999999, in, 1, out, 0, 0));
	T(process_vm_readv(self, in, 1025, out, 2, 0)); T(process_vm_readv(self, in, 1, out, 1025, 0)); T(process_vm_readv(self, (void *)8, 1, out, 2, 0)); T(process_vm_readv(self, in, 1, (void *)8, 1, 0));
	out[1].iov_len = -1; T(process_vm_readv(self, in, 3, out, 2, 0)); out[1].iov_len = 40;
	// half of it is not there
	m = mmap(0, 4 * P, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(m, 7, 4 * P);
	munmap(m + 2 * P, P);
	static char big[5 * 4096];
	struct iovec lo = {big, sizeof big}, re = {m + 100, 4 * P - 100};
	T(process_vm_readv(self, &lo, 1, &re, 1, 0)); T(process_vm_writev(self, &lo, 1, &re, 1, 0));
	re.iov_base = m + 2 * P; T(process_vm_readv(self, &lo, 1, &re, 1, 0));
	mprotect(m, P, PROT_READ); re.iov_base = m; T(process_vm_writev(self, &lo, 1, &re, 1, 0)); T(process_vm_readv(self, &lo, 1, &re, 1, 0));
	mprotect(m, P, PROT_NONE); T(process_vm_readv(self, &lo, 1, &re, 1, 0));
	re.iov_base = m + P; re.iov_len = 10; lo.iov_base = m + 2 * P - 3; T(process_vm_readv(self, &lo, 1, &re, 1, 0));
	static int shared = 5;
	pid_t pid = fork();
	if (pid == 0) { shared = 6; raise(SIGSTOP); _exit(shared); }
	waitpid(pid, 0, WUNTRACED);
	int got = 0;
	struct iovec lg = {&got, 4}, rs = {&shared, 4};
	T(process_vm_readv(pid, &lg, 1, &rs, 1, 0)); T(got); got = 9; T(process_vm_writev(pid, &lg, 1, &rs, 1, 0));
	kill(pid, SIGCONT);
	int status;
	waitpid(pid, &status, 0);
	T(status);
	return 0;
}
