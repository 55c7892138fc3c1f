// Random operations of one subject: what each answers, error by error. Arguments: subject, seed.
// Times are far away or past, so that it does not matter how fast the program runs.
#include "say.h"
#include <linux/futex.h>
#include <ftw.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>

static uint64_t state;
static unsigned rnd(unsigned n) {
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}
#define PICK(list) list[rnd(sizeof list / sizeof *list)]
static void show(const char *what, long a, long r) {
	int e = errno;
	if (r == -1) printf("%s %ld = %s\n", what, a, strerrorname_np(e));
	else printf("%s %ld = %ld\n", what, a, r);
}

// Timers, timerfd, interval timers.

static timer_t timers[4];
static int made[4], on[4], tfd[3] = {-1, -1, -1}, ton[3];

static void shown(const char *what, struct timespec gap, struct timespec left) {
	// to 100 seconds; a nanosecond before the end counts as the end
	printf("  %s gap %ld.%09ld left %ld %d\n", what, (long)gap.tv_sec, gap.tv_nsec, (long)(left.tv_sec + 50) / 100, left.tv_sec || left.tv_nsec);
}
static struct timespec some(int absolute, int clock) {
	struct timespec t = {0};
	switch (rnd(8)) {
	case 0: return t;
	case 1: t.tv_nsec = 1; return t; // over at once; since when does not matter without an interval
	case 2: t.tv_sec = -1; return t;
	case 3: t.tv_nsec = 1000000000; return t;
	}
	if (absolute) clock_gettime(clock, &t);
	t.tv_sec += 1000 * (1 + rnd(20));
	return t;
}
static void signals(void) {
	sigset_t all;
	sigfillset(&all);
	struct timespec now = {0, 1000000};
	siginfo_t i;
	while (sigtimedwait(&all, &i, &now) > 0) {
		printf("  signal %d code %d", i.si_signo, i.si_code);
		if (i.si_code == SI_TIMER) printf(" value %d overrun %d", i.si_value.sival_int, i.si_overrun);
		puts("");
	}
}
static void timer(void) {
	static const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI, CLOCK_REALTIME, CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_RAW, 99, -5};
	unsigned n = rnd(4), f = rnd(3);
	int clock = PICK(clocks), flags = rnd(3) == 0;
	struct itimerspec it = {{0}}, old = {{0}};
	switch (rnd(13)) {
	case 0: case 1: {
		if (made[n]) return;
		static const int how[] = {SIGEV_SIGNAL, SIGEV_NONE, SIGEV_SIGNAL, 77, SIGEV_SIGNAL | SIGEV_THREAD_ID};
		struct sigevent e = {.sigev_notify = PICK(how), .sigev_signo = rnd(6) ? SIGRTMIN + n : rnd(70), .sigev_value.sival_int = n + 100};
		e._sigev_un._tid = rnd(4) ? gettid() : 1;
		long r = syscall(SYS_timer_create, clock, rnd(4) ? &e : 0, &timers[n]);
		made[n] = r == 0;
		on[n] = clock;
		show("timer_create", clock, r);
		break;
	}
	case 2: case 3: case 4:
		it.it_value = some(flags, made[n] ? on[n] : 0);
		if (rnd(2) && it.it_value.tv_nsec != 1) it.it_interval = some(0, 0);
		if (it.it_interval.tv_nsec == 1) it.it_interval.tv_nsec = 0;
		show("timer_settime", n, syscall(SYS_timer_settime, made[n] ? timers[n] : (void *)77, flags, rnd(20) ? &it : 0, &old));
		shown("was", old.it_interval, old.it_value);
		signals();
		break;
	case 5:
		show("timer_gettime", n, syscall(SYS_timer_gettime, made[n] ? timers[n] : (void *)77, &old));
		shown("is", old.it_interval, old.it_value);
		break;
	case 6:
		show("timer_getoverrun", n, syscall(SYS_timer_getoverrun, made[n] ? timers[n] : (void *)77));
		break;
	case 7:
		show("timer_delete", n, syscall(SYS_timer_delete, made[n] ? timers[n] : (void *)77));
		made[n] = 0;
		break;
	case 8:
		if (tfd[f] >= 0) close(tfd[f]);
		tfd[f] = timerfd_create(clock, rnd(5) ? TFD_NONBLOCK : rnd(100));
		if (tfd[f] >= 0) fcntl(tfd[f], F_SETFL, O_NONBLOCK);
		ton[f] = tfd[f] < 0 ? 0 : clock;
		show("timerfd_create", clock, tfd[f] < 0 ? -1 : 0);
		break;
	case 9: case 10:
		it.it_value = some(flags, ton[f]);
		if (rnd(2) && it.it_value.tv_nsec != 1) it.it_interval = some(0, 0);
		if (it.it_interval.tv_nsec == 1) it.it_interval.tv_nsec = 0;
		if (rnd(10) == 0) flags |= rnd(4) << 1;
		show("timerfd_settime", f, timerfd_settime(tfd[f], flags, &it, &old));
		shown("was", old.it_interval, old.it_value);
		usleep(1000);
		memset(&old, 0, sizeof old);
		show("timerfd_gettime", f, timerfd_gettime(tfd[f], &old));
		shown("is", old.it_interval, old.it_value);
		uint64_t count = 0;
		show("read", f, read(tfd[f], &count, rnd(5) ? 8 : 7));
		printf("  %d\n", count > 0);
		break;
	default: {
		struct itimerval v = {{0}}, was = {{0}};
		static const long secs[] = {0, 5000, 3000, -1, 0};
		static const long micros[] = {0, 0, 1000000, -1};
		v.it_value.tv_sec = PICK(secs); v.it_interval.tv_sec = PICK(secs);
		v.it_value.tv_usec = PICK(micros); v.it_interval.tv_usec = PICK(micros);
		int which = rnd(4);
		show("setitimer", which, setitimer(which, rnd(10) ? &v : 0, &was));
		printf("  was %ld %ld\n", (long)was.it_interval.tv_sec, (long)(was.it_value.tv_sec + 50) / 100);
		if (rnd(3) == 0) show("alarm", 0, (alarm(rnd(2) * 5000) + 50) / 100);
		show("getitimer", which, getitimer(which, &was));
		printf("  is %ld %ld\n", (long)was.it_interval.tv_sec, (long)(was.it_value.tv_sec + 50) / 100);
	}
	}
}

