// A Fourier transform of complex numbers: horizontal additions, shuffles, additions with subtractions.
#include <complex.h>
#include <math.h>
#include <stdio.h>
#define N 128

static void fft(double complex *x, int n, int step, double complex *out)
{
	if (n == 1) {
		out[0] = x[0];
		return;
	}
	fft(x, n / 2, 2 * step, out);
	fft(x + step, n / 2, 2 * step, out + n / 2);
	for (int k = 0; k < n / 2; k++) {
		double complex t = cexp(-2 * M_PI * I * k / n) * out[k + n / 2];
		out[k + n / 2] = out[k] - t;
		out[k] += t;
	}
}

int main(void)
{
	static double complex x[N], y[N];
	for (int i = 0; i < N; i++)
		x[i] = sin(i * 0.3) + I * cos(i * 1.7);
	fft(x, N, 1, y);
	double s = 0;
	for (int i = 0; i < N; i++)
		s += cabs(y[i]) * (i + 1);
	printf("%.17g %.17g %.17g\n", s, creal(y[3]), cimag(y[77]));
	return 0;
}
