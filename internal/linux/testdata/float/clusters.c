// Points that find their clusters: distances, the least of several, means.
#include <stdio.h>
#define N 240
#define K 5
static float x[N], y[N];
static int nearest[N];

int main(void)
{
	float cx[K], cy[K];
	unsigned s = 99;
	for (int i = 0; i < N; i++) {
		s = s * 1664525 + 1013904223, x[i] = (s >> 20) / 100.0f + i % K * 30;
		s = s * 1664525 + 1013904223, y[i] = (s >> 20) / 100.0f - i % K * 7;
	}
	for (int k = 0; k < K; k++)
		cx[k] = x[k * 7], cy[k] = y[k * 11];
	for (int n = 0; n < 12; n++) {
		float sx[K] = {0}, sy[K] = {0};
		int count[K] = {0};
		for (int i = 0; i < N; i++) {
			float best = 1e30f;
			for (int k = 0; k < K; k++) {
				float d = (x[i] - cx[k]) * (x[i] - cx[k]) + (y[i] - cy[k]) * (y[i] - cy[k]);
				if (d < best)
					best = d, nearest[i] = k;
			}
		}
		for (int i = 0; i < N; i++)
			sx[nearest[i]] += x[i], sy[nearest[i]] += y[i], count[nearest[i]]++;
		for (int k = 0; k < K; k++)
			if (count[k])
				cx[k] = sx[k] / count[k], cy[k] = sy[k] / count[k];
	}
	for (int k = 0; k < K; k++)
		printf("%.9g %.9g\n", cx[k], cy[k]);
	return 0;
}
