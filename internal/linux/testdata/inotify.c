// inotify(7): what is told of files and directories, and in what order.
#include "say.h"
#include <dirent.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>

static int fd;
static uint32_t cookie;
static void show(void) {
	char b[8192] __attribute__((aligned(8)));
	int waiting = -1;
	ioctl(fd, FIONREAD, &waiting);
	long n = read(fd, b, sizeof b);
	printf("  %d waiting, read %ld\n", waiting, n);
	for (char *p = b; p < b + n;) {
		struct inotify_event *e = (void *)p;
		printf("    %d mask %x len %u", e->wd, e->mask, e->len);
		if (e->len) printf(" %s", e->name);
		if (e->mask & IN_MOVED_FROM) cookie = e->cookie, printf(" cookie");
		else if (e->cookie) printf(" %s", e->cookie == cookie ? "same" : "other");
		puts("");
		p += sizeof *e + e->len;
	}
}
#define N(x) (T(x), show())
static char buf[5000];

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	mkdir("watched", 0755);
	if (chdir("watched") != 0) return 1;
	umask(022);
	T(inotify_init1(1)); T(inotify_add_watch(0, ".", IN_OPEN)); T(inotify_add_watch(99, ".", IN_OPEN)); T(inotify_rm_watch(99, 1)); T(inotify_rm_watch(0, 1));
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	T(fcntl(fd, F_GETFD)); T(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK)); T(write(fd, "x", 1)); T(lseek(fd, 3, SEEK_SET));
	T(inotify_add_watch(fd, ".", 0)); T(inotify_add_watch(fd, ".", 0x100000)); T(inotify_add_watch(fd, "none", IN_OPEN)); T(inotify_add_watch(fd, (char *)8, IN_OPEN)); T(inotify_rm_watch(fd, 1)); T(inotify_add_watch(fd, ".", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
	T(inotify_add_watch(fd, ".", IN_ALL_EVENTS));
	show();
	int f = open("a", O_CREAT | O_RDWR, 0644); show();
	N(inotify_add_watch(fd, "a", IN_ALL_EVENTS)); T(inotify_add_watch(fd, "a", IN_ONLYDIR | IN_OPEN));
	N(write(f, buf, 10)); N(write(f, buf, 0)); N(pread(f, buf, 5, 0)); N(pread(f, buf, 5, 100)); N(ftruncate(f, 5)); N(truncate("a", 6)); N(fchmod(f, 0600)); N(chmod("a", 0644)); N(chown("a", -1, -1));
	struct timespec ts[2] = {{5, 0}, {6, 0}}; N(futimens(f, ts)); N(utimensat(AT_FDCWD, "a", 0, 0));
	struct iovec v = {buf, 3}; N(writev(f, &v, 1)); N(lseek(f, 0, SEEK_SET)); N(readv(f, &v, 1)); N(fallocate(f, 0, 0, 100)); N(dup2(f, 50)); N(close(50)); N(close(f));
	N(open("a", O_RDONLY)); N(close(fd + 1)); N(open("a", O_WRONLY)); N(close(fd + 1)); // with O_TRUNC 6.1 tells of the change first, later kernels of the opening
	 N(access("a", R_OK)); struct stat st; N(stat("a", &st));
	N(mkdir("d", 0755)); N(symlink("a", "l")); N(link("a", "hard")); N(mkfifo("fifo", 0600)); N(unlink("hard")); N(unlink("l")); N(unlink("fifo"));
	N(inotify_add_watch(fd, "d", IN_ALL_EVENTS)); N(rename("a", "b")); N(rename("b", "d/c")); N(rename("d/c", "a")); N(rename("d", "e"));
	DIR *dir = opendir("e"); show(); while (readdir(dir)) {} show(); closedir(dir); show();
	f = open("e/x", O_CREAT | O_WRONLY, 0600); show(); close(f); show();
	f = open("y", O_CREAT | O_WRONLY, 0600); close(f); show(); N(inotify_add_watch(fd, "y", IN_ALL_EVENTS)); N(rename("a", "y")); N(rename("y", "a"));
	N(unlink("e/x")); N(rmdir("e"));
	f = open("a", O_RDWR); show(); N(unlink("a")); N(write(f, buf, 3)); N(close(f));
	// kinds of watches
	f = open("one", O_CREAT | O_WRONLY, 0600); close(f); show();
	long w = T(inotify_add_watch(fd, "one", IN_OPEN | IN_ONESHOT)); T(inotify_add_watch(fd, "one", IN_CLOSE | IN_MASK_CREATE)); f = open("one", O_RDONLY); show(); close(f); show(); T(inotify_rm_watch(fd, w));
	w = T(inotify_add_watch(fd, "one", IN_OPEN)); T(inotify_add_watch(fd, "one", IN_CLOSE_NOWRITE | IN_MASK_ADD)); f = open("one", O_RDONLY); close(f); show(); T(inotify_add_watch(fd, "one", IN_MODIFY)); f = open("one", O_RDONLY); close(f); show(); N(inotify_rm_watch(fd, w));
	// a file that has no name any more, which a watch can leave out
	mkdir("gone", 0700); w = T(inotify_add_watch(fd, "gone", IN_ALL_EVENTS | IN_EXCL_UNLINK)); f = open("gone/f", O_CREAT | O_RDWR, 0600); T(inotify_add_watch(fd, "gone/f", IN_ALL_EVENTS | IN_EXCL_UNLINK)); show();
	N(write(f, buf, 3)); N(unlink("gone/f")); N(write(f, buf, 3)); N(pread(f, buf, 3, 0)); N(ftruncate(f, 1)); N(fchmod(f, 0700)); N(close(f)); f = open("gone/f", O_CREAT | O_RDWR, 0600); show(); T(unlink("gone/f")); T(inotify_add_watch(fd, "gone", IN_ALL_EVENTS)); N(write(f, buf, 3)); N(close(f)); N(rmdir("gone"));
	w = T(inotify_add_watch(fd, "..", IN_ALL_EVENTS | IN_EXCL_UNLINK)); f = open("../program", O_RDONLY); show(); N(read(f, buf, 3)); N(unlink("../program")); N(read(f, buf, 3)); N(close(f)); N(inotify_rm_watch(fd, w));
	int m = memfd_create("m", 0); w = T(inotify_add_watch(fd, "/", IN_MODIFY)); N(write(m, buf, 3)); N(inotify_rm_watch(fd, w)); close(m);
	// equal events are one, small buffers, waiting
	f = open("one", O_RDWR); show(); write(f, buf, 1); write(f, buf, 1); read(f, buf, 0); write(f, buf, 1); show();
	write(f, buf, 1); T(read(fd, buf, 16)); T(read(fd, buf, 31)); T(read(fd, buf, 32)); T(read(fd, buf, 32)); struct pollfd p = {fd, POLLIN, 0}; T(poll(&p, 1, 0)); write(f, buf, 1); T(poll(&p, 1, 0)); show(); close(f);
	show();
	fcntl(fd, F_SETFL, 0);
	pid_t pid = fork();
	if (pid == 0) { usleep(20000); int one = open("one", O_RDONLY); usleep(50000); close(one); _exit(0); }
	show(); wait(0); fcntl(fd, F_SETFL, O_NONBLOCK); show();
	int e = epoll_create1(0);
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET};
	T(epoll_ctl(e, EPOLL_CTL_ADD, fd, &ev)); T(epoll_wait(e, &ev, 1, 0)); close(open("one", O_RDONLY)); T(epoll_wait(e, &ev, 1, 0)); T(epoll_wait(e, &ev, 1, 0)); show();
	unlink("one");
	chdir(".."); rmdir("watched"); show();
	return 0;
}
