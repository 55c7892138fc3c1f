/* sparse N: touches words here and there in each of N megabytes, reads them again, and finds them empty when they are
   mapped anew. */
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	size_t n = atoi(argv[1]);
	char *p = mmap(0, n << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return 2;
	for (size_t i = 0; i < n; i++)
		*(volatile size_t *)(p + (i << 20) + i % 5000) = i;
	for (size_t i = 0; i < n; i++)
		if (*(volatile size_t *)(p + (i * 7919 % n << 20) + i * 7919 % n % 5000) != i * 7919 % n)
			return 3;
	if (munmap(p, n << 20) || mmap(p, n << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != p)
		return 4;
	for (size_t i = n - 1; i < n; i -= n / 10)
		if (*(volatile size_t *)(p + (i << 20) + i % 5000))
			return 5;
	return 0;
}
