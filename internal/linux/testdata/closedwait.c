// Descriptors that are closed, or named anew, while another thread's call waits for what they named.
#include "say.h"
#include <sys/file.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <mqueue.h>

static int fd, other;
static char got[32];
static long r;
static int failed;

// D does a call of which the other thread tells.
#define D(x) (r = (x), failed = r == -1 ? errno : 0)

static void *reads(void *unused) { D(read(fd, got, sizeof got)); return 0; }
static void *receives(void *unused) { D(recv(fd, got, sizeof got, 0)); return 0; }
static void *writes(void *unused) { static char much[1 << 20]; D(write(fd, much, sizeof much)); return 0; }
static void *accepts(void *unused) { D(accept(fd, 0, 0) > 0); return 0; }
static void *polls(void *unused) { struct epoll_event e; D(epoll_wait(fd, &e, 1, -1) * 100 + e.data.u32); return 0; }
static void *locks(void *unused) { D(flock(fd, LOCK_EX)); return 0; }

// during has f wait, closes its descriptor, perhaps with another file in its place, and does what ends the wait.
static void during(const char *what, void *(*f)(void *), int again, void (*end)(void)) {
	pthread_t t;
	memset(got, 0, sizeof got);
	printf("%s%s\n", what, again ? ", named anew" : "");
	pthread_create(&t, 0, f, 0);
	usleep(30000);
	T(again ? dup2(open("/dev/null", O_RDWR), fd) == fd : close(fd));
	usleep(30000);
	end();
	pthread_join(t, 0);
	printf("it ends with %ld, %d: %s\n", r, failed, got);
	Z(fcntl(fd, F_GETFD));
	close(fd);
}

static void sends(void) { T(write(other, "hello", 5)); usleep(20000); close(other); }
static void drains(void) { static char b[1 << 21]; int n = 0; while (n < 1 << 20) n += read(other, b, sizeof b); T(n); close(other); }
static void unlocks(void) { T(flock(other, LOCK_UN)); usleep(20000); T(flock(other, LOCK_EX | LOCK_NB)); close(other); }

static struct sockaddr_in at;
static void joins(void) { int c = socket(AF_INET, SOCK_STREAM, 0); T(connect(c, (void *)&at, sizeof at)); usleep(20000); close(c); }

int main(void) {
	int p[2];
	signal(SIGPIPE, SIG_IGN);
	setbuf(stdout, 0);
	for (int again = 0; again < 2; again++) {
		pipe(p), fd = p[0], other = p[1];
		during("pipe", reads, again, sends);
		socketpair(AF_UNIX, SOCK_STREAM, 0, p), fd = p[0], other = p[1];
		during("socket", receives, again, sends);
		pipe(p), fd = p[1], other = p[0];
		during("full pipe", writes, again, drains);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
		bind(fd, (void *)&at, sizeof at), listen(fd, 5);
		socklen_t n = sizeof at;
		getsockname(fd, (void *)&at, &n);
		during("listener", accepts, again, joins);
		T(connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&at, sizeof at));
		pipe(p), other = p[1];
		fd = epoll_create1(0);
		struct epoll_event e = {EPOLLIN, {.u32 = 7}};
		epoll_ctl(fd, EPOLL_CTL_ADD, p[0], &e);
		during("epoll", polls, again, sends);
		char name[32];
		other = memfd_create("file", 0);
		sprintf(name, "/proc/self/fd/%d", other);
		fd = open(name, O_RDWR);
		flock(other, LOCK_EX);
		during("lock", locks, again, unlocks);
	}
}
