// The name that an open file, a mapping and a working directory have: it moves with renames, and stays when it is removed.
#include "say.h"
#include <dirent.h>
#include <sys/inotify.h>

static int fd;
static void show(void) {
	char b[8192] __attribute__((aligned(8)));
	long n = read(fd, b, sizeof b);
	printf("  %ld\n", n);
	for (char *p = b; p < b + n;) {
		struct inotify_event *e = (void *)p;
		printf("    %d mask %x %s\n", e->wd, e->mask, e->len ? *e->name == '#' ? "#" : e->name : "");
		p += sizeof *e + e->len;
	}
}
static void link_(const char *path) {
	char b[4096];
	long n = readlink(path, b, sizeof b - 1);
	b[n < 0 ? 0 : n] = 0;
	char *w = strstr(b, "/named");
	printf("  %s -> %s %d\n", path, w ? w : b, n < 0 ? errno : 0);
}
static void named(int f) {
	char p[40];
	sprintf(p, "/proc/self/fd/%d", f);
	link_(p);
}
static void cwd(void) {
	char b[4096];
	errno = 0;
	char *w = getcwd(b, sizeof b) ? strstr(b, "/named") : 0;
	printf("  in %s %d\n", w ? w : "", errno);
	link_("/proc/self/cwd");
}
static void map(void) {
	char line[4096];
	FILE *f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof line, f))
		if (strstr(line, "/named")) printf("  map %s", strstr(line, "/named"));
	fclose(f);
}
#define N(x) (T(x), show())

