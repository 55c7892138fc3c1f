// Signals that tell of files: whose they are, which files send them, and when.
#include "say.h"
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#ifndef F_SETSIG
#define F_SETSIG 10
#define F_GETSIG 11
#endif

static int from; // descriptors are told from this one on

// told prints the signals that have come, and forgets them.
static void told(const char *when) {
	sigset_t all;
	sigfillset(&all);
	struct timespec now = {0, 0};
	siginfo_t i;
	printf("%s:", when);
	while (sigtimedwait(&all, &i, &now) > 0) {
		printf(" signal %d code %d", i.si_signo, i.si_code);
		if (i.si_code != SI_KERNEL && i.si_signo != SIGPIPE && i.si_signo != SIGCHLD) printf(" band %lx fd %d", (long)i.si_band, i.si_fd - from);
		if (i.si_code == SI_KERNEL) printf(" from %d %d", i.si_pid, i.si_uid);
	}
	puts("");
}
// async has a file tell this process by a signal.
static int async(int fd, int signo) {
	if (fcntl(fd, F_SETOWN, getpid()) != 0 || fcntl(fd, F_SETSIG, signo) != 0) return -1;
	return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
}
static const char *whose(int pid) {
	return pid == getpid() ? "mine" : pid == -getpgrp() ? "my group's" : pid == getpgrp() ? "group's number" : pid == 0 ? "nobody's" : pid == getppid() ? "my parent's" : "other";
}

static void owners(void) {
	int p[2];
	if (pipe(p) != 0) exit(1);
	struct f_owner_ex o = {7, 7};
	setpgid(0, 0);
	printf("owner %s sig %d\n", whose(fcntl(p[0], F_GETOWN)), fcntl(p[0], F_GETSIG));
	T(fcntl(p[0], F_GETOWN_EX, &o)); printf("%d %s\n", o.type, whose(o.pid));
	T(fcntl(p[0], F_SETOWN, getpid())); printf("%s\n", whose(fcntl(p[0], F_GETOWN))); T(fcntl(p[0], F_GETOWN_EX, &o)); printf("%d %s\n", o.type, whose(o.pid));
	T(fcntl(p[0], F_SETOWN, -getpid())); printf("%s\n", whose(fcntl(p[0], F_GETOWN))); T(fcntl(p[0], F_GETOWN_EX, &o)); printf("%d %s\n", o.type, whose(o.pid));
	T(fcntl(p[0], F_SETOWN, 999999)); T(fcntl(p[0], F_SETOWN, -999999)); T(fcntl(p[0], F_SETOWN, 0x80000000)); T(fcntl(p[0], F_GETOWN_EX, 8)); T(fcntl(p[0], F_SETOWN_EX, 8));
	o = (struct f_owner_ex){3, getpid()}; T(fcntl(p[0], F_SETOWN_EX, &o)); o.type = -1; T(fcntl(p[0], F_SETOWN_EX, &o));
	o = (struct f_owner_ex){F_OWNER_TID, 999999}; T(fcntl(p[0], F_SETOWN_EX, &o)); o.pid = -getpid(); T(fcntl(p[0], F_SETOWN_EX, &o));
	o.pid = gettid(); T(fcntl(p[0], F_SETOWN_EX, &o)); T(fcntl(p[0], F_GETOWN_EX, &o)); printf("%d %s\n", o.type, whose(o.pid));
	o = (struct f_owner_ex){F_OWNER_PGRP, getpgrp()}; T(fcntl(p[0], F_SETOWN_EX, &o)); T(fcntl(p[0], F_GETOWN_EX, &o)); printf("%d %s\n", o.type, whose(o.pid));
	o.pid = 0; T(fcntl(p[0], F_SETOWN_EX, &o)); T(fcntl(p[0], F_GETOWN_EX, &o)); printf("%d %s\n", o.type, whose(o.pid));
	T(fcntl(p[0], F_SETSIG, 65)); T(fcntl(p[0], F_SETSIG, -1)); T(fcntl(p[0], F_SETSIG, 64)); T(fcntl(p[0], F_GETSIG)); T(fcntl(p[0], F_SETSIG, SIGKILL)); T(fcntl(p[0], F_SETSIG, 0));
	// one that has ended, and is waited for later
	int pid = fork();
	if (pid == 0) _exit(0);
	T(fcntl(p[0], F_SETOWN, pid)); waitid(P_PID, pid, 0, WEXITED | WNOWAIT);
	printf("ended %d\n", fcntl(p[0], F_GETOWN) == pid);
	waitpid(pid, 0, 0);
	printf("gone %d\n", fcntl(p[0], F_GETOWN)); T(fcntl(p[0], F_SETOWN, pid) == -1);
	close(p[0]); close(p[1]);
	told("nothing");
}

