// Pixels between RGB, YUV and grey in fixed point, and gamma in floats: bytes widened, multiplied, packed with saturation.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#define N 700
static uint8_t r[N], g[N], b[N], y[N], u[N], v[N], back[N], grey[N];

static uint8_t clamp(int x) { return x < 0 ? 0 : x > 255 ? 255 : x; }

int main(void)
{
	for (int i = 0; i < N; i++)
		r[i] = i * 7, g[i] = i * i >> 3, b[i] = 255 - i * 3;
	for (int i = 0; i < N; i++) {
		y[i] = (77 * r[i] + 150 * g[i] + 29 * b[i] + 128) >> 8;
		u[i] = clamp(((-43 * r[i] - 85 * g[i] + 128 * b[i] + 128) >> 8) + 128);
		v[i] = clamp(((128 * r[i] - 107 * g[i] - 21 * b[i] + 128) >> 8) + 128);
	}
	for (int i = 0; i < N; i++)
		back[i] = clamp(y[i] + ((359 * (v[i] - 128) + 128) >> 8));
	for (int i = 0; i < N; i++)
		grey[i] = (uint8_t)(powf((r[i] + g[i] + b[i]) / 765.0f, 1 / 2.2f) * 255.0f + 0.5f);
	uint32_t h = 0;
	for (int i = 0; i < N; i++)
		h = h * 31 + y[i] + u[i] * 3 + v[i] * 5 + back[i] * 7 + grey[i] * 11;
	printf("%08x\n", h);
	return 0;
}