// System V semaphores, queues and segments, with what ends with a process.

static int sem = -1, msg = -1, shm = -1;

static void sems(const char *what) {
	unsigned short v[4] = {9, 9, 9, 9};
	union { int val; unsigned short *a; struct semid_ds *d; } u = {.a = v};
	show(what, 0, semctl(sem, 0, GETALL, u));
	printf("  %d %d %d %d, zero %d more %d last %d\n", v[0], v[1], v[2], v[3], semctl(sem, 1, GETZCNT), semctl(sem, 1, GETNCNT), semctl(sem, 1, GETPID) == getpid());
}
static void ops(int n, struct sembuf *b) {
	static const int by[] = {0, 1, -1, 2, -2, 5, -7, 1, 32767, -32768};
	for (int i = 0; i < n; i++) b[i] = (struct sembuf){rnd(20) ? rnd(4) : 7, PICK(by), IPC_NOWAIT | (rnd(2) ? SEM_UNDO : 0)};
}
static void ipc(void) {
	struct sembuf b[6];
	union { int val; unsigned short *a; struct semid_ds *d; } u;
	static struct { long t; char d[9000]; } m;
	memset(&m, 0, 60);
	m.t = rnd(5);
	int n, status;
	switch (rnd(16)) {
	case 0:
		if (sem >= 0) semctl(sem, 0, IPC_RMID);
		sem = semget(IPC_PRIVATE, rnd(20) ? 4 : rnd(2) * 40000, 0600);
		show("semget", 0, sem < 0 ? -1 : 0);
		break;
	case 1: case 2: case 3: case 4:
		n = rnd(4) + (rnd(20) != 0);
		ops(n, b);
		show("semop", n, semop(sem, b, n));
		sems("values");
		break;
	case 5: case 6: // a child's are taken back
		n = 1 + rnd(3);
		ops(n, b);
		if (fork() == 0) _exit(semop(sem, b, n) == 0 ? 1 : errno);
		wait(&status);
		show("child", n, status >> 8);
		sems("then");
		break;
	case 7:
		u.val = (int)rnd(40) - 3;
		if (rnd(10) == 0) u.val = 32767 + rnd(2);
		n = rnd(6);
		show("SETVAL", u.val, semctl(sem, n, SETVAL, u));
		sems("values");
		break;
	case 8: {
		struct semid_ds d = {{0}};
		u.d = &d;
		show("IPC_STAT", 0, semctl(sem, 0, IPC_STAT, u));
		printf("  %ld %o\n", (long)d.sem_nsems, d.sem_perm.mode);
		break;
	}
	case 9:
		if (msg >= 0) msgctl(msg, IPC_RMID, 0);
		msg = msgget(IPC_PRIVATE, 0600);
		show("msgget", 0, msg < 0 ? -1 : 0);
		break;
	case 10: case 11:
		n = rnd(20) ? rnd(40) : 8193 * rnd(2) - 1;
		show("msgsnd", n, msgsnd(msg, &m, n, IPC_NOWAIT));
		break;
	case 12: case 13: {
		long want = (long)rnd(9) - 4;
		int flags = IPC_NOWAIT | (rnd(2) ? MSG_NOERROR : 0) | (rnd(4) ? 0 : MSG_EXCEPT) | (rnd(8) ? 0 : 040000);
		n = rnd(40);
		memset(&m, 0, 60);
		show("msgrcv", want, msgrcv(msg, &m, n, want, flags));
		struct msqid_ds d = {{0}};
		show("IPC_STAT", m.t, msgctl(msg, IPC_STAT, &d));
		printf("  %ld %ld\n", (long)d.msg_qnum, (long)d.msg_qbytes);
		break;
	}
	case 14: {
		if (shm < 0 || rnd(3) == 0) {
			if (shm >= 0) shmctl(shm, IPC_RMID, 0);
			shm = shmget(IPC_PRIVATE, rnd(10) ? 5000 : 0, 0600);
			show("shmget", 0, shm < 0 ? -1 : 0);
		}
		static const int fl[] = {0, SHM_RDONLY, SHM_RND, SHM_REMAP};
		char *at = shmat(shm, rnd(5) ? 0 : (void *)(uintptr_t)(rnd(3) * 7), PICK(fl));
		show("shmat", 0, at == (void *)-1 ? -1 : 0);
		struct shmid_ds d = {{0}};
		if (at != (void *)-1) {
			if (rnd(3) == 0) show("IPC_RMID", 0, shmctl(shm, IPC_RMID, 0));
			show("IPC_STAT", 0, shmctl(shm, IPC_STAT, &d));
			printf("  %ld %ld %o\n", (long)d.shm_segsz, (long)d.shm_nattch, d.shm_perm.mode);
			show("shmdt", 0, shmdt(at + (rnd(5) ? 0 : 4096)));
			shmdt(at);
		}
		break;
	}
	default: {
		static const int commands[] = {IPC_INFO, 3 /* INFO */, 14 /* SHM_INFO */};
		char out[300] = {0};
		int c = PICK(commands);
		u.a = (void *)out;
		if (c != 14) {
			show("semctl info", c, semctl(0, 0, c == 3 ? 19 : c, u) < 0 ? -1 : 0);
			int *v = (int *)out;
			if (c == IPC_INFO) printf("  %d %d %d %d %d\n", v[1], v[4], v[5], v[8], v[9]); // not how many semaphores there may be in all
			memset(out, 0, 300);
			show("msgctl info", c, msgctl(0, c == 3 ? 12 : c, (void *)out) < 0 ? -1 : 0);
			if (c == IPC_INFO) printf("  %d %d %d\n", v[2], v[3], v[5]);
		}
		memset(out, 0, 300);
		show("shmctl info", c, shmctl(0, c == 14 ? 14 : IPC_INFO, (void *)out) < 0 ? -1 : 0);
		if (c != 14) printf("  %lu %lu %lu\n", ((unsigned long *)out)[1], ((unsigned long *)out)[2], ((unsigned long *)out)[3]);
		show("wrong", 0, semctl(sem, 0, 99, u)); show("wrong", 0, msgctl(msg, 99, 0)); show("wrong", 0, shmctl(shm, 99, 0)); show("none", 0, semctl(-1, 0, IPC_STAT, u));
	}
	}
}

