/* Four threads that call leaf 80,000 times. */
#include <pthread.h>
#include <stdio.h>

__attribute__((noinline)) int leaf(int x)
{
	__asm__ volatile("" ::: "memory");
	return x * 3;
}

static void *run(void *unused)
{
	long sum = 0;
	for (int i = 0; i < 20000; i++)
		sum += leaf(i);
	return (void *)sum;
}

int main(void)
{
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		pthread_create(t + i, 0, run, 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], 0);
	puts("ok");
	return 0;
}
