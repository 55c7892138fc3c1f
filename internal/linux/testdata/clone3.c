// clone3(2): its structure, what it refuses, children and threads.
#include "say.h"
#include <linux/sched.h>
#include <sys/ptrace.h>

static struct { uint64_t v[20]; } a;
static int value;
static long go(int size, int flags_at, ...) { return 0; }
#define SET(i, x) (a.v[i] = (x))
#define CLEAR memset(&a, 0, sizeof a), SET(4, SIGCHLD)

// child makes one, which ends at once if it uses this memory or goes on.
static long child(size_t size) {
	long r = syscall(SYS_clone3, &a, size);
	if (r == 0) _exit(value + 1);
	if (r > 0) {
		int s = -1;
		say("  made, waited for", waitpid(r, &s, __WALL) == r);
		printf("  status %x\n", s);
		return 0;
	}
	return r;
}

static __thread int own;
static void handler(int s) { own = s; printf("handler %d\n", s); }

// traced shows what a tracer sees of a child that its tracee makes.
static void traced(uint64_t flags, long options) {
	pid_t pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		CLEAR; SET(0, flags);
		pid_t child = syscall(SYS_clone3, &a, 88);
		if (child == 0) _exit(3);
		waitpid(child, 0, 0);
		_exit(4);
	}
	int s;
	waitpid(pid, &s, 0);
	T(ptrace(PTRACE_SETOPTIONS, pid, 0, options));
	ptrace(PTRACE_CONT, pid, 0, 0);
	for (pid_t r; (r = waitpid(-1, &s, __WALL)) > 0;) {
		printf("  %s %x\n", r == pid ? "child" : "its child", s);
		if (WIFSTOPPED(s)) ptrace(PTRACE_CONT, r, 0, 0);
	}
}

int main(void) {
	(void)go;
	setvbuf(stdout, 0, _IONBF, 0);
	unprivileged();
	value = 40;
	CLEAR; T(child(64)); T(child(80)); T(child(88)); T(child(0)); T(child(63)); T(child(96)); T(child(160)); T(child(4096)); T(child(4097));
	SET(12, 1); T(child(160)); T(child(96));
	T(CALL(clone3, 8, 64));
	for (int bit = 0; bit < 64; bit++) {
		uint64_t f = 1ull << bit;
		// namespaces and descriptors of processes are not there
		if (f & (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME | CLONE_PIDFD | CLONE_VM | CLONE_PARENT | CLONE_PTRACE | CLONE_SETTLS)) continue;
		if (bit >= 34) f = f << 1 | f; // later kernels know more
		CLEAR; SET(0, f);
		printf("flag %d\n", bit);
		if (f & (CLONE_PARENT_SETTID | CLONE_CHILD_SETTID)) SET(2, (uintptr_t)&value + 64), SET(3, (uintptr_t)&value + 64);
		T(child(88));
	}
	CLEAR; SET(4, 65); T(child(64)); SET(4, 1ull << 32); T(child(64)); SET(4, 0); T(child(64));
	CLEAR; SET(5, 4096); T(child(64)); SET(5, 0); SET(6, 4096); T(child(64)); SET(5, -4096); SET(6, 8192); T(child(64));
	CLEAR; SET(9, 1); T(child(88)); SET(9, 33); SET(8, 8); T(child(88)); SET(9, 1); T(child(88)); SET(9, 0); T(child(88));
	CLEAR; SET(0, CLONE_INTO_CGROUP); T(child(80)); SET(10, 99); T(child(88)); SET(10, 1ull << 31); T(child(88));
	CLEAR; SET(0, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM); T(child(88)); SET(4, 0); SET(0, CLONE_THREAD); T(child(88)); SET(0, CLONE_THREAD | CLONE_SIGHAND); T(child(88));
	CLEAR; SET(0, CLONE_SIGHAND | CLONE_CLEAR_SIGHAND | CLONE_VM); T(child(88));
	CLEAR; SET(0, CLONE_PARENT); T(child(88));

	signal(SIGUSR1, handler);
	signal(SIGUSR2, SIG_IGN);
	CLEAR; SET(0, CLONE_CLEAR_SIGHAND);
	pid_t pid = syscall(SYS_clone3, &a, 88);
	int s;
	if (pid == 0) { raise(SIGUSR2); raise(SIGUSR1); _exit(0); }
	waitpid(pid, &s, 0);
	printf("cleared %x\n", s);
	CLEAR; SET(0, CLONE_VM | CLONE_VFORK); SET(3, (uintptr_t)&value);
	pid = vfork();
	if (pid == 0) _exit(3);
	waitpid(pid, &s, 0);
	printf("%x\n", s);

	// a grandchild that is a child
	CLEAR;
	int p[2];
	pipe(p);
	pid = fork();
	if (pid == 0) {
		CLEAR; SET(0, CLONE_PARENT); SET(4, 0);
		long r = syscall(SYS_clone3, &a, 88);
		if (r == 0) _exit(getppid() == *(volatile int *)&value ? 1 : 9);
		write(p[1], &r, sizeof r);
		T(waitpid(r, 0, __WALL));
		_exit(2);
	}
	long g;
	read(p[0], &g, sizeof g);
	waitpid(pid, &s, 0);
	printf("child %x\n", s);
	T(waitpid(g, &s, __WALL) == g);
	printf("grandchild %x\n", s);

	// numbers that are written, and a parent that waits
	static volatile pid_t in_parent, in_child;
	CLEAR; SET(0, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID); SET(2, (uintptr_t)&in_child); SET(3, (uintptr_t)&in_parent);
	pid = syscall(SYS_clone3, &a, 88);
	if (pid == 0) _exit(in_child == getpid() ? 1 : 2);
	waitpid(pid, &s, 0);
	printf("in the parent %d %d, child %x\n", in_parent == pid, in_child, s);
	CLEAR; SET(0, CLONE_VFORK);
	pid = syscall(SYS_clone3, &a, 88);
	if (pid == 0) { usleep(30000); write(p[1], "c", 1); _exit(0); }
	write(p[1], "p", 1);
	char first;
	read(p[0], &first, 1);
	printf("first %c\n", first);
	waitpid(pid, &s, 0);
	traced(CLONE_PTRACE, 0); traced(CLONE_UNTRACED, PTRACE_O_TRACEFORK);

	pthread_t t;
	int made = pthread_create(&t, 0, (void *(*)(void *))handler, (void *)7);
	pthread_join(t, 0);
	T(made);
	printf("thread's own %d\n", own);
	T(system("exit 3") >= 0);
	return 0;
}
