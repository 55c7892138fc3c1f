// AES by tables that the program makes itself: shuffles of bytes, arithmetic in a field of 256 elements.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint8_t box[256];

static uint8_t times(uint8_t a, uint8_t b)
{
	uint8_t r = 0;
	for (; b; b >>= 1, a = a << 1 ^ (a >> 7) * 0x1b)
		r ^= b & 1 ? a : 0;
	return r;
}

int main(void)
{
	uint8_t key[176], s[16], t[16], rcon = 1;
	for (int i = 0; i < 256; i++) {
		uint8_t inv = 1, r;
		for (int k = 0; k < 254; k++)
			inv = times(inv, i);
		r = inv;
		for (int k = 1; k < 5; k++)
			r ^= inv << k | inv >> (8 - k);
		box[i] = r ^ 0x63;
	}
	for (int i = 0; i < 16; i++)
		key[i] = i * 17, s[i] = i * 31 + 5;
	for (int i = 16; i < 176; i += 4) {
		uint8_t w[4];
		memcpy(w, key + i - 4, 4);
		if (i % 16 == 0) {
			uint8_t first = w[0];
			w[0] = box[w[1]] ^ rcon, w[1] = box[w[2]], w[2] = box[w[3]], w[3] = box[first];
			rcon = times(rcon, 2);
		}
		for (int k = 0; k < 4; k++)
			key[i + k] = key[i + k - 16] ^ w[k];
	}
	for (int n = 0; n < 50; n++)
		for (int round = 0; round <= 10; round++) {
			if (round) {
				for (int i = 0; i < 16; i++)
					t[i] = box[s[i * 5 % 16]];
				for (int i = 0; i < 16; i++) {
					const uint8_t *c = t + (i & 12);
					int k = i & 3;
					s[i] = round == 10 ? t[i] : times(c[k], 2) ^ times(c[(k + 1) & 3], 3) ^ c[(k + 2) & 3] ^ c[(k + 3) & 3];
				}
			}
			for (int i = 0; i < 16; i++)
				s[i] ^= key[16 * round + i];
		}
	for (int i = 0; i < 16; i++)
		printf("%02x", s[i]);
	puts("");
	return 0;
}
