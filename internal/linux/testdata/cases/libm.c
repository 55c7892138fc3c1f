// The C library's mathematics to the last bit, which on i386 is x87's.
#include <math.h>
#include <stdio.h>

int main(void)
{
	for (int i = 1; i < 40; i++) {
		volatile double x = i * 0.37, y = i * 1.7e9;
		printf("%d %a %a %a %a %a %a %a %a %a\n", i, log(x), exp(x), pow(x, 2.3), fmod(y, x), sin(x * 100), atan(x), tan(x), log10(x), cbrt(x));
	}
	volatile double n = -8;
	printf("%g %g\n", log(n), fmod(1e300, 3.3));
	printf("%.3f %.17g %Lg\n", 1.005, 0.1, 1.0L / 3);
	return 0;
}
