// Sorting numbers of three kinds, with NaN-free comparisons that become flags and conditional moves.
#include <stdio.h>
#include <stdlib.h>
#define N 600

static int byDouble(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int byFloat(const void *a, const void *b) { return *(const float *)a < *(const float *)b ? -1 : *(const float *)a > *(const float *)b; }

int main(void)
{
	static double d[N];
	static float f[N];
	static int v[N];
	unsigned x = 7;
	for (int i = 0; i < N; i++) {
		x = x * 1664525 + 1013904223;
		d[i] = (int)x / 3.0, f[i] = (x >> 9) / 7.0f - 1e5f, v[i] = x >> 12;
	}
	qsort(d, N, sizeof *d, byDouble);
	qsort(f, N, sizeof *f, byFloat);
	for (int gap = N / 2; gap; gap /= 2)
		for (int i = gap; i < N; i++)
			for (int j = i; j >= gap && v[j - gap] > v[j]; j -= gap) {
				int t = v[j];
				v[j] = v[j - gap], v[j - gap] = t;
			}
	double s = 0;
	for (int i = 0; i < N; i++)
		s = s / 2 + d[i] + f[i] * 3 + v[i];
	printf("%.17g %.17g %.9g %d\n", s, d[0], f[N - 1], v[N / 2]);
	return 0;
}