static void kinds(void) {
	int p[2], fd, on = 1, off = 0;
	if (pipe(p) != 0) exit(1);
	T(fcntl(p[0], F_SETFL, O_ASYNC | O_NONBLOCK)); T(fcntl(p[0], F_GETFL)); T(fcntl(p[0], F_SETFL, O_NONBLOCK)); T(fcntl(p[0], F_GETFL));
	T(ioctl(p[1], FIOASYNC, &on)); T(fcntl(p[1], F_GETFL)); T(ioctl(p[1], FIOASYNC, &off)); T(fcntl(p[1], F_GETFL)); T(ioctl(p[1], FIOASYNC, 8));
	T(ioctl(p[0], FIOSETOWN, &on)); T(ioctl(p[0], SIOCSPGRP, &on));
	fd = eventfd(0, 0); T(fcntl(fd, F_SETFL, O_ASYNC)); T(fcntl(fd, F_GETFL)); T(ioctl(fd, FIOASYNC, &on)); T(ioctl(fd, FIOASYNC, &off)); T(fcntl(fd, F_SETOWN, getpid())); printf("%s\n", whose(fcntl(fd, F_GETOWN))); close(fd);
	fd = timerfd_create(CLOCK_MONOTONIC, 0); T(fcntl(fd, F_SETFL, O_ASYNC)); T(fcntl(fd, F_GETFL)); T(ioctl(fd, FIOASYNC, &on)); close(fd);
	fd = epoll_create1(0); T(fcntl(fd, F_SETFL, O_ASYNC)); T(fcntl(fd, F_GETFL)); T(ioctl(fd, FIOASYNC, &on)); close(fd);
	fd = open("/", O_RDONLY); T(fcntl(fd, F_SETFL, O_ASYNC)); T(fcntl(fd, F_GETFL) & O_ASYNC); T(ioctl(fd, FIOASYNC, &on)); T(fcntl(fd, F_SETSIG, 5)); T(fcntl(fd, F_GETSIG)); close(fd);
	fd = open("/", O_PATH); T(fcntl(fd, F_SETFL, O_ASYNC)); T(fcntl(fd, F_SETOWN, getpid())); T(fcntl(fd, F_GETOWN)); T(fcntl(fd, F_GETSIG)); T(fcntl(fd, F_GETFD)); T(ioctl(fd, FIOASYNC, &on)); close(fd);
	fd = open("/dev/null", O_RDWR); T(fcntl(fd, F_SETFL, O_ASYNC)); T(ioctl(fd, FIOASYNC, &on)); close(fd);
	fd = socket(AF_UNIX, SOCK_STREAM, 0); T(fcntl(fd, F_SETFL, O_ASYNC)); T(fcntl(fd, F_GETFL)); on = -getpgrp(); T(ioctl(fd, FIOSETOWN, &on)); T(ioctl(fd, FIOGETOWN, &off)); printf("%s\n", whose(off));
	on = getpid(); T(ioctl(fd, SIOCSPGRP, &on)); T(ioctl(fd, SIOCGPGRP, &off)); printf("%s\n", whose(off)); T(ioctl(fd, SIOCSPGRP, 8)); T(ioctl(fd, SIOCGPGRP, 8)); on = 999999; T(ioctl(fd, SIOCSPGRP, &on));
	close(fd); close(p[0]); close(p[1]);
	told("nothing");
}

