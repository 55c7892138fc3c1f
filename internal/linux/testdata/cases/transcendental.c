// Transcendental functions and remainders of x87 at 64 bits of significand.
#include <stdio.h>

int main(void)
{
	long double r;
	__asm__("fyl2x" : "=t"(r) : "0"(-8.0L), "u"(1.0L) : "st(1)");
	printf("fyl2x %Lg\n", r);
	__asm__("fprem" : "=t"(r) : "0"(8.0625L), "u"(4.5351L));
	printf("fprem %.21Lg\n", r);
	__asm__("fprem1" : "=t"(r) : "0"(1e30L), "u"(0.7L));
	printf("fprem1 %.21Lg\n", r);
	__asm__("f2xm1" : "=t"(r) : "0"(0.3L));
	printf("f2xm1 %.21Lg\n", r);
	__asm__("fsin" : "=t"(r) : "0"(1e10L));
	printf("fsin %.21Lg\n", r);
	__asm__("fpatan" : "=t"(r) : "0"(2.0L), "u"(3.0L) : "st(1)");
	printf("fpatan %.21Lg\n", r);
	return 0;
}
