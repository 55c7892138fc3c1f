// Heat on a plate: averages of neighbours, in both precisions.
#include <stdio.h>
#define N 34
static double a[N][N], b[N][N];
static float f[N][N], g[N][N];

int main(void)
{
	for (int i = 0; i < N; i++)
		a[0][i] = b[0][i] = i, f[i][0] = g[i][0] = i * 2.5f;
	for (int n = 0; n < 60; n++) {
		for (int i = 1; i < N - 1; i++)
			for (int j = 1; j < N - 1; j++) {
				b[i][j] = (a[i - 1][j] + a[i + 1][j] + a[i][j - 1] + a[i][j + 1]) * 0.25;
				g[i][j] = f[i][j] + 0.2f * (f[i - 1][j] + f[i + 1][j] + f[i][j - 1] + f[i][j + 1] - 4 * f[i][j]);
			}
		for (int i = 1; i < N - 1; i++)
			for (int j = 1; j < N - 1; j++)
				a[i][j] = b[i][j], f[i][j] = g[i][j];
	}
	double s = 0;
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			s = s * 0.9 + a[i][j] - f[i][j];
	printf("%.17g %.17g %.9g\n", s, a[5][7], f[9][3]);
	return 0;
}