// Futexes of one thread, and of a child that shares the memory.

static uint32_t *word;

static void futex(void) {
	static const int all[] = {FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_CMP_REQUEUE_PI, 13, 14, 2};
	int op = PICK(all);
	if (rnd(2)) op |= FUTEX_PRIVATE_FLAG;
	if (rnd(10) == 0) op |= FUTEX_CLOCK_REALTIME;
	unsigned a = rnd(4), b = rnd(4);
	static const uint32_t values[] = {0, 1, 5, 0x80000000, 0x40000000, 0xffffffff};
	uint32_t v = PICK(values), v3 = PICK(values);
	if (rnd(3) == 0) word[a] = PICK(values);
	switch (op & 127) {
	case FUTEX_LOCK_PI: case FUTEX_UNLOCK_PI: case FUTEX_TRYLOCK_PI: case FUTEX_CMP_REQUEUE_PI: case FUTEX_WAIT_REQUEUE_PI: case 13: { // owners that there are, or never
		const uint32_t owners[] = {0, gettid(), gettid(), 0x80000000, 0x40000000, 0x3ffffff0};
		word[a] = PICK(owners);
		if (a != b) word[b] = PICK(owners);
		break;
	}
	default:
		for (int i = 0; i < 4; i++) if ((word[i] & 0x3fffffff) == (uint32_t)gettid() || word[i] == 0x3ffffff0) word[i] = 1; // a number that differs from run to run would show
	}
	struct timespec t = {0, 1000 * (1 + rnd(3))}; // a time that is over, or soon
	if (rnd(8) == 0) t.tv_nsec = 1000000000;
	void *val2 = &t;
	switch (op & 127) {
	case FUTEX_REQUEUE: case FUTEX_CMP_REQUEUE: case FUTEX_WAKE_OP: case FUTEX_CMP_REQUEUE_PI:
		val2 = (void *)(uintptr_t)rnd(3);
		if (rnd(8) == 0) val2 = (void *)-1;
	}
	char *at = (char *)&word[a], *to = (char *)&word[b];
	switch (rnd(25)) {
	case 0: at += 2; break;
	case 1: to += 2; break;
	case 2: at = (char *)8; break;
	case 3: to = (char *)8; break;
	case 4: at = (char *)-4096; break;
	}
	if ((op & 127) == FUTEX_WAKE_OP) v3 = rnd(6) << 28 | rnd(7) << 24 | rnd(40) << 12 | rnd(5);
	if ((op & 127) == FUTEX_LOCK_PI || (op & 127) == 13) if ((word[a] & 0x3fffffff) == (uint32_t)gettid() || (word[a] & 0x3fffffff) != 0) op = FUTEX_TRYLOCK_PI; // no waits for what nobody unlocks
	long r = syscall(SYS_futex, at, op, v, val2, to, v3);
	printf("op %x words %u %u value %x %x: ", op, a, b, v, v3);
	show("futex", 0, r);
	for (int i = 0; i < 4; i++) printf(" %x", (word[i] & 0x3fffffff) == (uint32_t)gettid() ? word[i] >> 30 | 0x100 : word[i]);
	puts("");
}

