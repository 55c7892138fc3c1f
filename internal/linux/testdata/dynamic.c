/* A library, a plugin and a program that needs both, by what is defined. */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#ifdef LIBRARY
__thread int per_thread = 41;
static void __attribute__((constructor)) begin(void) { puts("library: begin"); }
static void __attribute__((destructor)) end(void) { puts("library: end"); }
double library(double x, int n) { return x * n + per_thread++; }
#elif defined PLUGIN
int plugin(char *s) { return printf("plugin got %s\n", s); }
#else
extern __thread int per_thread;
double library(double, int);

static void *thread(void *p)
{
	printf("thread %d: %.3f\n", *(int *)p, library(0.5, *(int *)p));
	errno = 17;
	return p;
}

static int names(struct dl_phdr_info *i, size_t size, void *count)
{
	(void)size;
	const char *slash = strrchr(i->dlpi_name, '/');
	printf("loaded: %s\n", slash ? slash + 1 : i->dlpi_name[0] ? i->dlpi_name : "program");
	++*(int *)count;
	return 0;
}

static int order(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int main(int argc, char **argv)
{
	Dl_info info;
	int n[4] = {3, 1, 2, 0}, count = 0;
	pthread_t t[3];
	char text[80];

	for (int i = 0; i < argc; i++)
		printf("%d: %s\n", i, argv[i]);
	setlocale(LC_ALL, "");
	printf("%s, %.6f, %.3Lf\n", setlocale(LC_NUMERIC, 0), sqrt(library(2.25, 3)), sinl(1));
	qsort(n, 4, sizeof *n, order);
	for (int i = 1; i < 4; i++)
		pthread_create(&t[i - 1], 0, thread, &n[i]), pthread_join(t[i - 1], 0);
	printf("errno %d, per thread %d\n", errno, per_thread);
	dl_iterate_phdr(names, &count);
	ElfW(Ehdr) *linker = (void *)getauxval(AT_BASE);
	printf("linker: %.3s type %d\n", linker->e_ident + 1, linker->e_type);
	printf("main %s\n", dladdr((void *)getauxval(AT_PHDR), &info) && strstr(info.dli_fname, "program") ? "holds its headers" : "does not");
	printf("entry %s\n", dladdr((void *)getauxval(AT_ENTRY), &info) && strstr(info.dli_fname, "program") ? "is ours" : "is not");
	printf("execfn %s\n", (char *)getauxval(AT_EXECFN));
	void *p = dlopen("./plugin.so", RTLD_LAZY);
	int (*f)(char *) = p ? (int (*)(char *))dlsym(p, "plugin") : 0;
	printf("%d\n", f ? f(strcpy(text, "a text")) : -1);
	printf("absent: %s\n", dlopen("absent.so", RTLD_NOW) ? "found" : dlerror());
	return count;
}
#endif
