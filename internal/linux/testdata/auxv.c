// The auxiliary vector, an entry a line: its number and its value, or the string there.
#include <elf.h>
#include <link.h>
#include <stdio.h>

extern char **environ;

int main(void) {
	char **e = environ;
	while (*e)
		e++;
	ElfW(auxv_t) *a = (void *)(e + 1);
	do {
		unsigned long v = a->a_un.a_val;
		if (a->a_type == AT_EXECFN || a->a_type == AT_PLATFORM)
			printf("%lu %s\n", (unsigned long)a->a_type, (char *)v);
		else
			printf("%lu %#lx\n", (unsigned long)a->a_type, v);
	} while (a++->a_type);
	return 0;
}