// Sealed files.

static int mfd[3] = {-1, -1, -1};
static char *maps[3];

static void memfd(void) {
	static char data[20000];
	unsigned n = rnd(3);
	long size = rnd(4) ? 4096 * rnd(4) : rnd(16000);
	switch (rnd(12)) {
	case 0:
		if (mfd[n] >= 0) close(mfd[n]);
		mfd[n] = memfd_create("x", rnd(4) ? MFD_ALLOW_SEALING : rnd(4));
		show("memfd_create", n, mfd[n] < 0 ? -1 : 0);
		if (maps[n]) munmap(maps[n], 8192), maps[n] = 0;
		break;
	case 1: case 2: {
		static const int s[] = {1, 2, 4, 8, 16, 6, 0, 0x100};
		int seals = PICK(s);
		if (seals == 1 && rnd(3)) seals = 2;
		show("seal", seals, fcntl(mfd[n], F_ADD_SEALS, seals));
		show("seals", n, fcntl(mfd[n], F_GET_SEALS));
		break;
	}
	case 3: case 4: show("pwrite", size, pwrite(mfd[n], data, size, rnd(3) * 3000)); break;
	case 5: show("ftruncate", size, ftruncate(mfd[n], size)); break;
	case 6: show("fallocate", size, fallocate(mfd[n], rnd(2), 0, size)); break;
	case 7: case 8: {
		int how = rnd(3) ? MAP_SHARED : MAP_PRIVATE, prot = rnd(2) ? PROT_READ : PROT_READ | PROT_WRITE;
		if (maps[n]) munmap(maps[n], 8192), maps[n] = 0;
		if (how == MAP_SHARED && fcntl(mfd[n], F_GET_SEALS) & F_SEAL_WRITE) return; // 6.1 and later kernels differ
		char *m = mmap(0, 8192, prot, how, mfd[n], 0);
		show("mmap", how, m == MAP_FAILED ? -1 : 0);
		if (m != MAP_FAILED) maps[n] = m;
		break;
	}
	case 9:
		if (maps[n]) show("mprotect", n, mprotect(maps[n], 4096, PROT_READ | PROT_WRITE));
		break;
	case 10: {
		char b[64];
		struct iovec v[2] = {{b, 64}, {data, 8000}};
		show("pread", size, pread(mfd[n], b, 64, size));
		show("readv", size, lseek(mfd[n], size, SEEK_SET)); show("readv", n, readv(mfd[n], v, 2)); show("writev", n, writev(mfd[n], v, 2));
		break;
	}
	default: {
		struct stat st;
		if (fstat(mfd[n], &st) == 0) printf("size %ld\n", (long)st.st_size);
	}
	}
}

// prctl and limits. NOFILE, NPROC and SIGPENDING bound the run and have their own values here.

