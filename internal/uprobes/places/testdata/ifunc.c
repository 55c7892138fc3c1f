// Functions that are chosen when the program is bound.
#include <stdio.h>

static int only(int x) { return x + 1; }
static void *choose(void) { return only; }
int single(int) __attribute__((ifunc("choose")));

static int fast(int x) { return x + 2; }
static int slow(int x) { return x + 3; }
static void *pick(void) { return __builtin_cpu_supports("avx2") ? (void *)fast : (void *)slow; }
int several(int) __attribute__((ifunc("pick")));

int main(void)
{
	int sum = 0;
	for (int i = 0; i < 5; i++)
		sum += single(i) + several(i);
	printf("%d\n", sum);
}
