// Random numbers: uniform, normal by two methods, and their moments.
#include <math.h>
#include <stdint.h>
#include <stdio.h>

static uint64_t s[2] = {0x12345678, 0x9abcdef0};

static double uniform(void)
{
	uint64_t a = s[0], b = s[1];
	s[0] = b, a ^= a << 23, s[1] = a ^ b ^ a >> 17 ^ b >> 26;
	return ((s[1] + b) >> 11) * 0x1p-53;
}

int main(void)
{
	double sum = 0, square = 0, cube = 0, polar = 0;
	int inside = 0;
	for (int i = 0; i < 1500; i++) {
		double r = sqrt(-2 * log(uniform() + 1e-300)), t = 2 * M_PI * uniform(), x = r * cos(t), y = r * sin(t);
		sum += x + y, square += x * x + y * y, cube += x * x * x + y * y * y;
		double u, v, q;
		do {
			u = 2 * uniform() - 1, v = 2 * uniform() - 1, q = u * u + v * v;
		} while (q >= 1 || q == 0);
		polar += u * sqrt(-2 * log(q) / q);
		inside += u * u + v * v * 4 < 1;
	}
	printf("%.14g %.14g %.14g %.14g %d\n", sum / 3000, square / 3000, cube / 3000, polar / 1500, inside);
	return 0;
}
