// Threads that compute with modes of rounding of their own.
#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

static double result[4];
static long double longResult[4];

static void *work(void *p)
{
	static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
	int n = *(int *)p;
	fesetround(modes[n]);
	volatile double s = 0;
	volatile long double l = 0;
	for (int i = 1; i < 2000; i++)
		s += 1.0 / i, l += 1.0L / i;
	result[n] = s, longResult[n] = l;
	return 0;
}

int main(void)
{
	pthread_t t[4];
	int n[4] = {0, 1, 2, 3};
	for (int i = 0; i < 4; i++)
		pthread_create(t + i, 0, work, n + i);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], 0);
	for (int i = 0; i < 4; i++)
		printf("%a %La\n", result[i], longResult[i]);
	printf("%d\n", fegetround() == FE_TONEAREST);
	return 0;
}
