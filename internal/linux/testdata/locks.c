/* Locks of two processes and of two open descriptions: who gets what, who waits, who is told of whom. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static int set(int fd, int cmd, int type, long start, long len)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
	return fcntl(fd, cmd, &l) ? -errno : 0;
}

static void get(const char *who, int fd, int type, long start, long len, pid_t parent)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
	int r = fcntl(fd, F_GETLK, &l) ? -errno : 0;
	printf("%s get %d: type %d %ld+%ld %s\n", who, r, l.l_type, (long)l.l_start, (long)l.l_len, l.l_type == F_UNLCK ? "" : l.l_pid == parent ? "parent" : "other");
}

int main(void)
{
	int a = open("lock", O_RDWR | O_CREAT, 0600), b = open("lock", O_RDWR), r = open("lock", O_RDONLY), p[2], q[2];
	char c;
	pid_t parent = getpid();
	setvbuf(stdout, 0, _IOLBF, 0);
	if (pipe(p) || pipe(q) || write(a, "0123456789", 10) != 10)
		return 1;
	printf("write 0+10: %d, read 20+5: %d, own again: %d, unlock middle: %d\n", set(a, F_SETLK, F_WRLCK, 0, 10), set(a, F_SETLK, F_RDLCK, 20, 5),
	       set(a, F_SETLK, F_WRLCK, 2, 3), set(a, F_SETLK, F_UNLCK, 4, 2));
	printf("read-only for writing: %d, negative: %d\n", set(r, F_SETLK, F_WRLCK, 0, 1), set(a, F_SETLK, F_WRLCK, -1, 1));
	fflush(stdout);
	if (!fork()) {
		printf("child: 0+4 %d, 4+2 %d, 20+5 read %d, write %d\n", set(b, F_SETLK, F_WRLCK, 0, 4), set(b, F_SETLK, F_WRLCK, 4, 2),
		       set(b, F_SETLK, F_RDLCK, 20, 5), set(b, F_SETLK, F_WRLCK, 22, 1));
		get("child", b, F_WRLCK, 0, 100, parent);
		get("child", b, F_RDLCK, 20, 2, parent);
		get("child", b, F_WRLCK, 8, 0, parent);
		if (write(p[1], "x", 1) != 1)
			return 1;
		printf("child waits: %d\n", set(b, F_SETLKW, F_WRLCK, 0, 4));
		if (write(p[1], "y", 1) != 1 || read(q[0], &c, 1) != 1)
			return 1;
		_exit(0);
	}
	if (read(p[0], &c, 1) != 1)
		return 1;
	usleep(20000);
	puts("parent closes another descriptor");
	close(b); /* gives up all of this process's locks on the file */
	if (read(p[0], &c, 1) != 1)
		return 1;
	printf("parent: 0+4 %d, 20+5 %d\n", set(a, F_SETLK, F_WRLCK, 0, 4), set(a, F_SETLK, F_WRLCK, 20, 5));
	if (write(q[1], "z", 1) != 1)
		return 1;
	wait(0);
	printf("after exit: %d\n", set(a, F_SETLK, F_WRLCK, 0, 0));
	int d = open("lock", O_RDWR);
	printf("flock %d\n", flock(d, LOCK_SH));
	printf("other %d %s\n", flock(a, LOCK_EX | LOCK_NB), strerror(errno));
	printf("shared %d\n", flock(a, LOCK_SH));
	printf("up %d %s\n", flock(a, LOCK_EX | LOCK_NB), strerror(errno));
	close(d);
	printf("then %d\n", flock(a, LOCK_EX | LOCK_NB));
	printf("bad %d\n", flock(a, 3));
	int e = open("lock", O_RDWR);
	struct flock l = {.l_type = F_WRLCK, .l_start = 50, .l_len = 5}, m = l;
	printf("ofd: own process %d\n", fcntl(e, F_OFD_SETLK, &l) ? -errno : 0);
	set(a, F_SETLK, F_UNLCK, 0, 0);
	printf("then %d\n", fcntl(e, F_OFD_SETLK, &l) ? -errno : 0);
	printf("other description %d\n", fcntl(a, F_OFD_SETLK, &m) ? -errno : 0);
	return 0;
}
