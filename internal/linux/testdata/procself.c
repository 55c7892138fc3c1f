// /proc/self as debuggers, shells and Python use it: files without a name opened again, fdinfo, environ, status of a tracee.
#define _GNU_SOURCE
#include "say.h"
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <string.h>
#include <stdlib.h>

static void again(const char *what, int fd, int flags) {
	char path[64], link[256] = "", b[8] = "";
	sprintf(path, "/proc/self/fd/%d", fd);
	int n = open(path, flags);
	say(what, n < 0 ? -1 : 0);
	if (n < 0)
		return;
	struct stat x, y;
	fstat(fd, &x);
	fstat(n, &y);
	T(x.st_ino == y.st_ino); T(lseek(n, 0, SEEK_CUR)); T(read(n, b, 4)); T(write(n, "new", 3)); T(lseek(fd, 0, SEEK_CUR));
	T(fcntl(n, F_GETFL) & ~0100000);
	y.st_size = 0;
	fstat(fd, &y);
	printf("[%s] size %ld\n", b, (long)y.st_size);
	T(readlink(path, link, sizeof link - 1));
	T(stat(path, &y)); T(x.st_ino == y.st_ino); T(access(path, R_OK)); T(lstat(path, &y)); T(S_ISLNK(y.st_mode)); T(lstat("/proc/self/exe", &y)); T(S_ISLNK(y.st_mode));
	char *name = strrchr(link, '/');
	printf("%s\n", name ? name : link);
	sprintf(path, "/proc/self/fd/%d", n);
	memset(link, 0, sizeof link);
	T(readlink(path, link, sizeof link - 1));
	name = strrchr(link, '/');
	printf("opened again: %s\n", name ? name : link);
	close(n);
}

static void lines(const char *path, const char *prefixes) {
	FILE *f = fopen(path, "r");
	say(path, f ? 0 : -1);
	char line[4096];
	while (f && fgets(line, sizeof line, f)) {
		char first[34] = " ";
		if (sscanf(line, "%31[^:]", first + 1) == 1 && strstr(prefixes, strcat(first, " ")))
			fputs(line, stdout);
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv) {
	int m = memfd_create("mine", MFD_ALLOW_SEALING);
	write(m, "0123456789", 10);
	again("read", m, O_RDONLY); again("both", m, O_RDWR); again("append", m, O_WRONLY | O_APPEND); again("exclusive", m, O_RDWR | O_CREAT | O_EXCL);
	again("directory", m, O_RDONLY | O_DIRECTORY); again("no link", m, O_RDONLY | O_NOFOLLOW);
	again("truncated", m, O_RDWR | O_TRUNC);
	write(m, "abc", 3);
	T(fcntl(m, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK));
	again("sealed", m, O_RDWR); again("sealed, truncated", m, O_RDWR | O_TRUNC);

	int u = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
	write(u, "named", 5);
	again("named", u, O_RDONLY);
	unlink(argv[1]);
	int other = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600); // has its name now
	again("removed", u, O_RDWR);
	unlink(argv[1]);

	char path[64];
	int d = fcntl(m, F_DUPFD_CLOEXEC, 20);
	lseek(m, 2, SEEK_SET);
	sprintf(path, "/proc/self/fdinfo/%d", d);
	lines(path, " pos flags ");
	lines("/proc/self/fdinfo/99", " pos ");
	lines("/proc/self/status", " Name State TracerPid Threads ");

	FILE *f = fopen("/proc/self/environ", "r");
	char all[8192];
	size_t n = f ? fread(all, 1, sizeof all, f) : 0;
	printf("environ %zu\n", n);
	for (size_t at = 0; at < n; at += strlen(all + at) + 1)
		puts(all + at);

	pid_t child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGUSR1);
		_exit(0);
	}
	waitpid(child, 0, 0);
	sprintf(path, "/proc/%d/status", child);
	f = fopen(path, "r");
	while (f && fgets(all, sizeof all, f)) {
		int by;
		if (sscanf(all, "TracerPid: %d", &by) == 1)
			printf("traced by this one: %d\n", by == getpid());
		if (strncmp(all, "State:", 6) == 0)
			fputs(all, stdout);
	}
	ptrace(PTRACE_CONT, child, 0, 0);
	waitpid(child, 0, 0);
	return other < 0;
}
