// POSIX message queues: order, limits, waiting, being told, and descriptors.
#include "say.h"
#include <linux/netlink.h>
#include <mqueue.h>
#include <semaphore.h>
#include <sys/socket.h>

static void attr(mqd_t q) {
	struct mq_attr a;
	if (T(mq_getattr(q, &a)) == 0) printf("  %lx %ld %ld %ld\n", a.mq_flags, a.mq_maxmsg, a.mq_msgsize, a.mq_curmsgs);
}
static mqd_t open_(const char *name, int flags, long most, long size) {
	struct mq_attr a = {0, most, size, 0};
	mqd_t q = mq_open(name, flags, 0640, &a);
	say(name, q == -1 ? -1 : 0);
	return q;
}
static void take(mqd_t q) {
	char b[9000];
	unsigned p = 77;
	memset(b, 0, 20);
	long n = T(mq_receive(q, b, sizeof b, &p));
	printf("  %s at %u\n", n >= 0 ? b : "-", p);
}
static void text(mqd_t q) {
	char b[200] = "";
	long n = T(pread(q, b, 100, 0));
	char *p = strstr(b, "NOTIFY_PID");
	if (p) *p = 0;
	puts(b);
}
static void told(int s, siginfo_t *i, void *c) { printf("told %d code %d pid %d uid %d value %d\n", s, i->si_code, i->si_pid == getpid(), i->si_uid == getuid(), i->si_value.sival_int); }
static void handler(int s) { printf("handler %d\n", s); }

// apart gives root's run a user of its own: what its queues may take together is counted by user, and others of the host
// may run this, too.
static void apart(void) {
	uid_t own = 10000 + getpid() % 50000;
	if (getuid() == 0 && setresuid(own, own, own) != 0) exit(77);
}
// asleep waits until a child waits, for some seconds at most.
static void asleep(int pid) {
	char name[40], text[300];
	sprintf(name, "/proc/%d/stat", pid);
	for (int i = 0; i < 5000; i++, usleep(1000)) {
		int fd = open(name, O_RDONLY);
		long n = read(fd, text, sizeof text - 1);
		close(fd);
		text[n > 0 ? n : 0] = 0;
		char *state = strrchr(text, ')');
		if (state && state[2] == 'S') return;
	}
}

// A socket tells the C library's thread, which calls a function; the bytes that it tells by are the caller's but for the last.
static sem_t called;
static int by;
static void function(union sigval v) {
	by = v.sival_int;
	sem_post(&called);
}
static void byThread(void) {
	struct mq_attr a = {0, 4, 16, 0};
	mqd_t q = mq_open("/threads", O_CREAT | O_RDWR, 0600, &a);
	if (q == -1) exit(78);
	struct sigevent e = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = function, .sigev_value.sival_int = 7};
	sem_init(&called, 0, 0);
	for (int i = 0; i < 2; i++) {
		T(mq_notify(q, &e)); text(q); T(mq_send(q, "one", 4, 1)); sem_wait(&called); printf("function %d\n", by); text(q); take(q);
	}
	T(mq_notify(q, &e)); T(mq_notify(q, 0));
	unsigned char cookie[33] = "0123456789abcdef0123456789abcdef", b[100];
	struct { void *value; int signo, notify; char rest[128]; } raw = {cookie, -1, SIGEV_THREAD};
	int s = socket(AF_NETLINK, SOCK_RAW, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);
	T(CALL(mq_notify, q, &raw)); raw.signo = 1; T(CALL(mq_notify, q, &raw)); raw.signo = other; T(CALL(mq_notify, q, &raw)); raw.signo = s;
	raw.value = (void *)8; T(CALL(mq_notify, q, &raw)); raw.value = cookie; T(CALL(mq_notify, 1, &raw)); T(recv(s, b, 100, MSG_DONTWAIT));
	T(CALL(mq_notify, q, &raw)); T(CALL(mq_notify, q, &raw)); text(q); T(mq_send(q, "one", 4, 1)); memset(cookie, 'x', 32);
	T(recv(s, b, 100, MSG_DONTWAIT)); printf("%.31s %d\n", b, b[31]); take(q);
	T(CALL(mq_notify, q, &raw)); T(CALL(mq_notify, q, 0)); T(recv(s, b, 100, MSG_DONTWAIT)); printf("%.31s %d\n", b, b[31]);
	T(CALL(mq_notify, q, &raw)); close(dup(q)); struct pollfd p = {s, POLLIN | POLLOUT, 0}; T(poll(&p, 1, 0)); T(p.revents); T(recv(s, b, 16, MSG_DONTWAIT | MSG_TRUNC)); T(recv(s, b, 16, MSG_DONTWAIT));
	T(CALL(mq_notify, q, &raw)); close(s); T(mq_send(q, "one", 4, 1)); take(q); text(q);
	close(q); mq_unlink("/threads"); close(other);
}

