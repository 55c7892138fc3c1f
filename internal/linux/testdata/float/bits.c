// Bits: the game of life on words, populations, rotations, reversals, Gray codes, Morton codes.
#include <stdint.h>
#include <stdio.h>

static uint64_t world[64], next[64];

static uint64_t rotate(uint64_t x, int n) { return x << n | x >> (64 - n); }

int main(void)
{
	for (int i = 0; i < 64; i++)
		world[i] = 0x9e3779b97f4a7c15ull * (i + 1) & rotate(0xdeadbeefcafebabeull, i % 63 + 1);
	for (int n = 0; n < 40; n++) {
		for (int i = 0; i < 64; i++) {
			uint64_t one = 0, two = 0, four = 0;
			for (int k = -1; k <= 1; k++)
				for (int s = 0; s < 3; s++) {
					uint64_t r = world[(i + k) & 63], v = s == 0 ? rotate(r, 1) : s == 1 ? rotate(r, 63) : k ? r : 0, c = one & v;
					one ^= v, four |= two & c, two ^= c;
				}
			next[i] = two & ~four & (one | world[i]);
		}
		for (int i = 0; i < 64; i++)
			world[i] = next[i];
	}
	uint64_t h = 0;
	int alive = 0;
	for (int i = 0; i < 64; i++) {
		uint64_t x = world[i], m = 0;
		alive += __builtin_popcountll(x);
		for (int k = 0; k < 32; k++)
			m |= (x >> k & 1) << 2 * k;
		h = h * 31 + (x ^ x >> 1) + m + __builtin_bswap64(x) + (x ? __builtin_clzll(x) + __builtin_ctzll(x) : 0) + __builtin_parityll(x);
	}
	printf("%d %llx\n", alive, (unsigned long long)h);
	return 0;
}
