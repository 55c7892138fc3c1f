// /proc, /sys and /dev as trees: what directories list is there, has the number that they say, and can be gone into.
#include "say.h"
#include <dirent.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <limits.h>

static void one(const char *path) {
	struct stat s;
	if (lstat(path, &s) != 0) {
		printf("%s: %d\n", path, errno);
		errno = 0;
		return;
	}
	printf("%s: %o, %s, %s", path, s.st_mode, s.st_uid == 0 ? "root" : "user", s.st_ino ? "a number" : "none");
	if (S_ISCHR(s.st_mode))
		printf(", %d:%d", major(s.st_rdev), minor(s.st_rdev));
	printf(", %s\n", s.st_mtime ? "a time" : "no time");
}

// walk goes through the directories below and counts what disagrees: entries that are not there, of another kind or number,
// and directories that have the number of one above.
static void walk(const char *path, int depth, ino_t *above, int *wrong) {
	DIR *d = opendir(path);
	struct stat s;
	if (!d || fstat(dirfd(d), &s) != 0) {
		printf("%s cannot be listed\n", path);
		++*wrong;
		return;
	}
	above[depth] = s.st_ino;
	for (int i = 0; i < depth; i++)
		if (above[i] == s.st_ino)
			printf("%s is above itself\n", path), ++*wrong;
	int own = dirfd(d);
	for (struct dirent *e; (e = readdir(d));) {
		char full[PATH_MAX];
		if (strcmp(e->d_name, "..") == 0 || (strstr(path, "/fd") && atoi(e->d_name) == own))
			continue;
		snprintf(full, sizeof full, "%s/%s", path, e->d_name);
		if (lstat(full, &s) != 0) {
			printf("%s is listed and is not there\n", full), ++*wrong;
			continue;
		}
		if (IFTODT(s.st_mode) != e->d_type || s.st_ino != e->d_ino)
			printf("%s: listed as %d with %lu, is %d with %lu\n", full, e->d_type, (long)e->d_ino, IFTODT(s.st_mode), (long)s.st_ino), ++*wrong;
		if (S_ISDIR(s.st_mode) && strcmp(e->d_name, ".") != 0 && depth < 6)
			walk(full, depth + 1, above, wrong);
	}
	closedir(d);
}

int main(void) {
	unprivileged();
	chdir("/");
	char *files[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/proc", "/proc/self/task", "/proc/self/fd",
		"/proc/self/mem", "/proc/self/environ", "/proc/self/auxv", "/proc/self/maps", "/proc/self/status", "/proc/self/stat", "/proc/self/comm", "/proc/self/cmdline",
		"/proc/sys", "/proc/sys/kernel", "/proc/sys/kernel/osrelease", "/proc/sys/nothing", "/sys", "/sys/devices/system/cpu", "/sys/devices/system/cpu/online",
		"/sys/devices/system/cpu/cpu0/topology/core_id", "/proc/stat/x", "/proc/nothing", "/dev/fd", "/dev/stdin", "/proc/self", "/proc/self/exe", "/proc/self/cwd"};
	for (int i = 0; i < sizeof files / sizeof *files; i++)
		one(files[i]);
	close(3), close(4), close(5);
	T(open("/dev/null", O_RDONLY)); T(open("/dev/null", O_WRONLY)); T(open("/dev/null", O_RDWR));
	one("/proc/self/fd/3"); one("/proc/self/fd/4"); one("/proc/self/fd/5"); one("/proc/self/fd/6");
	int full = open("/dev/full", O_RDWR), zeros;
	T(write(full, "x", 1)); T(read(full, &zeros, 4)); T(zeros);

	char cwd[PATH_MAX], want[64];
	T(chdir("/proc/self/fd")); T(access("0", F_OK)); T(chdir("..")); T(access("status", F_OK)); T(open("nothing", O_RDONLY)); T(open("new", O_RDWR | O_CREAT, 0600)); T(mkdir("new", 0700));
	sprintf(want, "/proc/%d", getpid());
	T(getcwd(cwd, sizeof cwd) > 0); T(strcmp(cwd, want));
	T(readlink("cwd", cwd, sizeof cwd) == strlen(want)); T(chdir("stat")); T(chdir("nothing")); T(chdir("../sys/kernel")); T(access("osrelease", F_OK)); T(chdir("../../../proc")); T(access("stat", F_OK));
	T(chdir("..")); T(getcwd(cwd, sizeof cwd)!= 0); puts(cwd);
	int dir = open("/proc/self/task", O_RDONLY | O_DIRECTORY);
	T(fchdir(dir) == 0);
	sprintf(want, "%d/comm", getpid());
	T(access(want, F_OK)); T(faccessat(dir, want, F_OK, 0)); T(chdir("/"));
	DIR *root = opendir("/");
	int there = 0;
	for (struct dirent *e; (e = readdir(root));)
		there += (strcmp(e->d_name, "proc") == 0 || strcmp(e->d_name, "sys") == 0 || strcmp(e->d_name, "dev") == 0) && e->d_type == DT_DIR;
	T(there);
	T(access("proc/self/status", F_OK)); T(access("/proc/../proc/self/../stat", F_OK)); T(access("/proc/../dev/null/", F_OK)); T(access("/proc/nothing/..", F_OK)); T(access("/proc/stat/..", F_OK)); T(access("/sys/../proc/", F_OK));

	struct statfs s;
	T(statfs("/proc/self/status", &s)); printf("%lx\n", (long)s.f_type); T(statfs("/sys", &s)); printf("%lx\n", (long)s.f_type); T(fstatfs(dir, &s)); printf("%lx\n", (long)s.f_type);
	int wrong = 0;
	ino_t above[16];
	sprintf(want, "/proc/%d", getpid());
	char *trees[] = {want, "/sys/devices/system/cpu/cpu0/topology"};
	for (int i = 0; i < 2; i++)
		walk(trees[i], 0, above, &wrong);
	printf("%d wrong\n", wrong);
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit l;
		getrlimit(i, &l);
		l.rlim_max = 100000 + i, l.rlim_cur = l.rlim_max - 50000;
		if (i != RLIMIT_NPROC && i != RLIMIT_NOFILE && i != RLIMIT_SIGPENDING && i != RLIMIT_NICE && i != RLIMIT_RTPRIO && i != RLIMIT_STACK && i != RLIMIT_AS && i != RLIMIT_MSGQUEUE && i != RLIMIT_MEMLOCK)
			say("setrlimit", setrlimit(i, &l));
	}
	char line[256];
	FILE *f = fopen("/proc/self/limits", "r");
	while (fgets(line, sizeof line, f))
		if (!strstr(line, "processes") && !strstr(line, "open files") && !strstr(line, "pending") && !strstr(line, "stack") && !strstr(line, "locked"))
			fputs(line, stdout);
		else
			printf("%.25s\n", line);
	fclose(f);
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof one, &one);
	f = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof line, f))
		if (strncmp(line, "CapI", 4) == 0 || strncmp(line, "CapE", 4) == 0 || strncmp(line, "CapP", 4) == 0 || strncmp(line, "Cpus_allowed", 12) == 0 || strncmp(line, "Mems_allowed_", 13) == 0)
			fputs(line, stdout);
}
