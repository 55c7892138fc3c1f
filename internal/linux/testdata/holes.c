/* Bytes that fallocate(2) makes 0, data and holes that lseek(2) finds, and priorities of input and output. */
#include "say.h"
#include <linux/falloc.h>

static int fd;
static void sum(void) {
	unsigned s = 1;
	char b[4096];
	off_t at = 0;
	for (ssize_t n; (n = pread(fd, b, sizeof b, at)) > 0; at += n)
		for (ssize_t i = 0; i < n; i++) s = s * 31 + (unsigned char)b[i];
	printf("  %ld bytes, %x\n", (long)at, s);
}

int main(void) {
	char b[20000];
	fd = open("nums", O_RDWR);
	sum(), T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 200)), sum();
	fd = open("big", O_RDWR | O_CREAT, 0600);
	memset(b, 'x', sizeof b), T(write(fd, b, sizeof b));
	char *shared = mmap(0, 20000, PROT_READ, MAP_SHARED, fd, 0);
	T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 5000, 10000)), sum();
	printf("  %d %d %d\n", shared[4999], shared[5000], shared[15000]);
	T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 19999, 1 << 20)), sum();
	T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 40000, 10)), sum();
	T(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10)), T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 0)), T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, -1, 5));
	int full = open("full", O_RDWR | O_CREAT, 0600), none = open("none", O_RDWR | O_CREAT, 0600), to[2];
	T(write(full, b, sizeof b)), fsync(full), pipe(to);
	T(lseek(full, 0, SEEK_DATA)), T(lseek(full, 7, SEEK_DATA)), T(lseek(full, 7, SEEK_HOLE)), T(lseek(full, 19999, SEEK_HOLE)), T(lseek(full, 0, SEEK_CUR)), T(lseek(full, 20000, SEEK_DATA));
	T(lseek(full, 20000, SEEK_HOLE)), T(lseek(full, -1, SEEK_DATA)), T(lseek(none, 0, SEEK_HOLE)), T(lseek(none, 0, SEEK_DATA)), T(lseek(to[0], 0, SEEK_DATA)), T(lseek(full, 0, 5));
	T(CALL(ioprio_get, 1, 0)), T(CALL(ioprio_set, 1, 0, 2 << 13 | 5)), T(CALL(ioprio_get, 1, 0)), T(CALL(ioprio_set, 1, getpid(), 3 << 13)), T(CALL(ioprio_get, 1, getpid()));
	T(CALL(ioprio_set, 1, 0, 5)), T(CALL(ioprio_set, 1, 0, 4 << 13)), T(CALL(ioprio_get, 0, 0)), T(CALL(ioprio_get, 4, 0)), T(CALL(ioprio_get, 1, 999999)), T(CALL(ioprio_set, 1, 0, 0)), T(CALL(ioprio_get, 1, 0));
	return 0;
}
