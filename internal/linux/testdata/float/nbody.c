// Planets, with square roots and divisions.
#include <math.h>
#include <stdio.h>
#define N 5
static double p[N][3] = {{0}, {4.84, -1.16, -0.1}, {8.34, 4.12, -0.4}, {12.9, -15.1, -0.22}, {15.4, -25.9, 0.18}};
static double v[N][3] = {{0}, {0.6, 2.8, -0.02}, {-1.01, 1.8, 0.008}, {1.08, 0.87, -0.01}, {0.98, 0.59, -0.03}};
static const double m[N] = {39.47, 0.037, 0.011, 0.0017, 0.002};

int main(void)
{
	for (int step = 0; step < 400; step++) {
		for (int i = 0; i < N; i++)
			for (int j = i + 1; j < N; j++) {
				double d[3], r2 = 0;
				for (int k = 0; k < 3; k++)
					d[k] = p[i][k] - p[j][k], r2 += d[k] * d[k];
				double mag = 0.01 / (r2 * sqrt(r2));
				for (int k = 0; k < 3; k++)
					v[i][k] -= d[k] * m[j] * mag, v[j][k] += d[k] * m[i] * mag;
			}
		for (int i = 0; i < N; i++)
			for (int k = 0; k < 3; k++)
				p[i][k] += 0.01 * v[i][k];
	}
	for (int i = 0; i < N; i++)
		printf("%.17g %.17g %.17g\n", p[i][0], p[i][1], p[i][2]);
	return 0;
}
