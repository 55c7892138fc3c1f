// Which root of z^3 = 1 Newton's method finds from each point, in floats.
#include <stdio.h>

int main(void)
{
	for (int y = 0; y < 16; y++) {
		for (int x = 0; x < 48; x++) {
			float a = x / 12.0f - 1.97f, b = y / 4.0f - 1.93f;
			int n = 0;
			for (; n < 30; n++) {
				float r = a * a - b * b, i = 2 * a * b; // z^2
				float q = r * r + i * i;
				if (q < 1e-12f)
					break;
				float na = 2 * a / 3 + r / (3 * q), nb = 2 * b / 3 - i / (3 * q);
				float d = (na - a) * (na - a) + (nb - b) * (nb - b);
				a = na, b = nb;
				if (d < 1e-10f)
					break;
			}
			putchar(n > 25 ? '#' : (a > 0 ? 'a' : b > 0 ? 'b' : 'c') - (n & 1) * 32);
		}
		putchar('\n');
	}
	return 0;
}
