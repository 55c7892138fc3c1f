// copy_file_range: what it copies, which offsets move, and what it refuses.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *text(int fd) {
	static char b[64];
	memset(b, 0, sizeof b);
	if (pread(fd, b, sizeof b - 1, 0) < 0)
		strcpy(b, strerrorname_np(errno));
	return b;
}

static void copy(const char *what, int in, loff_t *from, int out, loff_t *to, size_t n, unsigned flags) {
	errno = 0;
	long r = syscall(SYS_copy_file_range, in, from, out, to, n, flags);
	const char *error = r < 0 ? strerrorname_np(errno) : "";
	printf("%-24s %ld %s from %lld to %lld at %ld %ld: %s\n", what, r, error, from ? (long long)*from : -1,
		to ? (long long)*to : -1, (long)lseek(in, 0, SEEK_CUR), (long)lseek(out, 0, SEEK_CUR), out >= 0 ? text(out) : "");
}

int main(void) {
	char name[2][32] = {"copyXXXXXX", "copyXXXXXX"};
	int in = mkstemp(name[0]), out = mkstemp(name[1]), pipes[2];
	int readonly = open(name[1], O_RDONLY), append = open(name[1], O_WRONLY | O_APPEND), writeonly = open(name[0], O_WRONLY);
	int dir = open("/", O_RDONLY);
	if (in < 0 || out < 0 || pipe(pipes) || write(in, "0123456789abcdef", 16) != 16)
		return 1;
	lseek(in, 0, SEEK_SET);
	copy("own offsets", in, 0, out, 0, 4, 0);
	loff_t from = 10, to = 2;
	copy("given offsets", in, &from, out, &to, 3, 0);
	copy("one of each", in, &from, out, 0, 2, 0);
	copy("behind the end", in, &from, out, 0, 100, 0);
	copy("at the end", in, &from, out, 0, 100, 0);
	from = 99;
	copy("past the end", in, &from, out, 0, 100, 0);
	from = -1;
	copy("negative", in, &from, out, 0, 1, 0);
	from = -5;
	copy("still negative", in, &from, out, 0, 1, 0);
	from = 1;
	copy("too long", in, &from, out, 0, -1, 0);
	copy("nothing", in, &from, out, 0, 0, 0);
	copy("flags", in, &from, out, 0, 1, 1);
	copy("read-only", in, &from, readonly, 0, 1, 0);
	copy("write-only", writeonly, &from, out, 0, 1, 0);
	copy("appending", in, &from, append, 0, 1, 0);
	copy("directory", dir, &from, out, 0, 1, 0);
	copy("to a directory", in, &from, dir, 0, 1, 0);
	copy("pipe", pipes[0], 0, out, 0, 1, 0);
	copy("to a pipe", in, 0, pipes[1], 0, 1, 0);
	copy("bad", -1, 0, out, 0, 1, 0);
	copy("bad to", in, 0, -1, 0, 1, 0);
	to = 8;
	from = 0;
	copy("in itself", in, &from, in, &to, 4, 0);
	to = 2;
	from = 0;
	copy("over itself", in, &from, in, &to, 4, 0);
	to = 30;
	from = 0;
	copy("behind a hole", in, &from, out, &to, 3, 0);
	printf("size %ld\n", (long)lseek(out, 0, SEEK_END));
	unlink(name[0]);
	unlink(name[1]);
	return 0;
}
