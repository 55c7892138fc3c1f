// Constants from their series in long doubles.
#include <stdio.h>

static long double arctan(long double x)
{
	long double s = 0, p = x;
	for (int k = 1; k < 60; k += 2, p *= -x * x)
		s += p / k;
	return s;
}

int main(void)
{
	long double e = 1, t = 1, zeta = 0, gamma = 0, ln2 = 0, catalan = 0;
	for (int k = 1; k < 30; k++)
		e += t /= k;
	for (int k = 20000; k > 0; k--) {
		zeta += 1.0L / k / k;
		gamma += 1.0L / k;
		ln2 += (k & 1 ? 1.0L : -1.0L) / k;
		catalan += (k & 1 ? 1.0L : -1.0L) / (2.0L * k - 1) / (2.0L * k - 1);
	}
	printf("%.21Lg %.21Lg %.21Lg %.21Lg %.21Lg %.21Lg\n", e, 16 * arctan(1 / 5.0L) - 4 * arctan(1 / 239.0L), zeta, gamma, ln2, catalan);
	printf("%La %La %La\n", e, zeta, ln2);
	return 0;
}
