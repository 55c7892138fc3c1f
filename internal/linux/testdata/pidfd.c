// Descriptors of processes: what makes them, waits, signals, files of another process, and the end.
#include "say.h"
#include <linux/sched.h>

static int code(int fd, int options) {
	siginfo_t i = {0};
	long r = T(waitid(3, fd, &i, options)); // P_PIDFD
	if (r == 0) printf("  pid %d code %d status %d\n", i.si_pid != 0, i.si_code, i.si_status);
	return r;
}
static void events(int fd, int wait) {
	struct pollfd p = {fd, POLLIN | POLLOUT, 0};
	int n = poll(&p, 1, wait);
	printf("  poll %d %x\n", n, p.revents);
}
static void told(int s, siginfo_t *i, void *c) { if (i->si_pid == getppid()) usleep(20000); printf("told %d code %d pid %d uid %d value %d\n", s, i->si_code, i->si_pid == getppid() || i->si_pid == getpid(), i->si_uid, i->si_value.sival_int); }
static void *sleeper(void *tid) { *(volatile int *)tid = gettid(); pause(); return 0; }

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	unprivileged();
	T(CALL(pidfd_open, 0, 0)); T(CALL(pidfd_open, -1, 0)); T(CALL(pidfd_open, getpid(), 1)); T(CALL(pidfd_open, 4000000, 0));
	volatile int tid = 0;
	pthread_t th;
	pthread_create(&th, 0, sleeper, (void *)&tid);
	while (!tid) usleep(1000);
	int self = CALL(pidfd_open, getpid(), 0);
	T(fcntl(self, F_GETFD)); T(fcntl(self, F_GETFL) & O_ACCMODE);
	char b[8];
	T(read(self, b, 8)); T(write(self, b, 8));
	events(self, 0);
	struct sigaction sa = {.sa_sigaction = told, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &sa, 0);
	T(CALL(pidfd_send_signal, self, SIGUSR1, 0, 0)); T(CALL(pidfd_send_signal, self, 0, 0, 0)); T(CALL(pidfd_send_signal, self, 65, 0, 0)); T(CALL(pidfd_send_signal, self, -1, 0, 0));
	T(CALL(pidfd_send_signal, 99, 0, 0, 0)); T(CALL(pidfd_send_signal, 1, 0, 0, 0)); T(CALL(pidfd_send_signal, self, SIGUSR1, 8, 0)); T(CALL(pidfd_send_signal, self, SIGUSR1, 0, 1 << 30));
	siginfo_t i = {.si_signo = SIGUSR1, .si_code = SI_QUEUE, .si_pid = getpid(), .si_uid = 7, .si_value.sival_int = 5};
	T(CALL(pidfd_send_signal, self, SIGUSR1, &i, 0)); i.si_signo = SIGUSR2; T(CALL(pidfd_send_signal, self, SIGUSR1, &i, 0));
	int dir = open("/proc/self", O_RDONLY | O_DIRECTORY), path = open("/proc/self", O_PATH);
	T(CALL(pidfd_send_signal, dir, 0, 0, 0)); T(CALL(pidfd_send_signal, path, 0, 0, 0)); T(CALL(pidfd_getfd, dir, 0, 0));
	code(self, WEXITED); code(99, WEXITED); code(1, WEXITED); code(-1, WEXITED); code(self, 0);
	// a child
	int p[2];
	pipe(p);
	pid_t pid = fork();
	if (pid == 0) { char c; read(p[0], &c, 1); sigaction(SIGUSR1, &sa, 0); while (read(p[0], &c, 1) < 0) ; _exit(c); }
	int fd = CALL(pidfd_open, pid, O_NONBLOCK);
	T(fcntl(fd, F_GETFL) & O_NONBLOCK); code(fd, WEXITED); code(fd, WEXITED | WNOHANG); events(fd, 10);
	write(p[1], "a", 1);
	usleep(50000);
	i.si_signo = SIGUSR1; i.si_pid = getpid(); i.si_uid = getuid(); i.si_value.sival_int = 77;
	T(CALL(pidfd_send_signal, fd, SIGUSR1, &i, 0)); usleep(80000); i.si_code = SI_TKILL; T(CALL(pidfd_send_signal, fd, SIGUSR1, &i, 0)); i.si_code = 1; T(CALL(pidfd_send_signal, fd, SIGUSR1, &i, 0));
	usleep(50000);
	int theirs = CALL(pidfd_getfd, fd, p[0], 0);
	printf("getfd %d cloexec %d\n", theirs >= 0, fcntl(theirs, F_GETFD)); T(CALL(pidfd_getfd, fd, 99, 0)); T(CALL(pidfd_getfd, fd, 0, 1)); T(CALL(pidfd_getfd, 1, 0, 0));
	int ep = epoll_create1(0);
	struct epoll_event e = {EPOLLIN | EPOLLET, {.u32 = 9}};
	T(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e)); T(epoll_wait(ep, &e, 1, 0));
	write(p[1], "\5", 1);
	T(epoll_wait(ep, &e, 1, 2000)); printf("  %x %d\n", e.events, e.data.u32); T(epoll_wait(ep, &e, 1, 0));
	events(fd, 1000);
	T(CALL(pidfd_send_signal, fd, 0, 0, 0)); T(CALL(pidfd_getfd, fd, 0, 0));
	code(fd, WEXITED | WNOWAIT); code(fd, WEXITED); code(fd, WEXITED);
	T(CALL(pidfd_send_signal, fd, 0, 0, 0)); T(CALL(pidfd_open, pid, 0));
	close(fd);
	// by clone
	int got = -1;
	pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &got, 0, 0);
	if (pid == 0) _exit(fcntl(got, F_GETFD) == -1 && errno == EBADF ? 3 : 4);
	printf("clone %d %d\n", pid > 0, fcntl(got, F_GETFD)); T(CALL(pidfd_send_signal, got, 0, 0, 0)); code(got, WEXITED); T(CALL(pidfd_send_signal, got, 0, 0, 0)); close(got);
	T(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, 8, 0, 0)); T(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &got, 0, 0)); T(syscall(SYS_clone, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, 0, &got, 0, 0));
	struct clone_args a = {.flags = CLONE_PIDFD | CLONE_PARENT_SETTID, .pidfd = (uintptr_t)&got, .parent_tid = (uintptr_t)&tid, .exit_signal = SIGCHLD};
	pid = syscall(SYS_clone3, &a, sizeof a);
	if (pid == 0) _exit(6);
	printf("clone3 %d %d %d\n", pid > 0, fcntl(got, F_GETFD), tid == pid); code(got, WEXITED); close(got);
	// no descriptor is free: no child
	struct rlimit l;
	getrlimit(RLIMIT_NOFILE, &l);
	int next = dup(0);
	close(next);
	struct rlimit less = {next, l.rlim_max};
	setrlimit(RLIMIT_NOFILE, &less);
	T(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &got, 0, 0)); T(CALL(pidfd_open, getpid(), 0)); T(waitpid(-1, 0, WNOHANG));
	setrlimit(RLIMIT_NOFILE, &l);
	// another waits for what is not its child
	pid = fork();
	if (pid == 0) { code(self, WEXITED); T(CALL(pidfd_send_signal, self, 0, 0, 0)); _exit(0); }
	waitpid(pid, 0, 0);
	return 0;
}
