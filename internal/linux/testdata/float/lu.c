// Linear equations: elimination with pivots in doubles, Cholesky's decomposition in floats, the residual in long doubles.
#include <math.h>
#include <stdio.h>
#define N 24

int main(void)
{
	static double a[N][N], lu[N][N], b[N], x[N];
	static float c[N][N];
	for (int i = 0; i < N; i++) {
		for (int j = 0; j < N; j++)
			lu[i][j] = a[i][j] = ((i * 31 + j * 17) % 23 - 11) / 7.0 + (i == j) * 3;
		x[i] = b[i] = i % 5 - 1.5;
	}
	for (int k = 0; k < N; k++) {
		int p = k;
		for (int i = k; i < N; i++)
			if (fabs(lu[i][k]) > fabs(lu[p][k]))
				p = i;
		for (int j = 0; j < N; j++) {
			double t = lu[k][j];
			lu[k][j] = lu[p][j], lu[p][j] = t;
		}
		double t = x[k];
		x[k] = x[p], x[p] = t;
		for (int i = k + 1; i < N; i++) {
			double f = lu[i][k] / lu[k][k];
			for (int j = k; j < N; j++)
				lu[i][j] -= f * lu[k][j];
			x[i] -= f * x[k];
		}
	}
	for (int i = N - 1; i >= 0; i--) {
		for (int j = i + 1; j < N; j++)
			x[i] -= lu[i][j] * x[j];
		x[i] /= lu[i][i];
	}
	long double worst = 0;
	for (int i = 0; i < N; i++) {
		long double r = b[i];
		for (int j = 0; j < N; j++)
			r -= (long double)a[i][j] * x[j];
		worst = fabsl(r) > worst ? fabsl(r) : worst;
	}
	for (int i = 0; i < N; i++)
		for (int j = 0; j <= i; j++) {
			float s = 1.0f / (1 + i - j) + (i == j) * N;
			for (int k = 0; k < j; k++)
				s -= c[i][k] * c[j][k];
			c[i][j] = i == j ? sqrtf(s) : s / c[j][j];
		}
	printf("%.17g %.17g %.18Lg %.9g %.9g\n", x[0], x[N - 1], worst, c[N - 1][N - 1], c[N - 1][0]);
	return 0;
}
