// Tables that are looked up by index, and stores under a condition: gathers and masked moves.
#include <stdio.h>
#define N 500
static int idx[N], table[256], out[N];
static float ft[256], fo[N];
static double dt[256], dout[N];

int main(void)
{
	for (int i = 0; i < 256; i++)
		table[i] = i * i - 99, ft[i] = i / 3.0f, dt[i] = i / 7.0;
	for (int i = 0; i < N; i++)
		idx[i] = i * 37 & 255;
	for (int i = 0; i < N; i++)
		out[i] = table[idx[i]];
	for (int i = 0; i < N; i++)
		fo[i] = ft[idx[i]] * 2;
	for (int i = 0; i < N; i++)
		dout[i] = dt[idx[i]] + 1;
	for (int i = 0; i < N; i++)
		if (out[i] > 1000)
			out[i] = -out[i];
	long s = 0;
	double f = 0;
	for (int i = 0; i < N; i++)
		s = s * 3 + out[i], f = f / 2 + fo[i] + dout[i];
	printf("%ld %.17g\n", s, f);
	return 0;
}
