/* read(2), write(2) and their likes: long transfers, buffers that end where memory does, vectors. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MB (1 << 20)

static void say(const char *what, long r)
{
	if (r < 0)
		printf("%s: %s\n", what, strerrorname_np(errno));
	else
		printf("%s: %ld\n", what, r);
	fflush(stdout);
}

static unsigned sum(const char *p, long n)
{
	unsigned s = 0;
	for (long i = 0; i < n; i += 509)
		s = s * 31 + (unsigned char)p[i];
	return s;
}

/* the end of two pages, behind which memory cannot be accessed */
static char *edge(void)
{
	char *p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(p + 2 * 4096, 4096, PROT_NONE);
	return p + 2 * 4096;
}

static void files(void)
{
	int fd = open("big", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *a = malloc(5 * MB), *b = malloc(5 * MB);
	for (long i = 0; i < 5 * MB; i++)
		a[i] = i * 7 + i / 4096;
	say("write 5 MB", write(fd, a, 5 * MB));
	say("pread 5 MB", pread(fd, b, 5 * MB, 0));
	printf("same %d\n", !memcmp(a, b, 5 * MB));
	say("pread over the end", pread(fd, b, 5 * MB, 3 * MB + 5));
	say("read at the end", read(fd, (void *)1, 10));
	lseek(fd, 0, SEEK_SET);
	say("read nowhere", read(fd, (void *)1, 10));
	say("read kernel memory", read(fd, (void *)-4096L, 10));

	char *e = edge();
	say("read to the edge", read(fd, e - 100, 4096));
	printf("sum %u at %ld\n", sum(e - 100, 100), (long)lseek(fd, 0, SEEK_CUR));
	say("read behind the edge", read(fd, e, 4096));
	int small = open("small", O_RDWR | O_CREAT | O_TRUNC, 0600);
	say("write from the edge", write(small, e - 100, 4096));
	say("write from behind", write(small, e, 4096));
	lseek(small, 0, SEEK_SET);
	say("read a short file", read(small, e - 1000, 65536));

	struct iovec v[] = {{b, 3}, {NULL, 0}, {b + 100, 2 * MB}, {e - 10, 20}, {b, 5}};
	lseek(fd, 0, SEEK_SET);
	say("readv to the edge", readv(fd, v, 5));
	printf("sum %u %u %u at %ld\n", sum(b, 3), sum(b + 100, 2 * MB), sum(e - 10, 10), (long)lseek(fd, 0, SEEK_CUR));
	say("preadv", preadv(fd, v, 3, 77));
	say("preadv behind", preadv(fd, v, 3, 9 * MB));
	say("preadv before", preadv(fd, v, 3, -5));
	say("pwritev", pwritev(small, v, 3, 11));
	say("preadv2 at the place", preadv2(small, v, 1, -1, 0));
	say("preadv2 high", preadv2(fd, v, 1, 5, RWF_HIPRI));
	say("preadv2 unknown", preadv2(fd, v, 1, 5, 0x4000000));
	say("pwritev2 append", pwritev2(small, v, 1, 0, RWF_APPEND));
	printf("size %ld at %ld\n", (long)lseek(small, 0, SEEK_END), (long)lseek(small, 0, SEEK_CUR));
	say("pwritev2 append at the place", pwritev2(small, v, 1, -1, RWF_APPEND));
	printf("at %ld\n", (long)lseek(small, 0, SEEK_CUR));
	say("readv of nothing", readv(fd, NULL, 0));
	say("readv of -1", readv(fd, v, -1));
	say("readv of 1025", readv(fd, v, 1025));
	say("readv of bad vectors", readv(fd, (void *)8, 2));
	struct iovec bad = {b, -1};
	say("readv of a negative length", readv(fd, &bad, 1));
	int only = open("small", O_WRONLY);
	say("read what is written", read(only, (void *)-4096L, 10));
	say("readv what is written", readv(only, v, 1));
	say("read a directory", read(open(".", O_RDONLY), b, 10));

	lseek(fd, 0, SEEK_SET);
	int copy = open("copy", O_RDWR | O_CREAT | O_TRUNC, 0600);
	say("sendfile 5 MB", sendfile(copy, fd, NULL, 6 * MB));
	loff_t from = 0, to = 10;
	say("copy_file_range", copy_file_range(fd, &from, copy, &to, 6 * MB, 0));
	printf("%ld %ld\n", (long)from, (long)to);

	struct rlimit l = {2 * MB, RLIM_INFINITY};
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &l);
	int lim = open("limited", O_RDWR | O_CREAT | O_TRUNC, 0600);
	say("write up to the limit", write(lim, a, 3 * MB));
	say("write at the limit", write(lim, a, 3 * MB));
	l.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &l);
}

