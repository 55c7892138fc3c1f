// An image scaled by interpolation, blurred, sharpened, its edges and its histogram.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#define N 40
static uint8_t in[N][N], big[2 * N][2 * N], blurred[N][N], edges[N][N];

int main(void)
{
	int histogram[16] = {0};
	uint32_t h = 0;
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			in[i][j] = (i - 20) * (i - 20) + (j - 17) * (j - 17) < 180 ? 220 - i : i * j / 9;
	for (int i = 0; i < 2 * N - 2; i++)
		for (int j = 0; j < 2 * N - 2; j++) {
			float y = i * 0.49f, x = j * 0.49f;
			int a = (int)y, b = (int)x;
			float fy = y - a, fx = x - b;
			float top = in[a][b] * (1 - fx) + in[a][b + 1] * fx, low = in[a + 1][b] * (1 - fx) + in[a + 1][b + 1] * fx;
			big[i][j] = (uint8_t)lrintf(top * (1 - fy) + low * fy);
		}
	for (int i = 1; i < N - 1; i++)
		for (int j = 1; j < N - 1; j++) {
			int s = 0, gx = 0, gy = 0;
			for (int k = -1; k <= 1; k++) {
				s += in[i + k][j - 1] + 2 * in[i + k][j] + in[i + k][j + 1];
				gx += (in[i + k][j + 1] - in[i + k][j - 1]) * (k ? 1 : 2);
				gy += (in[i + 1][j + k] - in[i - 1][j + k]) * (k ? 1 : 2);
			}
			blurred[i][j] = s / 12;
			int e = (int)sqrtf((float)(gx * gx + gy * gy));
			edges[i][j] = e > 255 ? 255 : e;
		}
	for (int i = 0; i < 2 * N; i++)
		for (int j = 0; j < 2 * N; j++)
			histogram[big[i][j] >> 4]++, h = h * 31 + big[i][j] + blurred[i / 2][j / 2] * 3 + edges[i / 2][j / 2] * 7;
	for (int i = 0; i < 16; i++)
		printf("%d ", histogram[i]);
	printf("%08x\n", h);
	return 0;
}