int main(void) {
	static char buf[4096];
	struct stat st;
	setvbuf(stdout, 0, _IONBF, 0);
	mkdir("named", 0755);
	if (chdir("named") != 0) return 1;
	umask(022);
	fd = inotify_init1(IN_NONBLOCK);
	mkdir("d", 0755); mkdir("e", 0755);
	T(inotify_add_watch(fd, ".", IN_ALL_EVENTS)); T(inotify_add_watch(fd, "d", IN_ALL_EVENTS)); T(inotify_add_watch(fd, "e", IN_ALL_EVENTS));

	puts("an open file is renamed, in its directory and to others");
	int f = open("a", O_CREAT | O_RDWR, 0644); show();
	N(rename("a", "b")); N(write(f, buf, 9)); named(f); N(fchmod(f, 0600)); N(rename("b", "d/c")); N(ftruncate(f, 5)); named(f);
	N(rename("d", "n")); N(pread(f, buf, 3, 0)); named(f); N(rename("n/c", "e/c")); N(write(f, buf, 1)); N(rename("n", "d")); N(close(f));

	puts("links: the name by which it was opened counts");
	N(link("e/c", "d/c2")); N(link("e/c", "c3")); f = open("d/c2", O_RDWR); show();
	int g = open("c3", O_RDWR); show();
	N(write(f, buf, 2)); N(write(g, buf, 2)); N(chmod("e/c", 0644)); N(truncate("c3", 1)); N(unlink("d/c2")); N(write(f, buf, 1)); named(f); N(link("e/c", "d/c2")); N(write(f, buf, 1)); named(f);
	T(inotify_add_watch(fd, "e/c", IN_ALL_EVENTS)); show(); N(unlink("c3")); N(unlink("d/c2")); N(unlink("e/c")); named(g); N(write(g, buf, 2)); N(close(g)); N(close(f));

	puts("a removed file and another of its name; a replaced one");
	f = open("a", O_CREAT | O_RDWR, 0644); g = open("b", O_CREAT | O_RDWR, 0644); show(); T(unlink("a")); int h = open("a", O_CREAT | O_RDWR, 0644); show();
	N(write(f, buf, 1)); N(write(h, buf, 2)); named(f); named(h); N(rename("b", "a")); N(write(g, buf, 1)); N(write(h, buf, 1)); named(g); named(h); N(close(f)); N(close(g)); N(close(h));

	puts("an open directory");
	f = open("d", O_RDONLY | O_DIRECTORY); show();
	N(rename("d", "n")); named(f); g = openat(f, "x", O_CREAT | O_WRONLY, 0600); T(g < 0); show(); named(g); N(fstat(f, &st)); DIR *dir = fdopendir(dup(f)); int n = 0; while (readdir(dir)) n++; T(n); closedir(dir); show();
	T(unlink("n/x")); N(rmdir("n")); named(f); named(g); N(write(g, buf, 1)); N(openat(f, "x", O_CREAT | O_WRONLY, 0600)); T(openat(f, "..", O_RDONLY) < 0); T(openat(f, ".", O_RDONLY) < 0); show(); N(fchmod(f, 0700)); T(syscall(SYS_getdents64, f, buf, sizeof buf)); T(fchdir(f)); cwd(); T(chdir("..")); cwd();
	N(close(f)); N(close(g)); mkdir("n", 0700); show();

	dir = opendir("/proc/self/task"); for (n = 0; readdir(dir); n++); T(n); closedir(dir);

	puts("the working directory");
	T(mkdir("n/m", 0755)); T(chdir("n/m")); cwd(); N(rename("../../n", "../../o")); cwd(); T(mkdir("../new", 0755)); T(stat("../../o/new", &st)); N(rename("../m", "../../p")); cwd(); T(rmdir("../p")); cwd(); T(stat(".", &st)); T(st.st_nlink); T((f = open(".", O_RDONLY)) < 0); named(f); close(f); T(chmod(".", 0700)); T(chdir("./.")); T(access(".", R_OK)); T(access("/proc/self/cwd", R_OK)); T(access("/proc/self/cwd/x", R_OK)); T(stat("/proc/self/cwd/../o", &st));
	T(mkdir("x", 0755)); T(open("x", O_RDONLY)); T(stat("../o", &st)); T(stat("./../e", &st)); mkdir("../p", 0755); T(mkdir("x", 0755)); cwd(); T(chdir("../p")); cwd(); T(chdir("..")); cwd(); show();

	puts("a mapping");
	f = open("m", O_CREAT | O_RDWR, 0644); T(ftruncate(f, 4096)); show(); char *p = mmap(0, 4096, PROT_READ, MAP_SHARED, f, 0); N(close(f)); map(); N(rename("m", "m2")); map(); T(inotify_add_watch(fd, "m2", IN_DELETE_SELF)); N(unlink("m2")); map(); N(munmap(p, 4096));

	puts("files without a name; the program");
	f = open(".", O_TMPFILE | O_RDWR, 0600); T(f < 0); T(fstat(f, &st)); sprintf(buf, "/proc/self/fd/%d", f); char to[4096] = ""; readlink(buf, to, sizeof to - 1); T(strcmp(strstr(to, "#") + strspn(strstr(to, "#"), "#0123456789"), " (deleted)")); T(linkat(AT_FDCWD, buf, AT_FDCWD, "linked", AT_SYMLINK_FOLLOW)); T(fstat(f, &st)); T(st.st_nlink); close(f);
	rename("../program", "moved"); link_("/proc/self/exe"); unlink("moved"); link_("/proc/self/exe");
	f = open("a", O_PATH); show(); T(fchmod(f, 0600)); T(ftruncate(f, 0)); T(read(f, buf, 1)); named(f); N(close(f));
	mkfifo("pipe", 0600); show(); f = open("pipe", O_RDWR); show(); T(inotify_add_watch(fd, "pipe", IN_ALL_EVENTS)); N(write(f, buf, 3)); N(read(f, buf, 2)); N(rename("pipe", "pipe2")); named(f); N(unlink("pipe2")); named(f); N(close(f));
	T(mkdir("t", 0755)); T(mkdir("u", 0755)); T(inotify_add_watch(fd, "u", IN_ALL_EVENTS)); show(); N(rename("t", "u"));
	return 0;
}
