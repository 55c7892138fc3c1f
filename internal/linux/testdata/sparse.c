/* sparse N: touches one byte in each of N megabytes. */
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	size_t n = atoi(argv[1]);
	char *p = mmap(0, n << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return 2;
	for (size_t i = 0; i < n; i++)
		p[i << 20] = 1;
	return 0;
}
