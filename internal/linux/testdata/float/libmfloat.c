// The C library's mathematics in floats.
#include <math.h>
#include <stdio.h>

int main(void)
{
	for (int i = 1; i < 40; i++) {
		volatile float x = i * 0.37f - 4.1f, y = i * 0.21f;
		printf("%a %a %a %a %a %a ", sinf(x * 30), cosf(x), tanf(x), asinf(x / 5), acosf(x / 5), atanf(x));
		printf("%a %a %a %a %a %a ", atan2f(x, y), expf(x), exp2f(x), expm1f(y), logf(y), log2f(y));
		printf("%a %a %a %a %a %a ", log10f(y), log1pf(y), powf(y, x), sqrtf(y), cbrtf(x), hypotf(x, y));
		printf("%a %a %a %a %a %a %a\n", sinhf(x), coshf(x), tanhf(x), asinhf(x), acoshf(y + 1), atanhf(x / 12), erff(x));
	}
	return 0;
}
