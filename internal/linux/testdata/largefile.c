// O_LARGEFILE: which open files have it, and what cannot be done to a file without it. The C library's is 0 on x86-64.
#include "say.h"
#undef O_LARGEFILE
#define O_LARGEFILE 0100000

static int opened(const char *name, int flags) { return CALL(openat, AT_FDCWD, name, flags, 0600); }
static void shows(const char *what, int fd) {
	printf("%s: %o\n", what, fcntl(fd, F_GETFL));
	close(fd);
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	unprivileged();
	int p[2], fd;
	char name[40];
	shows("directory", opened("/", O_RDONLY)); shows("directory, large", opened("/", O_RDONLY | O_LARGEFILE)); shows("path", opened("/", O_PATH | O_LARGEFILE));
	shows("device", opened("/dev/null", O_RDWR)); shows("device, large", opened("/dev/null", O_RDWR | O_LARGEFILE)); shows("proc", opened("/proc/self/maps", O_RDONLY));
	shows("eventfd", CALL(eventfd2, 0, 0)); if (pipe(p) == 0) shows("pipe", p[0]), close(p[1]);
	fd = memfd_create("large", 0);
	printf("memfd %o\n", fcntl(fd, F_GETFL)); T(fcntl(fd, F_SETFL, 0)); printf("memfd %o\n", fcntl(fd, F_GETFL));
	sprintf(name, "/proc/self/fd/%d", fd);
	int small = opened(name, O_RDWR);
	shows("once more", dup(small)); shows("large", opened(name, O_RDWR | O_LARGEFILE));
	T(pwrite64(small, "abcd", 4, 0x7ffffffdll)); T(pwrite64(small, "abcd", 4, 0x7fffffffll)); T(pwrite64(fd, "abcd", 4, 0x7fffffffll));
	Z(opened(name, O_RDONLY)); Z(opened(name, O_RDONLY | O_LARGEFILE)); Z(opened(name, O_PATH));
	return 0;
}
