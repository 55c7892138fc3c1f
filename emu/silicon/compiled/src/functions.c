/*
 * Ordinary compiled code for the comparison with real silicon: what gcc -O2 makes
 * of everyday C, without a C library. Each function gets the data region and a
 * number; all memory that it touches is that region and the stack.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

/* Bounds keep each function to a few thousand instructions. */
enum { WORDS = 24, BYTES = 96 };

struct data {
	u32 words[256];
	u8 bytes[2048];
	float singles[256];
	double doubles[256];
};

u32 insertion_sort(struct data *d, u32 n)
{
	for (u32 i = 1; i < WORDS; i++) {
		u32 x = d->words[i], j = i;
		for (; j > 0 && d->words[j - 1] > x; j--)
			d->words[j] = d->words[j - 1];
		d->words[j] = x;
	}
	return d->words[n % WORDS];
}

static void quick(u32 *a, int low, int high)
{
	while (low < high) {
		u32 pivot = a[(low + high) / 2];
		int i = low, j = high;
		while (i <= j) {
			while (a[i] < pivot)
				i++;
			while (a[j] > pivot)
				j--;
			if (i <= j) {
				u32 t = a[i];
				a[i++] = a[j];
				a[j--] = t;
			}
		}
		quick(a, low, j);
		low = i;
	}
}

u32 quick_sort(struct data *d, u32 n)
{
	quick(d->words, 0, WORDS - 1);
	return d->words[n % WORDS];
}

