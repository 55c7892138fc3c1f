// A filter over samples: 16-bit fixed point with rounding and saturation, floats, and a recursive one in doubles.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#define N 800
#define TAPS 24
static int16_t x[N], y[N], h[TAPS];
static float fx[N], fy[N], fh[TAPS];

int main(void)
{
	for (int i = 0; i < N; i++)
		fx[i] = sinf(i * 0.11f) + 0.5f * sinf(i * 0.73f), x[i] = lrintf(fx[i] * 20000);
	for (int i = 0; i < TAPS; i++)
		fh[i] = 0.54f - 0.46f * cosf(6.2831853f * i / (TAPS - 1)), h[i] = fh[i] * 3000;
	for (int i = 0; i < N - TAPS; i++) {
		int32_t s = 1 << 13;
		float f = 0;
		for (int k = 0; k < TAPS; k++)
			s += x[i + k] * h[k], f += fx[i + k] * fh[k];
		s >>= 14;
		y[i] = s > 32767 ? 32767 : s < -32768 ? -32768 : s;
		fy[i] = f;
	}
	double z1 = 0, z2 = 0, sum = 0;
	int64_t t = 0;
	for (int i = 0; i < N; i++) {
		double in = fx[i] - 1.6 * z1 * -0.99 - 0.81 * z2, out = in - 2 * z1 + z2;
		z2 = z1, z1 = in;
		sum += out * out / 1e6;
		t = t * 3 + y[i];
	}
	printf("%lld %.9g %.9g %.17g\n", (long long)t, fy[100], fy[700], sum);
	return 0;
}
