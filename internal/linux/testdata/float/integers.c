// Loops over integers of every size: saturation, minima, widening, comparisons, variable shifts.
#include <stdint.h>
#include <stdio.h>
#define N 777
static uint8_t a8[N], b8[N], c8[N];
static int8_t s8[N];
static uint16_t a16[N], b16[N], c16[N];
static int32_t a32[N], b32[N], c32[N];
static uint64_t a64[N], c64[N];

int main(void)
{
	uint32_t x = 12345;
	for (int i = 0; i < N; i++) {
		x = x * 1664525 + 1013904223;
		a8[i] = x >> 24, b8[i] = x >> 16, a16[i] = x >> 8, b16[i] = x, a32[i] = x * 7, b32[i] = x ^ x << 9, a64[i] = (uint64_t)x * x;
	}
	for (int i = 0; i < N; i++) {
		int s = a8[i] + b8[i], d = a16[i] - b16[i];
		c8[i] = s > 255 ? 255 : s;
		s8[i] = (int8_t)(a8[i] > b8[i] ? a8[i] : b8[i]) >> 1;
		c16[i] = d < 0 ? 0 : d;
		c32[i] = (a32[i] < b32[i] ? a32[i] : b32[i]) >> (i & 31);
		c64[i] = a64[i] << (i & 63) | (a64[i] > (uint64_t)i << 40);
	}
	uint64_t h = 1;
	int64_t dot = 0;
	for (int i = 0; i < N; i++) {
		h = h * 31 + c8[i] + s8[i] + c16[i] + c32[i] + c64[i];
		dot += (int64_t)a32[i] * b32[i] + (int16_t)a16[i] * (int16_t)b16[i];
	}
	int sad = 0;
	for (int i = 0; i < N; i++)
		sad += a8[i] > b8[i] ? a8[i] - b8[i] : b8[i] - a8[i];
	printf("%llx %lld %d\n", (unsigned long long)h, (long long)dot, sad);
	return 0;
}
