// Flags and advice that a kernel acts on or refuses: what must not be answered 0 for nothing.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifdef SYS__newselect
#define SELECT SYS__newselect // i386's
#else
#define SELECT SYS_select
#endif
#define TELL(call) do { errno = 0; long r_ = (long)(call); printf("%-60s %ld %s\n", #call, r_, r_ == -1 ? strerrorname_np(errno) : ""); } while (0)
#define WORKS(call) do { errno = 0; long r_ = (long)(call); printf("%-60s %s\n", #call, r_ == -1 ? strerrorname_np(errno) : "works"); } while (0)

static long page;

static void memory(void) {
	char *p = mmap(0, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(p + 2 * page, page);
	TELL(mlock(p, page));
	TELL(mlock(p + 2 * page, page));
	TELL(munlock(p + page + 5, 2 * page));
	TELL(msync(p, page, MS_SYNC));
	TELL(msync(p, page, MS_SYNC | MS_ASYNC));
	TELL(msync(p, page, 64));
	TELL(msync(p + 1, page, MS_SYNC));
	TELL(msync(p, 4 * page, MS_SYNC));
	TELL(madvise(p, page, 9999));
	TELL(madvise(p, page, MADV_WILLNEED));
	TELL(madvise(p, 3 * page, MADV_WILLNEED));
	TELL(madvise(p, page, MADV_HWPOISON + 5));
	TELL(mprotect(p, page, 0x40));
	TELL(mprotect(p, page, PROT_READ | PROT_GROWSDOWN));
	TELL(mprotect(p, page, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP));
	WORKS(mmap(0, page, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));
	char *low = mmap(0, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | 0x40, -1, 0);
	printf("low %d\n", sizeof low == 4 || (unsigned long)low < 1ul << 31);
	char *grows = mmap((void *)0x30000000, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	grows[-3 * page] = 'g';
	printf("grown %c\n", grows[-3 * page]);
}

static void forks(void) {
	char *p = mmap(0, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(p, 'x', 3 * page);
	TELL(madvise(p, page, MADV_DONTFORK));
	TELL(madvise(p + page, page, MADV_WIPEONFORK));
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		printf("child: %d %c, 1st %d\n", p[page], p[2 * page], msync(p, page, MS_ASYNC) == 0);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, 0, 0);
	TELL(madvise(p, page, MADV_DOFORK));
	TELL(madvise(p + page, page, MADV_KEEPONFORK));
	fflush(stdout);
	if ((pid = fork()) == 0) {
		printf("child: %c%c%c\n", p[0], p[page], p[2 * page]);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, 0, 0);
	char *shared = mmap(0, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	TELL(madvise(shared, page, MADV_WIPEONFORK));
	TELL(madvise(shared, page, MADV_FREE));
}

static void files(void) {
	int fd[2];
	TELL(pipe2(fd, 0x1000000));
	TELL(pipe(fd));
	TELL(posix_fadvise(fd[0], 0, 0, POSIX_FADV_NORMAL));
	TELL(syscall(SYS_fsync, fd[0]));
	TELL(syncfs(fd[0]));
	TELL(syncfs(77));
	TELL(dup3(fd[0], 20, O_APPEND));
	TELL(syscall(SYS_close_range, 30, 20, 0));
	TELL(syscall(SYS_close_range, 30, 40, 64));
	TELL(syscall(SYS_close_range, 30, 40, 2));
	int file = open("/proc/self/exe", O_RDONLY | O_NOFOLLOW);
	TELL(file);
	file = open("/proc/self/exe", O_RDONLY | O_SYNC | O_CLOEXEC);
	printf("flags %x\n", fcntl(file, F_GETFL) & O_SYNC);
	TELL(posix_fadvise(file, 0, 0, 99));
	TELL(posix_fadvise(file, 0, 10, POSIX_FADV_DONTNEED));
	TELL(posix_fadvise(78, 0, 10, POSIX_FADV_DONTNEED));
	int dir = open("/", O_PATH);
	char c;
	struct stat st;
	printf("path %d\n", !!(fcntl(dir, F_GETFL) & O_PATH));
	TELL(read(dir, &c, 1));
	TELL(fstat(dir, &st));
	TELL(fcntl(dir, F_SETFL, O_NONBLOCK));
	TELL(lseek(dir, 0, SEEK_SET));
	TELL(syscall(SYS_getdents64, dir, &c, 1));
	TELL(getxattr("/not/there", "user.x", 0, 0));
	TELL(listxattr("/not/there", 0, 0));
	TELL(flistxattr(79, 0, 0));
	TELL(syscall(SYS_faccessat2, AT_FDCWD, "/", R_OK, 0x4000));
	TELL(syscall(SYS_faccessat2, AT_FDCWD, "/", 8, 0));
	TELL(syscall(SYS_faccessat2, dir, "", F_OK, AT_EMPTY_PATH));
	TELL(access("/dev/null", X_OK));
	TELL(unlinkat(AT_FDCWD, "/not/there", 0x8000));
	TELL(linkat(AT_FDCWD, "/not/there", AT_FDCWD, "/neither", 0x8000));
	TELL(syscall(SYS_utimensat, AT_FDCWD, "/not/there", 0, 0x8000));
	TELL(fchownat(AT_FDCWD, "/not/there", 0, 0, 0x8000));
	TELL(syscall(SYS_statx, AT_FDCWD, "/", 0x80000, 0, &st));
	TELL(syscall(SYS_statx, AT_FDCWD, "/", 0, 0x80000000u, &st));
}

static void alarmed(int n) {}

static void waits(void) {
	int fd[2];
	if (pipe(fd) || write(fd[1], "x", 1) != 1)
		return;
	fd_set set;
	FD_ZERO(&set);
	FD_SET(fd[0], &set);
	struct timeval tv = {5, 0};
	TELL(select(fd[0] + 1, &set, 0, 0, &tv));
	printf("left %d\n", tv.tv_sec == 4 || tv.tv_sec == 5);
	struct timeval short_ = {0, 1000};
	FD_ZERO(&set);
	TELL(select(0, 0, 0, 0, &short_));
	printf("left %ld.%ld\n", (long)short_.tv_sec, (long)short_.tv_usec);
	struct timeval negative = {-1, 0};
	TELL(syscall(SELECT, 0, 0, 0, 0, &negative));
	struct timeval long_ = {sizeof(long) == 8 ? 1l << 55 : 1l << 30, 0};
	struct itimerval soon = {{0, 0}, {0, 20000}};
	signal(SIGALRM, alarmed);
	setitimer(ITIMER_REAL, &soon, 0);
	TELL(syscall(SELECT, 0, 0, 0, 0, &long_));
	int pair[2];
	char c;
	TELL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	TELL(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &negative, sizeof negative));
	TELL(recv(pair[0], &c, 1, 0));
	close(pair[0]);
	close(pair[1]);
}

static int nothing(void *arg) { return *(int *)arg; }

static void processes(void) {
	static char stack[65536];
	int code = 3, status;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) { // its child is ours
		pid_t n = clone(nothing, stack + sizeof stack, CLONE_PARENT | SIGCHLD, &code);
		TELL(n < 0);
		TELL(wait(0));
		fflush(stdout);
		_exit(0);
	}
	for (int i = 0, sum = 0; i < 2; i++) {
		waitpid(-1, &status, 0);
		sum += WEXITSTATUS(status);
		if (i == 1)
			printf("both: %d\n", sum);
	}
	TELL(clone(nothing, stack + sizeof stack, CLONE_THREAD | CLONE_SIGHAND, &code));
	if ((pid = fork()) == 0) {
		for (volatile int i = 0; i < 30000000; i++)
			;
		_exit(0);
	}
	struct rusage use;
	memset(&use, 0xff, sizeof use);
	wait4(pid, &status, 0, &use);
	printf("used %d\n", use.ru_utime.tv_sec * 1000000 + use.ru_utime.tv_usec > 1000);
	setsid();
	TELL(setpgid(1, 0));
	TELL(setpgid(0, 99999));
	TELL(setpgid(0, 0));
	TELL(getgroups(-1, 0));
	TELL(syscall(SYS_getrandom, &use, 1, 6));
	TELL(syscall(SYS_membarrier, 0x4000, 0));
	TELL(syscall(SYS_membarrier, 0, 1));
	TELL(syscall(SYS_membarrier, 8, 0));
	TELL(syscall(SYS_membarrier, 16, 0));
	TELL(syscall(SYS_membarrier, 8, 0));
}

int main(void) {
	page = sysconf(_SC_PAGESIZE);
	memory();
	forks();
	files();
	waits();
	processes();
	return 0;
}
