// Comparisons that make masks.
#include <stdio.h>

int main(void)
{
	unsigned long h = 0;
	for (int y = 0; y < 32; y++)
		for (int x = 0; x < 64; x += 8) {
			float zr[8] = {0}, zi[8] = {0};
			int n[8] = {0};
			for (int it = 0; it < 50; it++)
				for (int k = 0; k < 8; k++) {
					float cr = (x + k) / 24.0f - 2, ci = y / 16.0f - 1;
					float r = zr[k] * zr[k] - zi[k] * zi[k] + cr, i = 2 * zr[k] * zi[k] + ci;
					int in = r * r + i * i < 4;
					zr[k] = in ? r : zr[k], zi[k] = in ? i : zi[k], n[k] += in;
				}
			for (int k = 0; k < 8; k++)
				h = h * 31 + n[k];
		}
	printf("%lx\n", h);
	return 0;
}
