// A chaotic system by Runge and Kutta's method: any rounding that is not the processor's shows.
#include <stdio.h>

static void slope(const double *y, double *d)
{
	d[0] = 10 * (y[1] - y[0]);
	d[1] = y[0] * (28 - y[2]) - y[1];
	d[2] = y[0] * y[1] - 8.0 / 3 * y[2];
}

int main(void)
{
	double y[3] = {1, 1.5, 20}, k[4][3], t[3];
	const double h = 0.01;
	for (int n = 0; n < 3000; n++) {
		slope(y, k[0]);
		for (int s = 1; s < 4; s++) {
			for (int i = 0; i < 3; i++)
				t[i] = y[i] + k[s - 1][i] * (s == 3 ? h : h / 2);
			slope(t, k[s]);
		}
		for (int i = 0; i < 3; i++)
			y[i] += h / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
		if (n % 500 == 499)
			printf("%.17g %.17g %.17g\n", y[0], y[1], y[2]);
	}
	return 0;
}
