// Sums that lose bits and sums that do not: Kahan's, pairwise, and with the error of each addition.
#include <stdio.h>
#define N 4000
static float a[N];
static double d[N];

static float pairwise(const float *x, int n)
{
	if (n < 9) {
		float s = 0;
		for (int i = 0; i < n; i++)
			s += x[i];
		return s;
	}
	return pairwise(x, n / 2) + pairwise(x + n / 2, n - n / 2);
}

int main(void)
{
	for (int i = 0; i < N; i++)
		a[i] = 1.0f / (i + 1) * (i % 3 ? 1 : -1e4f), d[i] = 1e10 / (i + 3) * (i % 2 ? 1 : -1);
	float plain = 0, kahan = 0, c = 0;
	double sum = 0, error = 0, wide = 0;
	for (int i = 0; i < N; i++) {
		volatile float y = a[i] - c, t = kahan + y, u = t - kahan;
		c = u - y, kahan = t;
		plain += a[i], wide += a[i];
		volatile double s = sum + d[i], bb = s - sum, e1 = s - bb, e2 = d[i] - bb, e3 = sum - e1;
		error += e3 + e2, sum = s;
	}
	printf("%.9g %.9g %.9g %.17g %.17g %.17g\n", plain, kahan, pairwise(a, N), wide, sum, sum + error);
	return 0;
}
