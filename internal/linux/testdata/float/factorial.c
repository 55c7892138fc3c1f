// Long numbers: a factorial, its digits, and a power modulo a number of 63 bits.
#include <stdint.h>
#include <stdio.h>
#define DIGITS 120

int main(void)
{
	static uint32_t d[DIGITS] = {1};
	for (uint32_t n = 2; n <= 300; n++) {
		uint64_t carry = 0;
		for (int i = 0; i < DIGITS; i++) {
			carry += (uint64_t)d[i] * n;
			d[i] = carry % 1000000, carry /= 1000000;
		}
	}
	for (int i = DIGITS - 1; i >= 0; i--)
		printf("%06u", d[i]);
	puts("");
	uint64_t m = 0x7fffffffffffffe7, base = 0x123456789abcdef, result = 1;
	for (int e = 1000003; e; e >>= 1) {
		uint64_t square = 0;
		if (e & 1) {
			uint64_t r = 0;
			for (int k = 63; k >= 0; k--)
				r = (r * 2 % m + (result >> k & 1) * base) % m;
			result = r;
		}
		for (int k = 63; k >= 0; k--)
			square = (square * 2 % m + (base >> k & 1) * base) % m;
		base = square;
	}
	printf("%llx\n", (unsigned long long)result);
	return 0;
}
