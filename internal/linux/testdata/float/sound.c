// A voice that is synthesised, windowed, correlated with itself and predicted: linear prediction by Levinson's method.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#define N 480
#define P 12

int main(void)
{
	static float x[N];
	static int16_t pcm[N];
	double r[P + 1], a[P + 1] = {1}, error;
	for (int i = 0; i < N; i++) {
		float s = 0;
		for (int k = 1; k < 8; k++)
			s += sinf(i * 0.07f * k + k * k) / k;
		pcm[i] = (int16_t)(s * 9000);
		x[i] = pcm[i] / 32768.0f * (0.54f - 0.46f * cosf(6.2831853f * i / (N - 1)));
	}
	for (int k = 0; k <= P; k++) {
		float s = 0;
		for (int i = k; i < N; i++)
			s += x[i] * x[i - k];
		r[k] = s;
	}
	error = r[0];
	for (int k = 1; k <= P; k++) {
		double q = r[k], t[P + 1];
		for (int j = 1; j < k; j++)
			q += a[j] * r[k - j];
		q = -q / error;
		for (int j = 0; j <= k; j++)
			t[j] = a[j];
		for (int j = 1; j <= k; j++)
			a[j] = t[j] + q * (j == k ? 1 : t[k - j]);
		error *= 1 - q * q;
	}
	for (int k = 0; k <= P; k++)
		printf("%.12g ", a[k]);
	printf("%.12g\n", error);
	return 0;
}
