// Programs whose every call is printed with its result and error.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long say(const char *what, long r) {
	int e = errno;
	if (r == -1) printf("%s = -1 (%d)\n", what, e);
	else printf("%s = %ld\n", what, r);
	errno = 0;
	return r;
}
// T prints a call with its result, Z whether it succeeded: descriptors and addresses differ.
#define T(x) say(#x, (long)(x))
#define Z(x) (__extension__({ long r_ = (long)(x); say(#x, r_ == -1 ? -1 : 0); r_; }))
#define CALL(...) syscall(SYS_##__VA_ARGS__)

// unprivileged makes root's run one of the user that the machine has.
static void unprivileged(void) {
	if (getuid() == 0 && (setresuid(1000, 1000, 1000) != 0 || prctl(PR_SET_DUMPABLE, 1) != 0)) exit(77);
}