static void limits(void) {
	static const int names[] = {RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_MEMLOCK, RLIMIT_AS, RLIMIT_LOCKS, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO, RLIMIT_RTTIME, 99, -1};
	static const rlim_t values[] = {1 << 30, 1 << 29, 1l << 31, RLIM_INFINITY, (1 << 30) + 1};
	int r = PICK(names);
	struct rlimit l = {0, 0}, was = {7, 7};
	switch (rnd(9)) {
	case 0: case 1:
		show("getrlimit", r, getrlimit(r, &was));
		printf("  %llx %llx\n", (long long)was.rlim_cur, (long long)was.rlim_max);
		break;
	case 2: case 3:
		l.rlim_max = PICK(values);
		l.rlim_cur = rnd(2) ? l.rlim_max : PICK(values);
		show("setrlimit", r, setrlimit(r, &l));
		break;
	case 4:
		l.rlim_max = l.rlim_cur = PICK(values);
		show("prlimit", r, prlimit(rnd(5) ? 0 : 999999, r, &l, &was));
		printf("  %llx %llx\n", (long long)was.rlim_cur, (long long)was.rlim_max);
		break;
	case 5: {
		char *m = mmap(0, 4096 * (1 + rnd(60)), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | (rnd(3) ? 0 : MAP_LOCKED), -1, 0);
		show("mmap", 0, m == MAP_FAILED ? -1 : 0);
		if (m != MAP_FAILED) show("mlock", 0, mlock(m, 4096 * (1 + rnd(3))));
		break;
	}
	default: {
		static const int options[] = {PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE, PR_GET_KEEPCAPS, PR_SET_KEEPCAPS, PR_SET_NAME, PR_GET_NAME, PR_GET_TIMERSLACK, PR_SET_TIMERSLACK, PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_GET_TSC, PR_GET_SECCOMP, 9999};
		char out[32] = "given name which is long";
		int o = PICK(options);
		long a = rnd(3) ? rnd(3) : rnd(100), rest = rnd(6) ? 0 : rnd(2);
		if (o == PR_GET_PDEATHSIG || o == PR_SET_NAME || o == PR_GET_NAME || o == PR_GET_CHILD_SUBREAPER || o == PR_GET_TSC) a = rnd(10) ? (long)out : 8;
		int keep = o == PR_SET_NAME;
		long r = prctl(o, a, rest, rest, rest);
		printf("rest %ld ", rest);
		show("prctl", o, r);
		printf("  %s %d\n", o == PR_GET_NAME || keep ? out : "", o != PR_GET_NAME && !keep && r == 0 ? *(int *)out : 0);
	}
	}
}

// Files and directories that are watched, open and worked in, while their names change.

static char *mapped;
static int notify = -1, home, open_[3] = {-1, -1, -1};

static void events(void) {
	char b[4096] __attribute__((aligned(8)));
	long n = read(notify, b, rnd(4) ? sizeof b : rnd(60));
	show("events", 0, n);
	for (char *p = b; p < b + n;) {
		struct inotify_event *e = (void *)p;
		printf("  %d %x %u %s %d\n", e->wd, e->mask, e->len, e->len ? e->name : "", e->cookie != 0);
		p += sizeof *e + e->len;
	}
}
static void below(const char *p) { // the part of a path that is the same in every run
	const char *w = strstr(p, "/watched");
	printf("  %s\n", w ? w : "elsewhere");
}
static void watch(void) {
	static const char *paths[] = {"a", "b", "d/a", "d/b", "d", "e", ".", "d/e", "none/x"};
	static const unsigned masks[] = {IN_ALL_EVENTS, IN_ALL_EVENTS, IN_OPEN | IN_CLOSE, IN_MODIFY | IN_ATTRIB, IN_MOVE | IN_MOVE_SELF, IN_CREATE | IN_DELETE | IN_DELETE_SELF, IN_OPEN | IN_ONESHOT, IN_ACCESS | IN_MASK_ADD, IN_ALL_EVENTS | IN_ONLYDIR, IN_ALL_EVENTS | IN_EXCL_UNLINK, IN_OPEN | IN_MASK_CREATE, 0, 0x100000};
	const char *p = PICK(paths), *q = PICK(paths);
	unsigned n = rnd(3);
	char b[4096] = "", link_[40];
	if (notify < 0) {
		notify = inotify_init1(IN_NONBLOCK);
		mkdir("watched", 0700);
		if (chdir("watched") != 0) exit(78);
		home = open(".", O_RDONLY);
		inotify_add_watch(notify, ".", IN_ALL_EVENTS);
	}
	printf("%s %s: ", p, q);
	switch (rnd(29)) {
	case 0: case 1: case 2: show("watch", 0, inotify_add_watch(notify, p, PICK(masks))); break;
	case 3: show("unwatch", 0, inotify_rm_watch(notify, rnd(12))); break;
	case 4: case 5:
		if (open_[n] >= 0) close(open_[n]);
		open_[n] = open(p, O_RDWR | (rnd(3) ? O_CREAT : 0), 0600);
		show("open", n, open_[n] < 0 ? -1 : 0);
		break;
	case 6: show("write", n, write(open_[n], b, rnd(3))); break;
	case 7: show("read", n, pread(open_[n], b, 2, 0)); break;
	case 8: show("ftruncate", n, ftruncate(open_[n], rnd(5))); break;
	case 9: show("close", n, close(open_[n])); open_[n] = -1; break;
	case 10: show("unlink", 0, unlink(p)); break;
	case 11: show("mkdir", 0, mkdir(p, 0700)); break;
	case 12: show("rmdir", 0, rmdir(p)); break;
	case 13: case 14: show("rename", 0, rename(p, q)); break;
	case 15: show("chmod", 0, chmod(p, rnd(2) ? 0700 : 0600 | 0100)); break;
	case 16: show("truncate", 0, truncate(p, rnd(4))); break;
	case 17: show("symlink", 0, symlink("target", p)); break;
	case 18: case 19: show("link", 0, link(p, q)); break;
	case 20: show("fchmod", n, fchmod(open_[n], rnd(2) ? 0700 : 0711)); break;
	case 21:
		if (open_[n] >= 0) close(open_[n]);
		open_[n] = open(p, rnd(3) ? O_RDONLY | O_DIRECTORY : O_PATH);
		show("open", n, open_[n] < 0 ? -1 : 0);
		break;
	case 22: {
		int f = openat(open_[n], rnd(2) ? "a" : "../b", O_RDWR | (rnd(3) ? O_CREAT : 0), 0600), to = rnd(3);
		show("openat", n, f < 0 ? -1 : 0);
		if (f < 0) break;
		if (open_[to] >= 0) close(open_[to]);
		open_[to] = f;
		break;
	}
	case 23:
		lseek(open_[n], 0, SEEK_SET);
		long r = syscall(SYS_getdents64, open_[n], b, sizeof b);
		show("getdents", n, r < 0 ? -1 : 0);
		break;
	case 24:
		snprintf(link_, sizeof link_, "/proc/self/fd/%d", open_[n]);
		show("readlink", n, readlink(link_, b, sizeof b - 1) < 0 ? -1 : 0);
		if (open_[n] >= 0) below(b);
		break;
	case 25: case 26:
		switch (rnd(3)) {
		case 0: show("chdir", 0, chdir(p)); break;
		case 1: show("fchdir", n, fchdir(open_[n])); break;
		default: fchdir(home);
		}
		r = readlink("/proc/self/cwd", b, sizeof b - 1);
		if (r > 0) b[r] = 0, below(b);
		if (getcwd(b, sizeof b)) below(b);
		else show("getcwd", 0, -1), show("mkdir", 0, mkdir("new", 0700)), fchdir(home);
		break;
	case 27: show("mkfifo", 0, mkfifo(p, 0600)); break;
	default: // a mapping keeps its file open
		if (mapped) show("munmap", 0, munmap(mapped, 4096)), mapped = 0;
		else mapped = mmap(0, 4096, PROT_READ, MAP_SHARED, open_[n], 0), mapped = mapped == MAP_FAILED ? 0 : mapped, show("mmap", n, mapped ? 0 : -1);
	}
	events();
}