static void pipes(void) {
	static char b[70000];
	int p[2];
	if (pipe2(p, O_NONBLOCK) != 0) exit(1);
	from = p[0];
	T(fcntl(p[0], F_SETFL, O_ASYNC | O_NONBLOCK)); T(write(p[1], b, 1)); told("nobody's");
	T(async(p[0], 0)); T(write(p[1], b, 1)); T(write(p[1], b, 1)); told("two writes");
	T(async(p[0], SIGRTMIN + 1)); T(write(p[1], b, 1)); T(write(p[1], b, 2)); T(write(p[1], b, 0)); told("two writes"); T(read(p[0], b, 10)); told("a read");
	T(async(p[0], SIGIO)); T(write(p[1], b, 1)); T(write(p[1], b, 1)); told("as SIGIO"); T(async(p[0], SIGCHLD)); T(write(p[1], b, 1)); told("as SIGCHLD"); T(async(p[0], SIGUSR1)); T(write(p[1], b, 1)); told("as SIGUSR1");
	T(async(p[1], SIGRTMIN + 2)); T(async(p[0], SIGRTMIN + 1)); T(read(p[0], b, 100)); T(read(p[0], b, 100)); T(read(p[0], b, 0)); told("two reads");
	T(write(p[1], b, 70000)); T(write(p[1], b, 70000)); told("full"); T(read(p[0], b, 70000)); told("read");
	int q = dup(p[1]); T(close(q)); told("closed, but still there"); T(close(p[1])); told("no writer"); T(read(p[0], b, 1)); told("end"); close(p[0]); told("all gone");
	if (pipe2(p, O_NONBLOCK) != 0) exit(1);
	T(async(p[1], SIGRTMIN + 2)); T(close(p[0])); told("no reader"); T(write(p[1], b, 1)); told("write"); T(fcntl(p[1], F_SETFL, 0)); T(write(p[1], b, 1)); told("off"); close(p[1]);
	// two descriptions on one pipe, through /proc
	if (pipe2(p, O_NONBLOCK) != 0) exit(1);
	char name[40];
	sprintf(name, "/proc/self/fd/%d", p[0]);
	int r = open(name, O_RDONLY | O_NONBLOCK | O_ASYNC);
	T(fcntl(r, F_GETFL) & O_ASYNC); T(async(p[0], SIGRTMIN + 1)); T(async(r, SIGRTMIN + 1)); T(write(p[1], b, 1)); told("O_ASYNC of open(2) does nothing"); T(fcntl(r, F_SETFL, 0)); T(fcntl(r, F_GETFL) & O_ASYNC);
	int s = open(name, O_RDONLY | O_NONBLOCK); T(async(s, SIGRTMIN + 1)); T(write(p[1], b, 1)); told("the last first");
	T(ioctl(s, FIOASYNC, (int[]){0})); T(ioctl(dup2(s, s + 7), FIOASYNC, (int[]){1})); T(write(p[1], b, 1)); told("the descriptor that it was asked for by");
	close(s); close(s + 7); close(r); close(p[0]); close(p[1]);
	told("nothing");
}

static void streams(void) {
	static char b[400000];
	int s[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s) != 0) exit(1);
	from = s[0];
	T(async(s[0], SIGRTMIN + 1)); told("nothing"); T(write(s[1], b, 3)); T(write(s[1], b, 3)); told("two writes"); T(read(s[0], b, 4)); told("read");
	T(async(s[1], SIGRTMIN + 2)); T(read(s[0], b, 4)); told("read by the other"); T(write(s[0], b, 1)); told("written by the other");
	while (write(s[1], b, 1000) > 0) continue;
	told("full"); while (read(s[0], b, 5000) > 0) continue;
	told("read"); T(shutdown(s[0], SHUT_WR)); told("no writes"); T(shutdown(s[0], SHUT_RD)); told("no reads"); close(s[0]); told("closed"); close(s[1]);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s) != 0) exit(1);
	T(async(s[0], SIGRTMIN + 1)); T(shutdown(s[1], SHUT_RDWR)); told("shut down"); close(s[0]); close(s[1]);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s) != 0) exit(1);
	T(async(s[0], SIGRTMIN + 1)); close(s[1]); told("hung up"); close(s[0]);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s) != 0) exit(1);
	T(async(s[0], SIGRTMIN + 1)); T(write(s[1], b, 3)); told("a datagram"); close(s[1]); told("closed"); close(s[0]);
}

