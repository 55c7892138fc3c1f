// Prices of options by formula, by a tree and by Newton's method backwards.
#include <math.h>
#include <stdio.h>

static double cdf(double x) { return erfc(-x / sqrt(2)) / 2; }

static double price(double s, double k, double t, double r, double v)
{
	double d = (log(s / k) + (r + v * v / 2) * t) / (v * sqrt(t));
	return s * cdf(d) - k * exp(-r * t) * cdf(d - v * sqrt(t));
}

int main(void)
{
	for (int i = 0; i < 12; i++) {
		double s = 80 + i * 4, k = 100, t = 0.25 + i * 0.1, r = 0.03, v = 0.2 + i * 0.01, tree[65];
		double dt = t / 64, up = exp(v * sqrt(dt)), p = (exp(r * dt) - 1 / up) / (up - 1 / up);
		for (int j = 0; j <= 64; j++)
			tree[j] = fmax(0, k - s * pow(up, 2 * j - 64));
		for (int n = 63; n >= 0; n--)
			for (int j = 0; j <= n; j++) {
				double wait = exp(-r * dt) * (p * tree[j + 1] + (1 - p) * tree[j]), now = k - s * pow(up, 2 * j - n);
				tree[j] = wait > now ? wait : now;
			}
		double c = price(s, k, t, r, v), guess = 0.5;
		for (int n = 0; n < 12; n++) {
			double d = (log(s / k) + (r + guess * guess / 2) * t) / (guess * sqrt(t));
			guess -= (price(s, k, t, r, guess) - c) / (s * sqrt(t) * exp(-d * d / 2) / sqrt(2 * M_PI) + 1e-12);
		}
		printf("%.13g %.13g %.10g\n", c, tree[0], guess);
	}
	return 0;
}
