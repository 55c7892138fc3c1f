// A product of matrices in both precisions: FMA and broadcasts.
#include <stdio.h>
#define N 48
static double a[N][N], b[N][N], c[N][N];
static float fa[N][N], fb[N][N], fc[N][N];

int main(void)
{
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) {
			fa[i][j] = a[i][j] = (i * 7 + j * 3) % 11 / 3.0;
			fb[i][j] = b[i][j] = (i * 5 - j) % 13 / 7.0;
		}
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++)
			for (int j = 0; j < N; j++) {
				c[i][j] += a[i][k] * b[k][j];
				fc[i][j] += fa[i][k] * fb[k][j];
			}
	double sum = 0;
	float fsum = 0;
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) {
			sum = sum * 0.75 + c[i][j];
			fsum = fsum * 0.75f + fc[i][j];
		}
	printf("%.17g %.9g\n", sum, fsum);
	return 0;
}