static struct sockaddr_in address(int s) {
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof a;
	if (s >= 0) getsockname(s, (void *)&a, &n);
	return a;
}
static void inet(void) {
	static char b[70000];
	int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_in a = address(-1);
	T(bind(l, (void *)&a, sizeof a)); T(listen(l, 5));
	a = address(l);
	from = l;
	T(async(l, SIGRTMIN + 1)); T(async(c, SIGRTMIN + 2)); told("nothing"); T(connect(c, (void *)&a, sizeof a)); usleep(20000); told("connected");
	int s = accept(l, 0, 0);
	told("accepted"); T(write(s, b, 3)); usleep(20000); told("written"); T(async(s, SIGRTMIN + 3)); T(write(c, b, 3)); usleep(20000); told("written back");
	T(shutdown(c, SHUT_WR)); usleep(20000); told("no writes"); T(close(s) /* with something unread */); usleep(20000); told("reset"); close(c);
	c = socket(AF_INET, SOCK_STREAM, 0); T(connect(c, (void *)&a, sizeof a)); s = accept(l, 0, 0); usleep(20000); told("another connection");
	T(async(c, SIGRTMIN + 2)); T(shutdown(c, SHUT_WR)); usleep(20000); close(s); usleep(20000); told("both ends"); close(c); close(l);
	int u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0);
	a = address(-1); T(bind(u, (void *)&a, sizeof a)); a = address(u);
	T(async(u, SIGRTMIN + 1)); T(connect(v, (void *)&a, sizeof a)); T(async(v, SIGRTMIN + 2)); T(write(v, b, 3)); usleep(20000); told("a datagram"); close(u); T(write(v, b, 3)); usleep(20000); told("refused"); close(v);
}

static void others(void) {
	int n = inotify_init1(IN_NONBLOCK), p[2];
	char b[4000];
	from = n;
	T(async(n, SIGRTMIN + 1)); Z(inotify_add_watch(n, "/proc/self/exe", IN_OPEN)); close(open("/proc/self/exe", O_RDONLY)); close(open("/proc/self/exe", O_RDONLY)); told("opened"); close(n);
	// SIGIO by way of signalfd, and to a thread, which alone takes it
	if (pipe2(p, O_NONBLOCK) != 0) exit(1);
	sigset_t all;
	sigfillset(&all);
	int fd = signalfd(-1, &all, SFD_NONBLOCK);
	struct signalfd_siginfo i;
	T(async(p[0], SIGRTMIN + 1)); T(write(p[1], b, 1)); T(read(fd, &i, sizeof i)); printf("%d %d %x %d, %d %d\n", i.ssi_signo, i.ssi_code, i.ssi_band, i.ssi_fd == p[0], i.ssi_pid, i.ssi_int); close(fd);
	struct f_owner_ex o = {F_OWNER_TID, gettid()};
	T(fcntl(p[0], F_SETOWN_EX, &o)); T(fcntl(p[0], F_SETSIG, SIGUSR2)); T(write(p[1], b, 1)); sigset_t w; sigpending(&w); printf("pending %d\n", sigismember(&w, SIGUSR2)); from = p[0]; told("a thread's");
	// a group: a child that is in it has the signal, too
	T(fcntl(p[0], F_SETOWN, -getpgrp())); fflush(stdout);
	int c = fork();
	if (c == 0) {
		siginfo_t s;
		sigdelset(&all, SIGCHLD);
		printf("child %d %d\n", sigwaitinfo(&all, &s), s.si_code);
		fflush(stdout);
		_exit(0);
	}
	T(write(p[1], b, 1)); waitpid(c, 0, 0); told("mine");
	// SIGIO ends who does not expect it
	fflush(stdout);
	c = fork();
	if (c == 0) {
		sigprocmask(SIG_UNBLOCK, &all, 0);
		async(p[0], 0);
		write(p[1], b, 1);
		_exit(0);
	}
	int status;
	waitpid(c, &status, 0);
	printf("status %x\n", status);
}

int main(void) {
	setvbuf(stdout, 0, _IOFBF, 1 << 16);
	unprivileged();
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, 0);
	owners(); kinds(); pipes(); streams(); inet(); others();
	return 0;
}