static mqd_t q;
static int *order;
static void receiver(int who) {
	char b[16] = "";
	unsigned p;
	mq_receive(q, b, 16, &p);
	order[b[0] - 'x'] = who;
	_exit(0);
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	apart();
	char name[300] = "/";
	memset(name + 1, 'q', 298);
	T(mq_open("/none", O_RDWR)); T(mq_unlink("/none")); T(mq_open("/", O_CREAT | O_RDWR, 0600, 0)); T(mq_open("/a/b", O_CREAT | O_RDWR, 0600, 0)); T(mq_open("/..", O_CREAT | O_RDWR, 0600, 0));
	T(mq_open(name, O_CREAT | O_RDWR, 0600, 0)); T(mq_unlink(name)); T(CALL(mq_open, 8, O_RDWR, 0, 0)); T(CALL(mq_open, "x", O_CREAT, 0, 8)); T(mq_unlink("/"));
	open_("/big", O_CREAT | O_RDWR, 11, 10); open_("/big", O_CREAT | O_RDWR, 10, 8193); open_("/big", O_CREAT | O_RDWR, 0, 10); open_("/big", O_CREAT | O_RDWR, 10, 0); open_("/big", O_CREAT | O_RDWR, -1, 10);
	// what counts of RLIMIT_MSGQUEUE: 819200 bytes
	for (int i = 0; i < 11; i++) { sprintf(name, "/trapline%d", i); open_(name, O_CREAT | O_RDWR | O_EXCL, 10, 8192); }
	struct rlimit l = {10 * (10 * 8192 + 960), 819200 * 2};
	T(getrlimit(RLIMIT_MSGQUEUE, &l)); printf("%ld %ld\n", (long)l.rlim_cur, (long)l.rlim_max);
	for (int i = 0; i < 11; i++) { sprintf(name, "/trapline%d", i); T(mq_unlink(name)); }
	for (int i = 3; i < 30; i++) close(i);
	byThread();
	l.rlim_cur = 2 * (4 * 16 + 4 * 96) - 1; T(setrlimit(RLIMIT_MSGQUEUE, &l));
	q = open_("/trapline", O_CREAT | O_RDWR | O_NONBLOCK, 4, 16); open_("/trapline-2", O_CREAT | O_RDWR, 4, 16);
	T(mq_open("/trapline", O_CREAT | O_EXCL | O_RDWR, 0600, 0)); T(mq_open("/trapline", O_WRONLY | O_RDWR)); Z(mq_open("/trapline", O_CREAT | O_RDONLY, 0, 0));
	struct stat st;
	fstat(q, &st); printf("mode %o size %ld links %d\n", st.st_mode, (long)st.st_size, (int)st.st_nlink);
	T(fcntl(q, F_GETFD)); T(fcntl(q, F_GETFL) & (O_ACCMODE | O_NONBLOCK)); attr(q); text(q);
	T(mq_send(q, "one", 4, 3)); T(mq_send(q, "two", 4, 5)); T(mq_send(q, "three", 6, 3)); text(q); T(mq_send(q, "four", 17, 3)); T(mq_send(q, "four", 5, 32768)); T(mq_send(q, "four", 5, 32767)); T(mq_send(q, "five", 5, 1));
	T(mq_send(q, (void *)8, 5, 1)); T(mq_send(99, "a", 1, 1)); T(mq_send(1, "a", 1, 1)); T(write(q, "x", 1)); T(lseek(q, 5, SEEK_SET));
	attr(q);
	char small[15];
	T(mq_receive(q, small, 15, 0));
	struct pollfd p = {q, POLLIN | POLLOUT, 0};
	T(poll(&p, 1, 0)); T(p.revents);
	take(q); T(poll(&p, 1, 0)); T(p.revents); take(q); take(q); take(q); take(q); T(poll(&p, 1, 0)); T(p.revents);
	struct mq_attr a = {0}, old;
	a.mq_flags = O_NONBLOCK | 1; T(mq_setattr(q, &a, 0)); a.mq_flags = 0; T(mq_setattr(q, &a, &old)); T(old.mq_flags); attr(q);
	// times
	struct timespec at = {1, 0}, bad = {1, 1000000000};
	T(mq_timedreceive(q, name, 300, 0, &at)); T(mq_timedreceive(q, name, 300, 0, &bad)); T(CALL(mq_timedreceive, q, name, 300, 0, 8)); T(mq_timedsend(q, "now", 4, 0, &bad)); T(mq_timedsend(q, "now", 4, 0, &at)); take(q);
	clock_gettime(CLOCK_REALTIME, &at); at.tv_nsec += 2000000; at.tv_sec += at.tv_nsec / 1000000000; at.tv_nsec %= 1000000000;
	T(mq_timedreceive(q, name, 300, 0, &at));
	for (int i = 0; i < 4; i++) mq_send(q, "full", 5, i);
	T(mq_timedsend(q, "now", 4, 0, &at));
	// a sender waits for room, and has it before who comes later
	pid_t pid = fork();
	if (pid == 0) _exit(mq_send(q, "child", 6, 9));
	asleep(pid);
	take(q); attr(q); T(mq_timedsend(q, "late", 5, 9, &at)); take(q);
	int s;
	waitpid(pid, &s, 0); T(s);
	for (int i = 0; i < 3; i++) take(q);
	// receivers in the order of their coming
	order = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 1; i <= 2; i++) { if ((pid = fork()) == 0) receiver(i); asleep(pid); }
	mq_send(q, "x", 2, 0); mq_send(q, "y", 2, 0);
	wait(0); wait(0);
	T(mq_timedreceive(q, name, 300, 0, &at));
	printf("first %d second %d\n", order[0], order[1]);
	// being told
	struct sigaction sa = {.sa_sigaction = told, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &sa, 0);
	struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
	T(mq_notify(q, &e)); T(mq_notify(q, &e)); text(q);
	T(mq_send(q, "one", 4, 1)); T(mq_send(q, "two", 4, 1)); text(q); T(mq_notify(q, &e)); take(q); take(q); T(mq_send(q, "one", 4, 1)); take(q);
	T(mq_send(q, "one", 4, 1)); T(mq_notify(q, &e)); T(mq_send(q, "not the first", 14, 1)); text(q); take(q); take(q); text(q); // nobody is told
	T(mq_notify(q, 0)); T(mq_notify(q, &e)); T(mq_notify(q, 0)); T(mq_notify(q, 0)); T(mq_send(q, "one", 4, 1)); take(q);
	e.sigev_signo = 65; T(mq_notify(q, &e)); e.sigev_signo = 0; T(mq_notify(q, &e)); text(q); T(mq_send(q, "one", 4, 1)); take(q); e.sigev_notify = 9; T(mq_notify(q, &e)); e.sigev_notify = SIGEV_NONE; T(mq_notify(q, &e)); text(q); T(CALL(mq_notify, q, 8)); T(CALL(mq_notify, 1, &e)); T(CALL(mq_notify, 99, &e));
	if (fork() == 0) { T(mq_notify(q, 0)); T(mq_notify(q, &e)); _exit(0); }
	wait(0);
	int d = dup(q);
	close(d); // ends the registration
	e.sigev_notify = SIGEV_SIGNAL; e.sigev_signo = SIGUSR1; T(mq_notify(q, &e));
	pid = fork();
	if (pid == 0) { char b[16]; mq_receive(q, b, 16, 0); _exit(b[0]); }
	asleep(pid);
	T(mq_send(q, "to the child", 13, 0)); // who waits gets it, and nobody is told
	waitpid(pid, &s, 0); T(s); text(q);
	pid = fork();
	if (pid == 0) { mq_send(q, "told", 5, 0); _exit(0); }
	waitpid(pid, &s, 0);
	take(q);
	// an interrupted wait
	sa.sa_handler = handler; sa.sa_flags = 0;
	sigaction(SIGALRM, &sa, 0);
	alarm(1); T(mq_receive(q, name, 300, 0));
	// without a name
	T(mq_unlink("/trapline")); T(mq_open("/trapline", O_RDWR)); T(mq_send(q, "still", 6, 0)); take(q); fstat(q, &st); T(st.st_nlink);
	int ro = open_("/trapline", O_CREAT | O_RDONLY, 1, 1); T(mq_send(ro, "", 0, 0)); T(mq_unlink("/trapline"));
	return 0;
}
