// signalfd(2): which signals it gives, in what order, and who is woken.
#include "say.h"
#include <sys/signalfd.h>

static void show(int fd, int n) {
	struct signalfd_siginfo i[8];
	memset(i, 0xee, sizeof i);
	long r = say("read", read(fd, i, n * sizeof *i));
	for (int j = 0; j < r / (long)sizeof *i; j++)
		printf("  signal %u code %d pid %d uid %u int %d ptr %llx status %d overrun %u tid %u errno %d addr %llx\n", i[j].ssi_signo, i[j].ssi_code,
			i[j].ssi_pid == getpid(), i[j].ssi_uid, i[j].ssi_int, (unsigned long long)i[j].ssi_ptr, i[j].ssi_status, i[j].ssi_overrun, i[j].ssi_tid, i[j].ssi_errno, (unsigned long long)i[j].ssi_addr);
}

static int fd;
static void handler(int s) { printf("handler %d\n", s); }
static void *other(void *a) { show(fd, 1); return 0; }

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	unprivileged();
	sigset_t set, none, all;
	sigemptyset(&none); sigfillset(&all); sigemptyset(&set);
	int l[] = {SIGUSR1, SIGUSR2, SIGCHLD, SIGRTMIN, SIGRTMIN + 3, SIGALRM, SIGSEGV, SIGKILL};
	for (unsigned i = 0; i < sizeof l / sizeof *l; i++) sigaddset(&set, l[i]);
	T(CALL(signalfd4, -1, &set, 4, 0)); T(CALL(signalfd4, -1, &set, 8, 1)); T(CALL(signalfd4, -1, 8, 8, 0)); T(CALL(signalfd4, 99, &set, 8, 0)); T(CALL(signalfd4, 1, &set, 8, 0));
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	T(fcntl(fd, F_GETFD)); T(fcntl(fd, F_GETFL) & O_NONBLOCK);
	sigprocmask(SIG_SETMASK, &set, 0);
	show(fd, 1);
	T(read(fd, &set, 8)); T(write(fd, &set, 128)); T(lseek(fd, 0, SEEK_SET));
	kill(getpid(), SIGUSR2); kill(getpid(), SIGUSR1); kill(getpid(), SIGUSR1); raise(SIGRTMIN + 3);
	union sigval v = {.sival_ptr = (void *)0x12345678};
	sigqueue(getpid(), SIGRTMIN, v); v.sival_int = -2; sigqueue(getpid(), SIGRTMIN, v); kill(getpid(), SIGSEGV);
	struct pollfd p = {fd, POLLIN | POLLOUT, 0};
	T(poll(&p, 1, 0)); T(p.revents);
	show(fd, 3); show(fd, 8); show(fd, 1);
	T(poll(&p, 1, 0));
	if (fork() == 0) _exit(5);
	T(poll(&p, 1, -1));
	show(fd, 2);
	wait(0);
	alarm(1);
	T(fcntl(fd, F_SETFL, 0));
	show(fd, 1);
	// a child sees its own signals through its parent's descriptor
	kill(getpid(), SIGUSR1);
	if (fork() == 0) {
		T(fcntl(fd, F_SETFL, O_NONBLOCK));
		show(fd, 1); raise(SIGUSR2); show(fd, 1);
		_exit(0);
	}
	wait(0);
	show(fd, 2);
	// signals to another thread are not there for this one
	pthread_t t;
	T(fcntl(fd, F_SETFL, 0));
	pthread_create(&t, 0, other, 0);
	usleep(1000);
	pthread_kill(t, SIGUSR2);
	pthread_join(t, 0);
	// another mask, and signals that are not blocked
	sigemptyset(&set); sigaddset(&set, SIGUSR2);
	T(signalfd(fd, &set, 0) == fd);
	T(fcntl(fd, F_SETFL, O_NONBLOCK));
	kill(getpid(), SIGUSR1); show(fd, 1); kill(getpid(), SIGUSR2); show(fd, 1);
	signal(SIGUSR1, handler); signal(SIGUSR2, handler);
	sigprocmask(SIG_SETMASK, &none, 0);
	kill(getpid(), SIGUSR2); show(fd, 1);
	// a wait is ended by a signal that it does not give
	T(fcntl(fd, F_SETFL, 0));
	struct sigaction a = {.sa_handler = handler};
	sigaction(SIGALRM, &a, 0);
	alarm(1); show(fd, 1);
	// epoll: level, then edges
	sigprocmask(SIG_SETMASK, &all, 0);
	int e = epoll_create1(0);
	struct epoll_event ev = {.events = EPOLLIN};
	T(epoll_ctl(e, EPOLL_CTL_ADD, fd, &ev));
	T(epoll_wait(e, &ev, 1, 0)); raise(SIGUSR2); T(epoll_wait(e, &ev, 1, 0)); T(epoll_wait(e, &ev, 1, 0)); show(fd, 1); T(epoll_wait(e, &ev, 1, 0));
	ev.events = EPOLLIN | EPOLLET;
	T(epoll_ctl(e, EPOLL_CTL_MOD, fd, &ev));
	raise(SIGUSR2); T(epoll_wait(e, &ev, 1, 0)); T(epoll_wait(e, &ev, 1, 0)); show(fd, 1); T(epoll_wait(e, &ev, 1, 0)); raise(SIGUSR2); T(epoll_wait(e, &ev, 1, 0));
	// another mask is an edge
	sigemptyset(&set); sigaddset(&set, SIGUSR2); show(fd, 1); raise(SIGUSR1); T(epoll_wait(e, &ev, 1, 0)); T(epoll_wait(e, &ev, 1, 0));
	sigaddset(&set, SIGUSR1); T(signalfd(fd, &set, 0) == fd); T(epoll_wait(e, &ev, 1, 0)); T(epoll_wait(e, &ev, 1, 0));
	return 0;
}
