// memfd_create(2): seals against writes, sizes and mappings.
#include "say.h"

static char page[20000];

static void try(int fd) {
	T(fcntl(fd, F_GET_SEALS));
	T(pwrite(fd, page, 100, 0)); T(pwrite(fd, page, 8000, 0)); T(pwrite(fd, page, 10, 9000)); T(pwrite(fd, page, 0, 99999));
	T(lseek(fd, 0, SEEK_END));
	T(ftruncate(fd, 5000)); T(ftruncate(fd, 5000)); T(ftruncate(fd, 6000)); T(ftruncate(fd, 4000)); T(fallocate(fd, 0, 0, 7000));
	struct stat st;
	fstat(fd, &st);
	printf("size %ld mode %o links %d\n", (long)st.st_size, st.st_mode, (int)st.st_nlink);
	char *m = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	say("shared, to write", m == MAP_FAILED ? -1 : 0);
	if (m != MAP_FAILED) { T(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)); m[1] = 'x'; munmap(m, 4096); }
	m = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	say("private", m == MAP_FAILED ? -1 : 0);
	if (m != MAP_FAILED) { m[0] = 'y'; munmap(m, 4096); }
	if (!(fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE)) { // 6.1 refuses such a mapping, later kernels do not
		m = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
		say("shared, to read", m == MAP_FAILED ? -1 : 0);
		if (m != MAP_FAILED) { T(mprotect(m, 4096, PROT_READ | PROT_WRITE)); munmap(m, 4096); }
	}
	char b[3] = "";
	T(pread(fd, b, 2, 0));
	printf("%d %d\n", b[0], b[1]);
}

static void handler(int s) { printf("handler %d\n", s); }

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	unprivileged();
	char name[300];
	memset(name, 'n', 299);
	name[299] = 0;
	T(memfd_create(name, 0)); T(memfd_create("x", 0x100)); T(memfd_create((char *)8, 0));
	name[249] = 0;
	Z(memfd_create(name, 0));
	int plain = memfd_create("plain", MFD_CLOEXEC);
	T(fcntl(plain, F_GETFD)); T(fcntl(plain, F_GETFL) & O_ACCMODE);
	T(fcntl(plain, F_ADD_SEALS, F_SEAL_GROW));
	try(plain);
	char link[64], to[64] = "";
	sprintf(link, "/proc/self/fd/%d", plain);
	T(readlink(link, to, 63));
	puts(to);
	for (int seals = 0; seals < 32; seals++) {
		int fd = memfd_create("sealed", MFD_ALLOW_SEALING);
		write(fd, page, 5500);
		printf("seals %x\n", seals);
		T(fcntl(fd, F_ADD_SEALS, seals));
		try(fd);
		T(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
		close(fd);
	}
	int fd = memfd_create("last", MFD_ALLOW_SEALING);
	T(fcntl(fd, F_ADD_SEALS, 0x100)); T(fcntl(0, F_GET_SEALS)); T(fcntl(0, F_ADD_SEALS, 0));
	int ro = open("/dev/null", O_RDONLY);
	T(fcntl(ro, F_ADD_SEALS, 0)); T(fcntl(ro, F_GET_SEALS));
	// a mapping of another process counts
	ftruncate(fd, 4096);
	int p[2];
	pipe(p);
	pid_t pid = fork();
	if (pid == 0) {
		char *m = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		write(p[1], m, 1);
		pause();
	}
	char c;
	read(p[0], &c, 1);
	T(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)); T(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	kill(pid, SIGKILL);
	wait(0);
	T(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE)); T(fcntl(fd, F_GET_SEALS));
	// how long files may be
	struct rlimit limit = {100, 100};
	signal(SIGXFSZ, handler);
	T(setrlimit(RLIMIT_FSIZE, &limit));
	fd = memfd_create("limited", 0);
	T(pwrite(fd, "twelve bytes", 12, 90)); T(pwrite(fd, "x", 1, 100)); T(pwrite(fd, "x", 0, 100)); T(ftruncate(fd, 100)); T(ftruncate(fd, 101));
	return 0;
}
