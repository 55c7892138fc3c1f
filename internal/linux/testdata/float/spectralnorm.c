// The largest singular value of a matrix that is never stored: divisions of integers as numbers.
#include <math.h>
#include <stdio.h>
#define N 60

static double a(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void times(const double *v, double *out, int transposed)
{
	for (int i = 0; i < N; i++) {
		double s = 0;
		for (int j = 0; j < N; j++)
			s += (transposed ? a(j, i) : a(i, j)) * v[j];
		out[i] = s;
	}
}

int main(void)
{
	double u[N], v[N], t[N], vbv = 0, vv = 0;
	for (int i = 0; i < N; i++)
		u[i] = 1;
	for (int k = 0; k < 6; k++) {
		times(u, t, 0), times(t, v, 1);
		times(v, t, 0), times(t, u, 1);
	}
	for (int i = 0; i < N; i++)
		vbv += u[i] * v[i], vv += v[i] * v[i];
	printf("%.17g\n", sqrt(vbv / vv));
	return 0;
}