// What /proc tells of another process: a child does as it is told, and its parent looks.

struct order { int what, fd, n; char p[8], q[8]; };
static pid_t child;
static int orders[2], answers[2], ended;

static void caught(int n) {}
static long obey(struct order *o) {
	static void *maps_[4];
	sigset_t s;
	int two[2];
	long r;
	switch (o->what) {
	case 0: case 1: return open(o->p, O_RDWR | (o->n & 1 ? O_CREAT : 0) | (o->n & 2 ? O_CLOEXEC : 0) | (o->n & 4 ? O_APPEND : 0) | (o->n & 8 ? O_NONBLOCK : 0), 0600);
	case 2: return open(o->p, o->n & 1 ? O_RDONLY | O_DIRECTORY : O_PATH);
	case 3: return close(o->fd);
	case 4: return unlink(o->p);
	case 5: case 6: return rename(o->p, o->q);
	case 7: return o->n & 1 ? chdir(o->p) : fchdir(o->fd);
	case 8: return o->n & 3 ? mkdir(o->p, 0700) : rmdir(o->p);
	case 9: signal(o->n % 31 + 1, o->n & 32 ? SIG_IGN : o->n & 64 ? caught : SIG_DFL); return 0;
	case 10: sigemptyset(&s); sigaddset(&s, o->n % 64 + 1); return sigprocmask(SIG_BLOCK, &s, 0);
	case 11: return kill(getpid(), SIGRTMIN + o->n % 9);
	case 12: return prctl(PR_SET_NAME, o->p);
	case 13: return umask(o->n & 077); // directories can be searched
	case 14: return dup2(o->fd, 8 + o->n % 20);
	case 15: return lseek(o->fd, o->n, SEEK_SET);
	case 16: return write(o->fd, "hello", o->n & 3);
	case 17:
		switch (o->n & 7) {
		case 0: return eventfd(o->n, 0);
		case 1: return memfd_create("mine", 0);
		case 2: return epoll_create1(EPOLL_CLOEXEC);
		case 3: return timerfd_create(CLOCK_MONOTONIC, 0);
		case 4: sigemptyset(&s); sigaddset(&s, 10 + o->n / 8); return signalfd(-1, &s, SFD_NONBLOCK);
		case 5: return pipe2(two, O_NONBLOCK);
		case 6: return socketpair(AF_UNIX, SOCK_STREAM, 0, two);
		default: return inotify_init1(0);
		}
	case 18: return prctl(PR_SET_DUMPABLE, o->n % 5 != 0);
	case 19: return syscall(SYS_getpid) > 0 ? setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + (o->n & 1)) : 0;
	case 20: return o->n % 4 ? 0 : prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	case 21: case 22:
		r = o->n & 3;
		if (maps_[r]) { void *m = maps_[r]; maps_[r] = 0; return munmap(m, 4096); }
		void *m = mmap(0, 4096, PROT_READ, MAP_SHARED, o->fd, 0);
		if (m == MAP_FAILED) return -1;
		maps_[r] = m;
		return 0;
	case 23: return link(o->p, o->q);
	case 24: return fcntl(o->fd, F_SETFD, o->n & 1);
	case 25: return symlink("target", o->p);
	default: return fcntl(o->fd, F_SETFL, o->n & 1 ? O_APPEND : O_NONBLOCK);
	}
}
static void follow(void) {
	struct order o;
	while (read(orders[0], &o, sizeof o) == sizeof o) {
		long r = obey(&o);
		if (r < 0) r = -errno;
		write(answers[1], &r, sizeof r);
	}
	_exit(3);
}
// line prints the line of a file that begins with a word.
static void line(const char *path, const char *word) {
	char b[4096];
	FILE *f = fopen(path, "r");
	if (!f) { show(word, 0, -1); return; }
	while (fgets(b, sizeof b, f)) if (!strncmp(b, word, strlen(word))) printf("  %s", b);
	fclose(f);
}
static void look(void) {
	static const char *links[] = {"cwd", "exe", "root", "fd/8", "fd/9", "fd/10", "fd/11", "fd/8", "fd/13", "fd/40"};
	static const char *words[] = {"Name:", "Umask:", "TracerPid:", "Uid:", "Threads:", "SigPnd:", "ShdPnd:", "SigBlk:", "SigIgn:", "SigCgt:", "NoNewPrivs:", "Seccomp:"};
	char p[64], b[8192];
	int f;
	long n;
	switch (rnd(9)) {
	case 0: case 1: {
		const char *l = PICK(links);
		sprintf(p, "/proc/%d/%s", child, l);
		show(l, 0, (n = readlink(p, b, sizeof b - 1)) < 0 ? -1 : 0);
		if (n < 0) break;
		b[n] = 0;
		char *w = strstr(b, "/looked");
		if (w) printf("  %s\n", w);
		else if (*b == '/' && b[1]) printf("  %s\n", strrchr(b, '/'));
		else printf("  %.*s\n", b[strcspn(b, ":")] && b[strcspn(b, ":") + 1] == '[' && *b != 'a' ? (int)strcspn(b, ":") : 99, b);
		struct stat s;
		show("stat", 0, n = stat(p, &s));
		if (n == 0) printf("  %o\n", s.st_mode & S_IFMT);
		break;
	}
	case 2: case 3: {
		const char *what = rnd(2) ? "fd" : "fdinfo";
		sprintf(p, "/proc/%d/%s", child, what);
		f = open(p, O_RDONLY | O_DIRECTORY);
		show(what, 0, f < 0 ? -1 : 0);
		if (f < 0) break;
		char seen[64] = "";
		while ((n = syscall(SYS_getdents64, f, b, sizeof b)) > 0)
			for (char *d = b; d < b + n; d += *(unsigned short *)(d + 16)) if (atoi(d + 19) > 2) seen[atoi(d + 19)] = 1;
		for (int i = 3; i < 64; i++) if (seen[i]) printf(" %d", i);
		puts("");
		close(f);
		break;
	}
	case 4:
		sprintf(p, "/proc/%d/fdinfo/%d", child, 8 + rnd(6));
		line(p, "pos:"); line(p, "flags:"); line(p, "sigmask:"); line(p, "eventfd-count:");
		break;
	case 5: case 6: {
		sprintf(p, "/proc/%d/status", child);
		const char *w_ = PICK(words);
		if (!ended || strcmp(w_, "SigPnd:") && strcmp(w_, "SigBlk:")) line(p, w_); // the machine knows them of threads
		sprintf(p, "/proc/%d/stat", child);
		FILE *s = fopen(p, "r");
		if (!s) { puts("no stat"); break; }
		fgets(b, sizeof b, s);
		fclose(s);
		char *at = strrchr(b, ')') + 2, *w = strtok(at, " ");
		for (int i = 3; w; i++, w = strtok(0, " "))
			if ((i == 18 || i == 19) && !ended) printf(" %d:%d", i, atoi(w) - getpriority(PRIO_PROCESS, 0)); else if (i == 3 && (*w == 'T' || *w == 'Z') || i == 20 || i >= 31 && i <= 34 && *at != 'Z' || i == 38 || i == 40 || i == 41) printf(" %d:%s", i, w);
		puts("");
		break;
	}
	case 7: {
		static const char *texts[] = {"maps", "cmdline", "comm", "environ", "auxv", "limits", "statm", "mem"};
		const char *t = PICK(texts);
		sprintf(p, "/proc/%d/%s", child, t);
		f = open(p, O_RDONLY);
		show(t, 0, f < 0 ? -1 : 0);
		if (f < 0) break;
		close(f);
		FILE *s = fopen(p, "r");
		while (*t == 'm' && t[1] == 'a' && fgets(b, sizeof b, s)) if (strstr(b, "/looked")) printf("  %s", strstr(b, "/looked"));
		if (*t == 'c') n = fread(b, 1, sizeof b, s), printf("  %s\n", n <= 0 ? "nothing" : *t == 'c' && t[1] == 'o' ? (b[n] = 0, b) : "something");
		fclose(s);
		break;
	}
	default: {
		static const char *below_[] = {"cwd/a", "cwd/../a", "fd/8", "fd/9", "fd/10", "fd/9/a", "root/dev/null", "cwd", "fd/10/../b"};
		const char *l = PICK(below_);
		sprintf(p, "/proc/%d/%s", child, l);
		f = open(p, rnd(2) ? O_RDONLY | O_NONBLOCK : O_WRONLY | O_NONBLOCK);
		printf("%s ", l);
		show("open", 0, f < 0 ? -1 : 0);
		if (f < 0) break;
		sprintf(p, "/proc/self/fd/%d", f);
		if ((n = readlink(p, b, sizeof b - 1)) > 0 && (b[n] = 0, strstr(b, "/looked"))) printf("  %s\n", strstr(b, "/looked"));
		close(f);
	}
	}
}
static void proc(void) {
	static const char *paths[] = {"a", "b", "d/a", "d/b", "d", "e", ".", "d/e"};
	int status;
	if (!child) {
		if (!orders[0]) {
			for (int i = 3; i < 64; i++) close(i); // of who started the run
			mkdir("looked", 0700);
			if (chdir("looked") != 0) exit(78);
			home = open(".", O_RDONLY);
		}
		pipe(orders), pipe(answers);
		if ((child = fork()) == 0) follow();
	}
	struct order o = {rnd(27), 8 + rnd(6), rnd(512)};
	strcpy(o.p, PICK(paths)); strcpy(o.q, PICK(paths));
	switch (rnd(40)) {
	case 0:
		kill(child, SIGSTOP);
		waitpid(child, &status, WUNTRACED);
		puts("stopped");
		for (int i = 0; i < 5; i++) look();
		kill(child, SIGCONT);
		break;
	case 1: {
		siginfo_t i;
		kill(child, SIGKILL);
		waitid(P_PID, child, &i, WEXITED | WNOWAIT);
		puts("ended");
		ended = 1;
		for (int j = 0; j < 12; j++) look();
		waitpid(child, &status, 0);
		puts("gone");
		look();
		child = ended = 0;
		for (int j = 0; j < 2; j++) close(orders[j]), close(answers[j]);
		return;
	}
	}
	long r;
	printf("%d %d %d %s %s", o.what, o.fd, o.n, o.p, o.q);
	write(orders[1], &o, sizeof o);
	read(answers[0], &r, sizeof r);
	printf(" = %ld\n", r);
	look();
	look();
}
static int gone(const char *p, const struct stat *s, int kind, struct FTW *f) { return remove(p); }

