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

static u32 rotate(u32 x, u32 n) { return x >> n | x << (32 - n); }

/* One SHA-256 compression with made-up constants. */
u32 compression(struct data *d, u32 n)
{
	u32 w[24], h[8];
	for (int i = 0; i < 16; i++)
		w[i] = d->words[i] ^ n;
	for (int i = 16; i < 24; i++) {
		u32 s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
		u32 s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
	for (int i = 0; i < 8; i++)
		h[i] = 0x6a09e667u * (u32)(i + 1);
	for (int i = 0; i < 24; i++) {
		u32 s1 = rotate(h[4], 6) ^ rotate(h[4], 11) ^ rotate(h[4], 25);
		u32 t1 = h[7] + s1 + ((h[4] & h[5]) ^ (~h[4] & h[6])) + w[i];
		u32 s0 = rotate(h[0], 2) ^ rotate(h[0], 13) ^ rotate(h[0], 22);
		u32 t2 = s0 + ((h[0] & h[1]) ^ (h[0] & h[2]) ^ (h[1] & h[2]));
		for (int k = 7; k > 0; k--)
			h[k] = h[k - 1];
		h[4] += t1;
		h[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		d->words[32 + i] = h[i];
	return h[0];
}

static void sift(u32 *a, u32 i, u32 size)
{
	for (;;) {
		u32 child = 2 * i + 1;
		if (child >= size)
			return;
		if (child + 1 < size && a[child + 1] > a[child])
			child++;
		if (a[i] >= a[child])
			return;
		u32 t = a[i];
		a[i] = a[child];
		a[child] = t;
		i = child;
	}
}

u32 heap_sort(struct data *d, u32 n)
{
	for (u32 i = WORDS / 2; i-- > 0;)
		sift(d->words, i, WORDS);
	for (u32 size = WORDS; size-- > 1;) {
		u32 t = d->words[0];
		d->words[0] = d->words[size];
		d->words[size] = t;
		sift(d->words, 0, size);
	}
	return d->words[n % WORDS];
}

static u8 *format(u8 *out, int value, u32 base, int width, char fill)
{
	char digits[34];
	int count = 0, negative = value < 0 && base == 10;
	u32 v = negative ? (u32)-value : (u32)value;
	do {
		digits[count++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (negative)
		digits[count++] = '-';
	for (int i = count; i < width; i++)
		*out++ = (u8)fill;
	while (count)
		*out++ = (u8)digits[--count];
	return out;
}

u32 number_formatting(struct data *d, u32 n)
{
	u8 *out = d->bytes + 1024;
	for (u32 i = 0; i < 4; i++) {
		int v = (int)(d->words[i] ^ n);
		out = format(out, v, 10, 12, ' ');
		out = format(out, v, 16, 8, '0');
		out = format(out, v & 0xff, 2, 0, 0);
		*out++ = '\n';
	}
	return (u32)(out - d->bytes);
}

struct node { int key; short left, right; };

u32 binary_tree(struct data *d, u32 n)
{
	struct node *tree = (struct node *)d->doubles;
	int used = 0, depth = 0;
	for (u32 i = 0; i < WORDS; i++) {
		int key = (int)(d->words[i] * 2654435761u ^ n), at = 0, level = 0;
		tree[used] = (struct node){ key, -1, -1 };
		while (used) {
			short *next = key < tree[at].key ? &tree[at].left : &tree[at].right;
			level++;
			if (*next < 0) {
				*next = (short)used;
				break;
			}
			at = *next;
		}
		used++;
		if (level > depth)
			depth = level;
	}
	return (u32)depth;
}

u32 long_multiplication(struct data *d, u32 n)
{
	u32 *a = d->words, *b = d->words + 8, *product = d->words + 64;
	for (int i = 0; i < 16; i++)
		product[i] = 0;
	for (int i = 0; i < 8; i++) {
		u64 carry = n;
		for (int j = 0; j < 8; j++) {
			carry += (u64)a[i] * b[j] + product[i + j];
			product[i + j] = (u32)carry;
			carry >>= 32;
		}
		product[i + 8] = (u32)carry;
	}
	u32 borrow = 0;
	for (int i = 0; i < 16; i++) {
		u64 t = (u64)product[i] - d->words[100 + i] - borrow;
		product[i] = (u32)t;
		borrow = (u32)(t >> 63);
	}
	return product[15] + borrow;
}

/* A tokenizer: nested conditions on characters, and a small state machine. */
u32 tokens(struct data *d, u32 n)
{
	enum { SPACE, WORD, NUMBER, MARK } state = SPACE;
	u32 words = 0, marks = 0, value = 0, sum = 0;
	for (u32 i = 0; i < BYTES; i++) {
		u8 c = d->bytes[(i + n) % 1024];
		int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		int digit = c >= '0' && c <= '9';
		switch (state) {
		case NUMBER:
			if (digit) {
				value = value * 10 + (c - '0');
				continue;
			}
			sum += value;
			value = 0;
			break;
		case WORD:
			if (letter || digit)
				continue;
			words++;
			break;
		case MARK:
			marks++;
			break;
		case SPACE:
			break;
		}
		state = letter ? WORD : digit ? NUMBER : c == ' ' ? SPACE : MARK;
		if (state == NUMBER)
			value = c - '0';
	}
	return sum ^ words << 8 ^ marks << 16;
}

u32 run_lengths(struct data *d, u32 n)
{
	u8 *in = d->bytes, *out = d->bytes + 1024;
	u32 length = 0;
	for (u32 i = 0; i < BYTES;) {
		u32 run = 1;
		u8 c = in[i] >> (4 + (n & 1));
		while (i + run < BYTES && run < 255 && in[i + run] >> (4 + (n & 1)) == c)
			run++;
		out[length++] = (u8)run;
		out[length++] = c;
		i += run;
	}
	return length;
}

static u32 greatest_divisor(u32 a, u32 b) { return b ? greatest_divisor(b, a % b) : a; }

/* Days since 1970 to a date and back. */
u32 calendar(struct data *d, u32 n)
{
	u32 sum = 0;
	for (u32 i = 0; i < 6; i++) {
		int z = (int)((d->words[i] ^ n) % 100000) + 719468;
		int era = z / 146097, doe = z % 146097;
		int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
		int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
		int mp = (5 * doy + 2) / 153, day = doy - (153 * mp + 2) / 5 + 1;
		int month = mp < 10 ? mp + 3 : mp - 9;
		int year = yoe + era * 400 + (month <= 2);
		sum = sum * 31 + (u32)(year * 10000 + month * 100 + day);
		sum += greatest_divisor(d->words[i] | 1, n | 2);
	}
	return sum;
}

u32 determinant(struct data *d, u32 n)
{
	double m[4][4], det = 1;
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++)
			m[i][j] = d->doubles[4 * i + j] + (i == j ? n & 7 : 0);
	for (int i = 0; i < 4; i++) {
		int pivot = i;
		for (int r = i + 1; r < 4; r++)
			if (m[r][i] * m[r][i] > m[pivot][i] * m[pivot][i])
				pivot = r;
		if (pivot != i) {
			for (int c = 0; c < 4; c++) {
				double t = m[i][c];
				m[i][c] = m[pivot][c];
				m[pivot][c] = t;
			}
			det = -det;
		}
		det *= m[i][i];
		for (int r = i + 1; r < 4; r++) {
			double f = m[r][i] / m[i][i];
			for (int c = i; c < 4; c++)
				m[r][c] -= f * m[i][c];
		}
	}
	d->doubles[201] = det;
	return (u32)(int)det;
}

/* 64-bit shifts by a variable, signed division, 16-bit and 8-bit arithmetic. */
u64 mixed_widths(struct data *d, u32 n)
{
	u64 x = n;
	u16 h = (u16)n;
	u8 b = (u8)(n >> 8);
	for (u32 i = 0; i < WORDS; i++) {
		u32 w = d->words[i];
		x = (x << (w & 63) | x >> (-w & 63)) + w;
		x += (u64)(long long)((int)(x >> 16) / (int)(w >> 20 | 1));
		h = (u16)(h * 31 + (u16)w);
		h = (u16)(h >> 3 | h << 13);
		b = (u8)(b + (u8)h);
		b = (u8)((signed char)b >> 1);
		x ^= (u64)h << 32 ^ b;
		x -= (u32)x % (h | 1u);
	}
	return x;
}
