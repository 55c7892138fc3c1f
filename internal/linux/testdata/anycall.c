/* Random system calls with random arguments, in children: SEED CALLS. Only for the machine. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t state;

static uint32_t rnd(uint32_t n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(state >> 33) % n;
}

static char *data; /* four pages, then one that cannot be accessed */

static unsigned long any(void)
{
	static const long values[] = {0, 1, 2, 3, 4, 5, 7, 8, 12, 16, 24, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 511, 512, 1023, 1024, 1025, 4095, 4096, 4097,
		65535, 65536, 1 << 20, 1 << 30, 0x7fffffff, -1, -2, -100, -4096, -4097, 1l << (8 * sizeof(long) - 1), (long)(~0ul >> 1)};
	switch (rnd(12)) {
	case 0: case 1: return 0;
	case 2: case 10: case 11: return values[rnd(sizeof values / sizeof *values)];
	case 3: return rnd(16);
	case 4: return rnd(4) ? rnd(16) : 0x5400 + rnd(0x60); /* an ioctl of a terminal */
	case 5: return 1ul << rnd(8 * sizeof(long));
	case 6: return (unsigned long)data + 4 * 4096 - rnd(64);
	default: return (unsigned long)data + rnd(4 * 4096 - 256) / 8 * 8;
	}
}

/* what structures are likely to hold: small numbers, pointers, and rarely anything */
static void fill(void)
{
	for (int i = 0; i < 4 * 4096 / (int)sizeof(long); i++)
		((unsigned long *)data)[i] = any();
	static const char *paths[] = {"/tmp/a", "/tmp", "/proc/self/maps", "/dev/null", "/proc/self/fd/0", "b", "/", "/tmp/a/", "/proc/self/mem",
		"/proc/self/task", "/proc/self/comm", "/proc", "/sys/devices/system/cpu", "/dev/ptmx", "/dev/pts/0", "/dev/tty", "/dev/full", "/proc/self/cwd/b", ".."};
	for (int i = 0; i < 24; i++)
		strcpy(data + rnd(4 * 4096 - 64) / 8 * 8, paths[rnd(sizeof paths / sizeof *paths)]);
}

/* descriptors of many kinds from 3 on */
static void opened(void)
{
	int two[2], unlocked = 0;
	int terminal = open("/dev/ptmx", O_RDWR | O_NONBLOCK);
	ioctl(terminal, TIOCSPTLCK, &unlocked);
	open("/dev/pts/0", O_RDWR | O_NOCTTY | O_NONBLOCK);
	pipe2(two, O_NONBLOCK);
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, two);
	socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	eventfd(1, EFD_NONBLOCK);
	epoll_create1(0);
	timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	inotify_init1(IN_NONBLOCK);
	open("/tmp", O_RDONLY | O_DIRECTORY);
	open("/proc/self", O_RDONLY | O_DIRECTORY);
	open("/tmp/a", O_RDWR | O_CREAT, 0600);
}

static int harmless(long n)
{
	return n == SYS_exit || n == SYS_exit_group || n == SYS_rt_sigreturn || n == SYS_pause || n == SYS_execve;
}

int main(int argc, char **argv)
{
	int calls = atoi(argv[2]);
	state = atoi(argv[1]) * 7919ull + 1;
	data = mmap(0, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(data + 4 * 4096, 4096, PROT_NONE);
	opened();
	while (calls > 0) {
		int some = 1 + rnd(40);
		calls -= some;
		pid_t child = fork();
		if (child) {
			rnd(1000);
			waitpid(child, 0, 0);
			continue;
		}
		alarm(1);
		long most = rnd(470);
		for (fill(); some-- > 0;) {
			long n = rnd(4) ? most : rnd(470);
			unsigned long a = any(), b = any(), c = any(), d = any(), e = any(), f = any();
			if (!harmless(n))
				syscall(n, a, b, c, d, e, f);
			if (!rnd(8))
				fill();
		}
		_exit(0);
	}
	return 0;
}
