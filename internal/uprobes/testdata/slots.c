// 40 threads sleep in a probed system call: each holds a slot meanwhile, of which there are 31 (U5).
#include <pthread.h>
#include <stdio.h>

enum { threads = 40 };

long nap(const long *time);
__asm__(".globl nap\nnap: mov $35, %eax\nxor %esi, %esi\n.globl nap_call\nnap_call: syscall\nnop\nret\n");

static int done;

static void *sleeper(void *p) {
	long time[2] = {0, 1000000 + 1000 * (long)p};
	nap(time);
	__sync_fetch_and_add(&done, 1);
	return 0;
}

int main(void) {
	pthread_t t[threads];
	for (long i = 0; i < threads; i++)
		pthread_create(&t[i], 0, sleeper, (void *)i);
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], 0);
	printf("%d slept\n", done);
	return 0;
}
