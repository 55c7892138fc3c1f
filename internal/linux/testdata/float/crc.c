// Cyclic redundancy checks by table and by bits, of 16, 32 and 64 bits.
#include <stdint.h>
#include <stdio.h>

static uint32_t table[256];

int main(void)
{
	static uint8_t data[3000];
	uint32_t x = 1, crc32 = ~0u;
	uint64_t crc64 = 0;
	uint16_t crc16 = 0xffff;
	for (int i = 0; i < 256; i++) {
		table[i] = i;
		for (int k = 0; k < 8; k++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
	}
	for (int i = 0; i < 3000; i++)
		data[i] = (x = x * 1103515245 + 12345) >> 16;
	for (int i = 0; i < 3000; i++) {
		crc32 = crc32 >> 8 ^ table[(crc32 ^ data[i]) & 255];
		crc16 ^= data[i] << 8;
		crc64 ^= (uint64_t)data[i] << 56;
		for (int k = 0; k < 8; k++) {
			crc16 = crc16 << 1 ^ (crc16 & 0x8000 ? 0x1021 : 0);
			crc64 = crc64 << 1 ^ (crc64 >> 63 ? 0x42f0e1eba9ea3693 : 0);
		}
	}
	printf("%08x %04x %016llx\n", ~crc32, crc16, (unsigned long long)crc64);
	return 0;
}
