/* Tells what the kernel told it, and copies its own memory to the output:
 * self ADDR SIZE, addresses relative to the program headers' own. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

static int data_to_have = 1;
__thread int thread_local_to_have = 2;

int main(int argc, char **argv)
{
	unsigned long phdr = getauxval(AT_PHDR);

	data_to_have += thread_local_to_have;
	if (argc < 3) {
		printf("%lx %lx %lu %lu\n", phdr, getauxval(AT_ENTRY),
		       getauxval(AT_PHENT), getauxval(AT_PHNUM));
		return 0;
	}
	fwrite((char *)phdr + strtol(argv[1], NULL, 0), 1, strtoul(argv[2], NULL, 0), stdout);
	return 0;
}
