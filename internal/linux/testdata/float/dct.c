// Cosine transforms of blocks of 8 by 8 and back, with quantisation: conversions between integers and floats.
#include <math.h>
#include <stdint.h>
#include <stdio.h>

int main(void)
{
	float cosine[8][8], block[8][8], t[8][8];
	for (int u = 0; u < 8; u++)
		for (int i = 0; i < 8; i++)
			cosine[u][i] = cosf((2 * i + 1) * u * 3.14159265f / 16) * (u ? 0.5f : 0.35355339f);
	uint32_t h = 0;
	for (int n = 0; n < 40; n++) {
		int16_t q[8][8];
		uint8_t out[8][8];
		for (int i = 0; i < 8; i++)
			for (int j = 0; j < 8; j++)
				block[i][j] = (uint8_t)(i * j * n + 37 * i + n * n) - 128.0f;
		for (int i = 0; i < 8; i++)
			for (int u = 0; u < 8; u++) {
				t[i][u] = 0;
				for (int j = 0; j < 8; j++)
					t[i][u] += block[i][j] * cosine[u][j];
			}
		for (int v = 0; v < 8; v++)
			for (int u = 0; u < 8; u++) {
				float s = 0;
				for (int i = 0; i < 8; i++)
					s += t[i][u] * cosine[v][i];
				q[v][u] = (int16_t)roundf(s / (1 + u + v));
			}
		for (int i = 0; i < 8; i++)
			for (int j = 0; j < 8; j++) {
				float s = 128;
				for (int v = 0; v < 8; v++)
					for (int u = 0; u < 8; u++)
						s += q[v][u] * (1 + u + v) * cosine[v][i] * cosine[u][j];
				out[i][j] = s < 0 ? 0 : s > 255 ? 255 : (uint8_t)s;
				h = h * 31 + out[i][j] + q[i][j];
			}
	}
	printf("%08x\n", h);
	return 0;
}
