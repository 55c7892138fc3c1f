// A cubic spline through points, and its integral by Simpson's rule and by Romberg's.
#include <math.h>
#include <stdio.h>
#define N 16

static double x[N], y[N], m[N];

static double at(double v)
{
	int i = 0;
	while (i < N - 2 && v > x[i + 1])
		i++;
	double h = x[i + 1] - x[i], a = (x[i + 1] - v) / h, b = (v - x[i]) / h;
	return a * y[i] + b * y[i + 1] + ((a * a * a - a) * m[i] + (b * b * b - b) * m[i + 1]) * h * h / 6;
}

int main(void)
{
	double u[N] = {0}, r[10][10], simpson = 0;
	for (int i = 0; i < N; i++)
		x[i] = i + 0.1 * sin(i), y[i] = exp(-i / 5.0) * cos(i);
	for (int i = 1; i < N - 1; i++) {
		double s = (x[i] - x[i - 1]) / (x[i + 1] - x[i - 1]), p = s * m[i - 1] + 2;
		m[i] = (s - 1) / p;
		u[i] = (6 * ((y[i + 1] - y[i]) / (x[i + 1] - x[i]) - (y[i] - y[i - 1]) / (x[i] - x[i - 1])) / (x[i + 1] - x[i - 1]) - s * u[i - 1]) / p;
	}
	m[N - 1] = 0;
	for (int i = N - 2; i >= 0; i--)
		m[i] = m[i] * m[i + 1] + u[i];
	double a = x[0], b = x[N - 1], h = (b - a) / 200;
	for (int i = 0; i <= 200; i++)
		simpson += at(a + i * h) * (i == 0 || i == 200 ? 1 : i & 1 ? 4 : 2) * h / 3;
	for (int n = 0; n < 10; n++) {
		r[n][0] = n ? r[n - 1][0] / 2 : (at(a) + at(b)) * (b - a) / 2;
		for (int i = 1; n && i < 1 << n; i += 2)
			r[n][0] += at(a + (b - a) * i / (1 << n)) * (b - a) / (1 << n);
		for (int k = 1; k <= n; k++)
			r[n][k] = r[n][k - 1] + (r[n][k - 1] - r[n - 1][k - 1]) / ((1LL << 2 * k) - 1);
	}
	printf("%.17g %.17g %.17g\n", at(3.3), simpson, r[9][9]);
	return 0;
}
