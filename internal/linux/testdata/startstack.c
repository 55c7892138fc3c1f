// Where the kernel puts what a program starts with, when addresses are not random: the strings and the random bytes of
// the stack, the ends of the mappings, and the stack pointer of /proc/self/stat against the auxiliary vector.
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <unistd.h>

extern char **environ;

static void maps(void)
{
	char line[512];
	unsigned long start, end, vdso = 0, stack = 0, top = 0;
	FILE *f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof line, f)) {
		sscanf(line, "%lx-%lx", &start, &end);
		if (strstr(line, "[vvar]"))
			printf("[vvar] %.4s\n", strchr(line, ' ') + 1);
		if (strstr(line, "[vdso]"))
			vdso = start, printf("[vdso] %.4s %lu pages\n", strchr(line, ' ') + 1, (end - start) / 4096);
		if (strstr(line, "[stack]"))
			printf("the stack ends at %lx\n", end), stack = end;
		if (!strstr(line, "[vsyscall]") && end > top)
			top = end;
	}
	printf("[vdso]: at AT_SYSINFO_EHDR %d, below the stack %d; nothing above the stack %d\n", vdso == getauxval(AT_SYSINFO_EHDR), vdso < stack, top == stack);
}

// started is the stack pointer at the start as /proc/self/stat has it, its 28th field.
static unsigned long started(void)
{
	char text[1024];
	unsigned long v = 0;
	FILE *f = fopen("/proc/self/stat", "r");
	char *at = fgets(text, sizeof text, f);
	for (int i = 1; at && i < 28; i++)
		at = strchr(at, ' ') + 1;
	if (at)
		sscanf(at, "%lu", &v);
	return v;
}

int main(int argc, char **argv)
{
	static char *env[] = {"ONE=1", "ANOTHER=abcdefg", NULL};
	if (personality(0xffffffff) & ADDR_NO_RANDOMIZE) {
		char **e = environ;
		while (*e)
			e++;
		ElfW(auxv_t) *a = (void *)(e + 1);
		printf("AT_EXECFN %lx, AT_PLATFORM %lx, AT_RANDOM %lx\n", getauxval(AT_EXECFN), getauxval(AT_PLATFORM), getauxval(AT_RANDOM));
		printf("argv %p, environ %p\n", argv[0], environ[0]);
		while (a++->a_type)
			;
		unsigned long gap = getauxval(AT_RANDOM) - (unsigned long)a;
		printf("the vector ends less than 16 bytes below the random ones: %d; the stack pointer is aligned: %d\n", gap < 16, ((unsigned long)argv - sizeof(long)) % 16 == 0);
		printf("it is where /proc/self/stat says: %d\n", started() == (unsigned long)argv - sizeof(long));
		maps();
		return 0;
	}
	personality(ADDR_NO_RANDOMIZE);
	execve(argv[0], argv, env);
	return 1;
}
