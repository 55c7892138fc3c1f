// Base 64 and hexadecimal, there and back, and a run-length code.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t in[300], back[300], packed[700], unpacked[300];
	char out[401] = {0}, hex[601] = {0};
	for (int i = 0; i < 300; i++)
		in[i] = i * i >> 3 & (i & 32 ? 0xff : 0x30);
	for (int i = 0; i < 300; i += 3) {
		uint32_t w = in[i] << 16 | in[i + 1] << 8 | in[i + 2];
		for (int k = 0; k < 4; k++)
			out[i / 3 * 4 + k] = digits[w >> (18 - 6 * k) & 63];
	}
	for (int i = 0; i < 400; i += 4) {
		uint32_t w = 0;
		for (int k = 0; k < 4; k++)
			w = w << 6 | (uint32_t)(strchr(digits, out[i + k]) - digits);
		for (int k = 0; k < 3; k++)
			back[i / 4 * 3 + k] = w >> (16 - 8 * k);
	}
	for (int i = 0; i < 300; i++)
		hex[2 * i] = "0123456789abcdef"[in[i] >> 4], hex[2 * i + 1] = "0123456789abcdef"[in[i] & 15];
	int n = 0, m = 0;
	for (int i = 0, k; i < 300; i += k) {
		for (k = 1; i + k < 300 && k < 255 && in[i + k] == in[i]; k++)
			;
		packed[n++] = k, packed[n++] = in[i];
	}
	for (int i = 0; i < n; i += 2)
		for (int k = 0; k < packed[i]; k++)
			unpacked[m++] = packed[i + 1];
	printf("%s\n%.80s\n%d %d %d %d\n", out, hex, memcmp(in, back, 300), memcmp(in, unpacked, 300), n, m);
	return 0;
}
