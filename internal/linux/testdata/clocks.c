// Clocks that count how long somebody has run, clocks that cannot be set, and a vDSO that moves.
#include "say.h"
#include <sys/auxv.h>
#include <sys/time.h>
#include <sys/timex.h>

static volatile int stop;
static void *busy(void *a) { while (!stop); return 0; }
static void handler(int s) { }
static long ns(clockid_t c) { struct timespec t; clock_gettime(c, &t); return t.tv_sec * 1000000000l + t.tv_nsec; }

#ifdef __i386__
static volatile int signals_counted;
static void count_signal(int s) { signals_counted++; }

// raw makes a system call without the vDSO.
static long raw(long n, long a, long b, long c, long d, long e) {
	long r;
	asm volatile("int $0x80" : "=a"(r) : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
	return r;
}

// A handler without a restorer returns by the vDSO, wherever that is.
static void move_vdso(void) {
	long old = getauxval(AT_SYSINFO_EHDR), size = 4096;
	pid_t pid = fork();
	if (pid == 0) {
		unsigned long action[5] = {(unsigned long)count_signal, SA_NODEFER};
		long to = raw(SYS_mmap2, 0, 4 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		raw(SYS_munmap, to, 4 * size, 0, 0, 0);
		while (raw(SYS_mremap, old, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) == -EINVAL && size < 16384) size += 4096;
		raw(SYS_rt_sigaction, SIGUSR1, (long)action, 0, 8, 0);
		raw(SYS_kill, raw(SYS_getpid, 0, 0, 0, 0, 0), SIGUSR1, 0, 0, 0);
		raw(SYS_exit, 40 + signals_counted, 0, 0, 0, 0);
	}
	int status;
	waitpid(pid, &status, 0);
	printf("moved, and back from a handler: %x\n", status);
}
#endif

static void left(timer_t t) {
	struct itimerspec is;
	T(timer_gettime(t, &is));
	printf("every %ld, left %ld00 and %d\n", (long)is.it_interval.tv_sec, (long)(is.it_value.tv_sec + 50) / 100, is.it_value.tv_sec || is.it_value.tv_nsec);
}

// A timer that tells nobody is never armed: what it was set to last stays, also when it is stopped.
static void silent(void) {
	struct sigevent e = {.sigev_notify = SIGEV_NONE};
	struct itimerspec far = {{0, 0}, {2000, 0}}, over = {{0, 0}, {0, 1}}, often = {{3000, 0}, {0, 1}}, stop = {{5, 0}, {0, 0}}, was;
	timer_t t;
	if (timer_create(CLOCK_MONOTONIC, &e, &t) != 0) return;
	left(t);
	T(timer_settime(t, 0, &far, 0)); T(timer_settime(t, 0, &stop, 0)); left(t); T(timer_settime(t, 0, &far, &was));
	T(timer_settime(t, 0, &over, 0)); left(t);
	T(timer_settime(t, 0, &often, 0)); T(timer_settime(t, 0, &stop, 0)); left(t);
	T(timer_settime(t, 0, &often, 0)); T(timer_settime(t, 0, &stop, &was)); left(t);
	T(timer_settime(t, 0, &often, 0)); left(t); T(timer_getoverrun(t));
	T(timer_delete(t));
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
#ifdef __i386__
	move_vdso();
#endif
	unprivileged();
	silent();
	struct timespec t = {0, 5000000}, rem = {7, 7}, bad = {0, 1000000000}, z = {0, 0};
	T(CALL(clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &t, 0)); T(CALL(clock_nanosleep, ~gettid() << 3 | 6, 0, &t, 0)); T(CALL(clock_nanosleep, -2 & ~7 | 6, 0, &t, 0)); T(CALL(clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &bad, 0));
	T(CALL(clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, 8, 0)); T(CALL(clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &z, 0)); T(CALL(clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &t, 0)); T(CALL(clock_nanosleep, 99, 0, &t, 0)); T(CALL(clock_nanosleep, -5, 0, &t, 0));
	pthread_t th;
	pthread_create(&th, 0, busy, 0);
	long before = ns(CLOCK_PROCESS_CPUTIME_ID);
	T(CALL(clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &t, &rem));
	printf("long enough %d\n", ns(CLOCK_PROCESS_CPUTIME_ID) - before >= 5000000);
	clockid_t other;
	pthread_getcpuclockid(th, &other);
	before = ns(other);
	T(CALL(clock_nanosleep, other, 0, &t, &rem));
	printf("long enough %d\n", ns(other) - before >= 5000000);
	t.tv_sec = 0; t.tv_nsec = 0; long at = ns(other) + 3000000; t.tv_sec = at / 1000000000; t.tv_nsec = at % 1000000000;
	T(CALL(clock_nanosleep, other, TIMER_ABSTIME, &t, 0));
	printf("reached %d\n", ns(other) >= at);
	stop = 1;
	pthread_join(th, 0);
	// nobody runs: a signal ends it
	struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigaction(SIGALRM, &a, 0);
	alarm(1); t.tv_sec = 50; t.tv_nsec = 0;
	T(CALL(clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &t, &rem));
	printf("left %ld\n", (long)(rem.tv_sec + 1) / 10);

	struct timeval v = {5, 1000001}, v2 = {5, 5};
	struct timex x = {.modes = ADJ_FREQUENCY};
	T(CALL(settimeofday, &v, 0)); T(CALL(settimeofday, &v2, 0)); T(CALL(settimeofday, 8, 0)); T(CALL(settimeofday, &v2, 8));
	T(CALL(clock_settime, CLOCK_REALTIME, &t)); T(CALL(clock_settime, CLOCK_REALTIME, &bad)); T(CALL(clock_settime, CLOCK_REALTIME, 8)); T(CALL(clock_settime, CLOCK_MONOTONIC, &t)); T(CALL(clock_settime, 99, &t));
	T(adjtimex(&x)); x.modes = 0x8000; T(adjtimex(&x)); T(CALL(adjtimex, 8)); x.modes = 0; printf("%d\n", adjtimex(&x) >= 0); printf("%ld %ld %ld\n", (long)x.precision, (long)x.tolerance, (long)x.tick);
	T(CALL(clock_adjtime, CLOCK_MONOTONIC, &x)); T(CALL(clock_adjtime, 99, &x)); T(CALL(clock_adjtime, CLOCK_REALTIME, 8));
	return 0;
}