u32 crc32(struct data *d, u32 n)
{
	u32 crc = ~n;
	for (u32 i = 0; i < BYTES / 3; i++) {
		crc ^= d->bytes[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
	}
	return ~crc;
}

u32 adler32(struct data *d, u32 n)
{
	u32 a = 1, b = n % 65521;
	for (u32 i = 0; i < BYTES; i++) {
		a = (a + d->bytes[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

/* On i386 the compiler open-codes the carries between the halves. */
u64 wide_arithmetic(struct data *d, u32 n)
{
	u64 x = 0x0123456789abcdefull * n, y = n | 1;
	for (u32 i = 0; i < WORDS; i++) {
		x += (u64)d->words[i] << (i & 31);
		y = y * 6364136223846793005ull + x;
		x ^= y >> 29;
		if ((long long)x < (long long)y)
			x -= y;
	}
	return x;
}

u32 division(struct data *d, u32 n)
{
	u32 sum = 0;
	for (u32 i = 0; i < WORDS; i++) {
		u32 by = (n >> (i & 15)) | 1;
		sum += d->words[i] / by + d->words[i] % by;
		sum += (u32)((int)d->words[i] / 7 + (int)d->words[i] % 1000);
		sum ^= (u32)((short)d->words[i] / (short)(by & 0x7fff));
	}
	return sum;
}

u32 bit_twiddling(struct data *d, u32 n)
{
	u32 sum = 0;
	for (u32 i = 0; i < WORDS; i++) {
		u32 x = d->words[i] ^ n;
		if (x)
			sum += __builtin_clz(x) * 64 + __builtin_ctz(x);
		for (u32 y = x; y; y &= y - 1)
			sum++;
		x = x << (n & 31) | x >> (-n & 31);
		sum ^= __builtin_bswap32(x);
		sum += (x & -x) ^ (x & (x - 1));
	}
	return sum;
}

u32 strings(struct data *d, u32 n)
{
	u8 *s = d->bytes, *t = d->bytes + 1024;
	u32 length = 0, same = 0;
	while (length < BYTES && s[length])
		length++;
	for (u32 i = 0; i < length; i++) {
		u8 c = s[i];
		if (c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		t[length - 1 - i] = c;
	}
	t[length] = 0;
	for (u32 i = 0; i < length; i++)
		same += s[i] == t[i];
	return length << 16 | same + n;
}

void *memcpy(void *to, const void *from, __SIZE_TYPE__ size)
{
	void *result = to;
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return result;
}

void *memset(void *to, int value, __SIZE_TYPE__ size)
{
	void *result = to;
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
	return result;
}

u32 block_copies(struct data *d, u32 n)
{
	struct block { u8 b[40]; } local[3];
	memset(local, (int)n, sizeof local);
	memcpy(&local[1], d->bytes + (n & 63), sizeof local[1]);
	local[2] = local[1];
	local[2].b[n % 40] ^= 0xff;
	*(struct block *)(d->bytes + 512) = local[2];
	return d->bytes[512 + (n + 1) % 40];
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

u32 base64(struct data *d, u32 n)
{
	u8 *out = d->bytes + 1024;
	for (u32 i = 0; i + 2 < BYTES / 2; i += 3) {
		u32 v = d->bytes[i] << 16 | d->bytes[i + 1] << 8 | d->bytes[i + 2];
		for (int shift = 18; shift >= 0; shift -= 6)
			*out++ = (u8)alphabet[v >> shift & 63];
	}
	return d->bytes[1024 + n % 32];
}

/* A dense switch: a jump table, and indirect jumps through it. */
u32 interpreter(struct data *d, u32 n)
{
	u32 a = n, b = 1, stack[8], top = 0;
	for (u32 pc = 0; pc < BYTES; pc++) {
		switch (d->bytes[pc] & 15) {
		case 0: a += b; break;
		case 1: a -= b; break;
		case 2: a *= b | 3; break;
		case 3: b ^= a; break;
		case 4: a = a << 3 | a >> 29; break;
		case 5: stack[top++ & 7] = a; break;
		case 6: if (top) a = stack[--top & 7]; break;
		case 7: b = ~b; break;
		case 8: a = (u32)-(int)a; break;
		case 9: a = b ? a / b : 0; break;
		case 10: b = (u32)(signed char)a; break;
		case 11: if (a & 1) pc++; break;
		case 12: b = (u16)a; break;
		case 13: a = a > b; break;
		case 14: b = (u32)((int)b >> 2); break;
		default: break;
		}
	}
	return a ^ b;
}

static u32 ackermann(u32 m, u32 n)
{
	if (m == 0)
		return n + 1;
	if (n == 0)
		return ackermann(m - 1, 1);
	return ackermann(m - 1, ackermann(m, n - 1));
}

__attribute__((optimize("no-optimize-sibling-calls"))) u32 recursion(struct data *d, u32 n)
{
	return ackermann(2, n & 3) + d->words[0];
}

typedef u32 operation(u32, u32);
__attribute__((noinline)) static u32 plus(u32 a, u32 b) { return a + b; }
__attribute__((noinline)) static u32 times(u32 a, u32 b) { return a * b; }
__attribute__((noinline)) static u32 shifted(u32 a, u32 b) { return a >> (b & 31); }
static operation *const operations[] = { plus, times, shifted };

u32 function_pointers(struct data *d, u32 n)
{
	u32 x = n;
	for (u32 i = 0; i < WORDS; i++)
		x = operations[(d->words[i] ^ x) % 3](x, d->words[i]);
	return x;
}

/* SSE2 on x86-64, x87 on i386. */
double polynomial(struct data *d, u32 n)
{
	double x = (double)(int)n / 1024.0, sum = 0;
	for (u32 i = 0; i < WORDS; i++) {
		sum = sum * x + d->doubles[i];
		if (sum > 1e6 || sum < -1e6)
			sum *= 1e-3;
	}
	d->doubles[200] = sum;
	return sum;
}

float newton(struct data *d, u32 n)
{
	float x = (float)((n & 1023) + 1), r = x;
	for (u32 i = 0; i < 12; i++)
		r = (r + x / r) * 0.5f;
	d->singles[200] = r + d->singles[n & 63];
	return r;
}

u32 conversions(struct data *d, u32 n)
{
	u32 sum = n;
	for (u32 i = 0; i < WORDS; i++) {
		double x = d->doubles[i] * 100;
		sum += (u32)(int)x;
		sum ^= (u32)(long long)(x * 3);
		d->singles[i] = (float)x + (float)(int)d->words[i];
		d->doubles[128 + i] = (double)(long long)((u64)d->words[i] << 7);
	}
	return sum;
}

u32 matrix(struct data *d, u32 n)
{
	float *a = d->singles, *b = d->singles + 16, *c = d->singles + 32;
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++) {
			float sum = 0;
			for (int k = 0; k < 4; k++)
				sum += a[4 * i + k] * b[4 * k + j];
			c[4 * i + j] = sum;
		}
	return c[n & 15] > 0;
}