static void pipes(void)
{
	int p[2];
	char *a = malloc(3 * MB), *e = edge();
	for (long i = 0; i < 3 * MB; i++)
		a[i] = i * 3 + i / 4096;
	pipe(p);
	say("write nothing", write(p[1], a, 0));
	say("write from nowhere", write(p[1], (void *)1, 10));
	say("write from the edge", write(p[1], e - 5000, 9000));
	say("read to nowhere", read(p[0], (void *)1, 5));
	char b[100000];
	say("read it", read(p[0], b, sizeof b));
	if (!fork()) {
		long got = 0, r;
		unsigned s = 0;
		close(p[1]);
		while ((r = read(p[0], b, 10000)) > 0) {
			got += r;
			for (long i = 0; i < r; i++)
				s = s * 31 + (unsigned char)b[i];
		}
		printf("child got %ld %u\n", got, s);
		fflush(stdout);
		_exit(0);
	}
	struct iovec v[] = {{a, 10}, {a + 10, 3 * MB - 20}, {a + 3 * MB - 10, 10}};
	say("write 3 MB", write(p[1], a, 3 * MB));
	say("writev 3 MB", writev(p[1], v, 3));
	say("pwrite to a pipe", pwrite(p[1], a, 3, 0));
	say("preadv of a pipe", preadv(p[0], v, 1, 0));
	say("preadv2 of a pipe", preadv2(p[1], v, 1, -1, 0));
	close(p[1]);
	close(p[0]);
	wait(NULL);
	pipe(p);
	close(p[0]);
	signal(SIGPIPE, SIG_IGN);
	say("write nothing to nobody", write(p[1], a, 0));
	say("write to nobody", write(p[1], a, 2));
}

static void devices(void)
{
	char *b = malloc(4 * MB), *e = edge();
	int zero = open("/dev/zero", O_RDWR), null = open("/dev/null", O_RDWR);
	memset(b, 1, 4 * MB);
	say("read 4 MB of /dev/zero", read(zero, b, 4 * MB));
	printf("%d %d\n", b[0], b[4 * MB - 1]);
	say("read /dev/zero to the edge", read(zero, e - 10, 100));
	say("write to /dev/null from nowhere", write(null, (void *)1, 123456789));
	if (sizeof(long) == 8) /* in 32 bits it depends on the kernel's width */
		say("write to /dev/null from the kernel", write(null, (void *)-4096L, 10));
	say("write to /dev/zero from nowhere", write(zero, (void *)1, 100));
	say("getrandom 3 MB", getrandom(b, 3 * MB, 0));
	say("getrandom to the edge", getrandom(e - 10, 100, 0));
	say("getrandom to nowhere", getrandom((void *)1, 100, 0));
	int ev = eventfd(3, 0);
	say("pread of an eventfd", pread(ev, b, 8, 0));
	say("read 4 bytes of an eventfd", read(ev, b, 4));
	struct iovec v[] = {{b, 4}, {b + 4, 4}};
	say("readv of an eventfd", readv(ev, v, 2));
	say("write to an eventfd", write(ev, "\1\0\0\0\0\0\0\0", 8));
	say("read to nowhere", read(ev, (void *)1, 8));
	int mem = open("/proc/self/mem", O_RDWR);
	static char here[] = "a text to be read";
	say("pread of /proc/self/mem", pread(mem, b, 17, (uintptr_t)here));
	printf("%.17s\n", b);
	say("pread at a negative place", pread(mem, b, 17, -4096));
	int text = open("/proc/self/comm", O_RDONLY);
	say("read a name", read(text, e - 100, 4096));
	printf("%.5s\n", e - 100);
}

int main(void)
{
	files();
	pipes();
	devices();
	return 0;
}
