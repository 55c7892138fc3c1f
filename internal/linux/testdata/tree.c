/* Random operations on a small tree: what each answers, and what is there at the end. The seed is the first argument. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t state;
static unsigned rnd(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

static const char *names[] = {"a", "b", "c", "d", "d/a", "d/b", "d/e", "d/e/a", "old", "lower", "lower/x", "lower/y", "lower/sub", "lower/sub/z", "./d/../a", "link/a", "no/such"};
#define NAME names[rnd(sizeof names / sizeof *names)]
static int fds[4] = {-1, -1, -1, -1};

static void show(const char *what, const char *a, const char *b, long r)
{
	printf("%s %s %s = %ld %s\n", what, a, b, r, r < 0 ? strerrorname_np(errno) : "");
}

static unsigned sum(int fd)
{
	unsigned char buf[9000];
	unsigned s = 0;
	ssize_t n = pread(fd, buf, sizeof buf, 0);
	for (ssize_t i = 0; i < n; i++)
		s = s * 31 + buf[i];
	return s + (unsigned)n;
}

static int cmp(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void walk(const char *dir, int depth)
{
	char *list[100];
	int n = 0;
	DIR *d = opendir(dir);
	struct dirent *e;
	if (!d)
		return;
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && strcmp(e->d_name, "program") && n < 100)
			list[n++] = strdup(e->d_name);
	closedir(d);
	qsort(list, n, sizeof *list, cmp);
	for (int i = 0; i < n; i++) {
		char path[300], to[100] = "";
		struct stat st;
		snprintf(path, sizeof path, "%s/%s", dir, list[i]);
		lstat(path, &st);
		int fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY) : -1;
		if (S_ISLNK(st.st_mode))
			to[readlink(path, to, sizeof to - 1)] = 0;
		printf("%s %o %ld %ld %u %s\n", path, st.st_mode, S_ISDIR(st.st_mode) ? 0 : (long)st.st_size, S_ISDIR(st.st_mode) ? 0 : (long)st.st_nlink,
		       fd >= 0 ? sum(fd) : 0, to);
		if (fd >= 0)
			close(fd);
		if (S_ISDIR(st.st_mode) && depth < 8)
			walk(path, depth + 1);
	}
}

int main(int argc, char **argv)
{
	state = strtoul(argv[argc - 1], 0, 10);
	for (int i = 0; i < 600; i++) {
		const char *a = NAME, *b = NAME;
		char buf[6000];
		struct stat st;
		int slot = rnd(4), fd = fds[slot];
		unsigned n = rnd(sizeof buf), off = rnd(3) ? rnd(6000) : 0;
		memset(buf, 'a' + rnd(26), sizeof buf);
		switch (rnd(22)) {
		case 0: case 1: case 2: {
			static const int flags[] = {O_RDONLY, O_WRONLY | O_CREAT, O_RDWR | O_CREAT | O_TRUNC, O_RDWR, O_WRONLY | O_APPEND, O_RDWR | O_CREAT | O_EXCL,
						    O_RDONLY | O_DIRECTORY, O_RDWR | O_NOFOLLOW, O_RDWR | O_TRUNC};
			int f = flags[rnd(sizeof flags / sizeof *flags)];
			if (fd >= 0)
				close(fd);
			fds[slot] = open(a, f, 0644);
			show("open", a, "", fds[slot] < 0 ? -1 : 0);
			break;
		}
		case 3: case 4: show("write", "", "", write(fd, buf, n)); break;
		case 5: show("pwrite", "", "", pwrite(fd, buf, n, off)); break;
		case 6: show("read", "", "", read(fd, buf, n)); break;
		case 7: if (fstat(fd, &st) || !S_ISDIR(st.st_mode)) show("lseek", "", "", lseek(fd, off, rnd(3))); break;
		case 8: show("ftruncate", "", "", ftruncate(fd, off)); break;
		case 9: show("truncate", a, "", truncate(a, off)); break;
		case 10: show("unlink", a, "", unlink(a)); break;
		case 11: show("mkdir", a, "", mkdir(a, 0755)); break;
		case 12: show("rmdir", a, "", rmdir(a)); break;
		case 13: case 14: show("rename", a, b, rename(a, b)); break;
		case 15: show("link", a, b, link(a, b)); break;
		case 16: show("symlink", a, b, symlink(a, b)); break;
		case 17: show("chmod", a, "", chmod(a, 0600 + rnd(0200))); break;
		case 18:
			show("stat", a, "", stat(a, &st));
			break;
		case 19:
			if (fd >= 0 && !fstat(fd, &st))
				printf("fstat %ld %u %ld\n", S_ISDIR(st.st_mode) ? 0 : (long)st.st_size, S_ISDIR(st.st_mode) ? 0 : sum(fd), S_ISDIR(st.st_mode) ? 0 : (long)st.st_nlink);
			break;
		case 20:
			show("access", a, "", access(a, rnd(8)));
			break;
		case 21: {
			int shared = rnd(2) ? MAP_SHARED : MAP_PRIVATE;
			char *p = mmap(0, 8192, PROT_READ | PROT_WRITE, shared, fd, 0);
			show("mmap", "", "", p == MAP_FAILED ? -1 : 0);
			if (p != MAP_FAILED) {
				if (!fstat(fd, &st) && st.st_size > 10)
					p[3] = 'M', p[rnd((st.st_size < 8192 ? st.st_size : 8192) - 1)] = 'N';
				munmap(p, 8192);
			}
			break;
		}
		}
	}
	walk(".", 0);
	return 0;
}
