// Paths that end in a slash, names that are too long, and the names of mapped files.
#include "say.h"

static struct stat st;
static char text[5000], name[300];

static void slashes(void) {
	mkdir("dir", 0755); close(open("file", O_CREAT | O_RDWR, 0644)); symlink("dir", "ldir"); symlink("file", "lfile"); symlink("nowhere", "lno"); symlink("loop", "loop");
	T(lstat("ldir/", &st)); printf("%d\n", S_ISDIR(st.st_mode)); T(lstat("lfile/", &st)); T(lstat("lno/", &st)); T(lstat("file/", &st)); T(lstat("loop/", &st)); T(lstat("file/.", &st)); T(lstat("file/..", &st));
	T(readlink("ldir/", text, 99)); T(readlink("lno/", text, 99)); T(readlink("lfile/", text, 99)); T(readlink("ldir", text, 99));
	Z(open("ldir/", O_RDONLY | O_NOFOLLOW)); Z(open("file/", O_RDONLY)); Z(open("lfile/", O_RDONLY)); Z(open("new/", O_RDONLY)); Z(open("new/", O_CREAT | O_RDWR, 0644)); Z(open("dir/", O_CREAT | O_RDONLY, 0644)); Z(open("file/", O_CREAT | O_RDWR, 0644)); Z(open("no/new/", O_CREAT | O_RDWR, 0644));
	T(mkdir("new/", 0755)); T(mkdir("lno/", 0755)); T(mkdir("ldir/", 0755)); T(mknod("node/", S_IFREG | 0644, 0)); T(symlink("a", "s/")); T(symlink("a", "file/")); T(link("file", "h/")); T(link("file/", "h")); T(link("ldir/", "h")); T(link("lfile/", "h"));
	T(unlink("file/")); T(unlink("ldir/")); T(unlink("dir/")); T(unlink("no/")); T(rmdir("ldir/")); T(rmdir("new/")); T(chmod("file/", 0600)); T(chmod("ldir/", 0700));
	int watch = syscall(SYS_inotify_init1, 0); T(syscall(SYS_inotify_add_watch, watch, "file/", 2)); T(syscall(SYS_inotify_add_watch, watch, "ldir/", 2 | 0x2000000)); T(truncate("file/", 0)); T(access("lfile/", F_OK));
	T(rename("file", "x/")); T(rename("file/", "x")); T(rename("ldir", "x/")); T(rename("dir", "dir2/")); T(rename("dir2/", "dir")); T(rename("no/", "x")); T(rename("file", "dir/")); T(rename("file", "file"));
}

static void lengths(void) {
	memset(name, 'n', 256);
	Z(open(name, O_CREAT | O_RDWR, 0644)); T(mkdir(name, 0755)); T(lstat(name, &st)); T(unlink(name)); T(rename(name, "x")); T(readlink(name, text, 9)); T(chdir(name));
	name[255] = 0;
	Z(open(name, O_CREAT | O_RDWR, 0644)); T(unlink(name)); T(lstat(name, &st));
}

// moved: who is in a directory, and who has it open, go with it.
static void moved(const char *dir) {
	mkdir("d", 0755); chdir("d"); mkdir("sub", 0755); close(open("in", O_CREAT | O_RDWR, 0644));
	int here = open(".", O_RDONLY), in = open("in", O_RDONLY), sub = open("sub", O_RDONLY), gone = open("gone", O_CREAT | O_RDWR, 0644);
	unlink("gone");
	T(rename("../d", "../e")); T(stat("in", &st)); T(fstatat(here, "in", &st, 0)); T(fstatat(sub, "../in", &st, 0)); T(mkdirat(sub, "more", 0755)); T(access("../e/sub/more", F_OK));
	printf("%s\n", strstr(getcwd(text, sizeof text), dir) + strlen(dir));
	for (int i = 0, fds[] = {in, sub, gone}; i < 3; i++) {
		sprintf(name, "/proc/self/fd/%d", fds[i]);
		text[readlink(name, text, sizeof text - 1)] = 0;
		printf("%s\n", strstr(text, dir) + strlen(dir));
	}
	char entries[500];
	printf("entries %d\n", CALL(getdents64, here, entries, sizeof entries) > 0 && CALL(getdents64, sub, entries, sizeof entries) > 0);
	close(here); close(in); close(sub); close(gone);
	chdir(".."); unlink("e/in"); rmdir("e/sub/more"); rmdir("e/sub"); T(rmdir("e"));
}

static int mapped(const char *file, int fd) {
	if (fd < 0) fd = open(file, O_CREAT | O_RDWR, 0644);
	T(write(fd, "x", 1));
	mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	return fd;
}

static void names(const char *dir) {
	mapped("new\nline", -1); mapped("gone", -1); mapped("moved", -1); mapped("linked", -1); mapped("first", -1); mapped(0, syscall(SYS_memfd_create, "memory", 0));
	unlink("gone"); rename("moved", "there"); link("linked", "other"); link("first", "second"); unlink("first");
	FILE *f = fopen("/proc/self/maps", "r");
	while (fgets(text, sizeof text, f)) {
		char *p = strstr(text, dir);
		if (p) fputs(p + strlen(dir), stdout);
		else if ((p = strstr(text, "/memfd"))) fputs(p, stdout);
	}
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	char dir[] = "pathsXXXXXX";
	if (!mkdtemp(dir) || chdir(dir)) return 1;
	slashes();
	lengths();
	moved(dir);
	names(dir);
	const char *left[] = {"file", "lfile", "ldir", "lno", "loop", "new\nline", "there", "linked", "other", "second"};
	for (int i = 0; i < sizeof left / sizeof *left; i++) unlink(left[i]);
	rmdir("dir");
	chdir("..");
	return rmdir(dir);
}
