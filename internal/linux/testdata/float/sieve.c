// Primes by a sieve, their gaps, and perfect hashing of words: branches, bytes and divisions of 64 bits.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#define N 20000
static uint8_t composite[N];

int main(void)
{
	int count = 0, last = 2, gap = 0;
	double sum = 0;
	for (int i = 2; i < N; i++) {
		if (composite[i])
			continue;
		for (int j = 2 * i; j < N; j += i)
			composite[j] = 1;
		gap = i - last > gap ? i - last : gap, last = i, count++;
		sum += log(i);
	}
	uint64_t f = 600851475143ull, phi = 1;
	for (uint64_t p = 2; p * p <= f; p++)
		while (f % p == 0)
			f /= p, phi *= p - 1;
	static const char *words[] = {"add", "sub", "mul", "div", "and", "or", "xor", "not", "shl", "shr", "cmp", "jmp"};
	for (uint32_t seed = 1;; seed++) {
		uint32_t used = 0;
		for (int i = 0; i < 12; i++) {
			uint32_t h = seed;
			for (const char *c = words[i]; *c; c++)
				h = (h ^ *c) * 16777619;
			used |= 1u << (h >> 12) % 16;
		}
		if (__builtin_popcount(used) == 12) {
			printf("%d %d %.12g %llu %llu %u\n", count, gap, sum, (unsigned long long)f, (unsigned long long)phi, seed);
			return 0;
		}
	}
}