int main(int argc, char **argv) {
	static const struct { const char *name; void (*run)(void); int privileged; } subjects[] = {
		{"timers", timer}, {"ipc", ipc}, {"futex", futex}, {"memfd", memfd}, {"limits", limits}, {"watch", watch}, {"proc", proc},
	};
	static const unsigned long standard[8]; // struct sigaction as the kernel has it, all zeros: SIG_DFL
	for (int i = 1; i <= 64; i++) syscall(SYS_rt_sigaction, i, standard, 0, 8); // callers may ignore some, also 32
	setvbuf(stdout, 0, _IOFBF, 1 << 16);
	unprivileged();
	state = atoi(argv[2]) * 7919 + 1;
	for (int i = 0; i < 5; i++) rnd(2);
	sigset_t all;
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigprocmask(SIG_SETMASK, &all, 0);
	mmap(0, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); // above all others: kernels differ in what lies there, and where the vDSO is
	word = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned s = 0; s < sizeof subjects / sizeof *subjects; s++)
		if (!strcmp(argv[1], subjects[s].name))
			for (int i = 0; i < 200; i++) subjects[s].run(), fflush(stdout);
	if (sem >= 0) semctl(sem, 0, IPC_RMID);
	if (msg >= 0) msgctl(msg, IPC_RMID, 0);
	if (shm >= 0) shmctl(shm, IPC_RMID, 0);
	if (child) kill(child, SIGKILL);
	if (orders[0] && fchdir(home) == 0 && chdir("..") == 0) nftw("looked", gone, 9, FTW_DEPTH | FTW_PHYS);
	if (notify >= 0 && fchdir(home) == 0 && chdir("..") == 0) nftw("watched", gone, 9, FTW_DEPTH | FTW_PHYS);
	return 0;
}
