// A heap that grows, shrinks and moves, through brk, mmap, mremap and munmap.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	char *p[12], *big = malloc(200000);
	unsigned sum = 0;
	memset(big, 1, 10);
	for (int i = 0; i < 12; i++) {
		p[i] = malloc(i * 701 + 1000);
		memset(p[i], i, i + 30);
	}
	for (int i = 0; i < 12; i += 3) free(p[i]);
	for (int i = 1; i < 12; i += 3) p[i] = realloc(p[i], 20000 + i);
	for (int i = 0; i < 12; i++)
		if (i % 3) sum = sum * 31 + p[i][i];
	big = realloc(big, 1000000);
	big[999999] = 3;
	big = realloc(big, 300000);
	sum += big[9];
	free(big);
	char *zero = calloc(1, 150000);
	sum += zero[149999];
	printf("%u\n", sum);
	return sum & 63;
}
