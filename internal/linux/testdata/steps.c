// Small programs without a library, for both widths: what they execute depends
// on nothing but their own code. argv[1] chooses one; the exit status is a
// checksum of its result.
#ifdef __x86_64__
#define NR(x64, x32) x64
static long call(long n, long a, long b, long c) {
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}
#else
#define NR(x64, x32) x32
static long call(long n, long a, long b, long c) {
	long r;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(n), "b"(a), "c"(b), "d"(c) : "memory");
	return r;
}
#endif

typedef unsigned u32;
typedef unsigned char u8;
static u32 state = 12345;
static u32 next(void) { return state = state * 1664525 + 1013904223, state >> 8; }
static u8 buf[4096];
static int words[128];

void *memset(void *p, int c, unsigned long n) { u8 *d = p; while (n--) *d++ = c; return p; }
void *memcpy(void *p, const void *q, unsigned long n) { u8 *d = p; const u8 *s = q; while (n--) *d++ = *s++; return p; }

static u32 primes(void) {
	u32 n = 0;
	for (int i = 2; i < 300; i++) buf[i] = 1;
	for (int i = 2; i < 300; i++) {
		if (!buf[i]) continue;
		n++;
		for (int j = i * i; j < 300; j += i) buf[j] = 0;
	}
	return n;
}

static void quick(int *a, int n) {
	if (n < 2) return;
	int p = a[n / 2], i = 0, j = n - 1;
	for (;; i++, j--) {
		while (a[i] < p) i++;
		while (a[j] > p) j--;
		if (i >= j) break;
		int t = a[i];
		a[i] = a[j];
		a[j] = t;
	}
	quick(a, i);
	quick(a + i, n - i);
}

static u32 sort(void) {
	for (int i = 0; i < 80; i++) words[i] = next() % 1000;
	quick(words, 80);
	return words[10] ^ words[40] ^ words[70];
}

static u32 crc(void) {
	u32 c = ~0u;
	for (int i = 0; i < 50; i++) {
		c ^= next() & 255;
		for (int k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
	}
	return ~c;
}

static u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static u32 collatz(void) {
	u32 longest = 0;
	for (u32 i = 1; i < 30; i++) {
		u32 n = 0;
		for (unsigned long x = i; x != 1; n++) x = x & 1 ? 3 * x + 1 : x / 2;
		if (n > longest) longest = n;
	}
	return longest;
}

#define ROR(x, n) ((x) >> (n) | (x) << (32 - (n)))
static u32 sha(void) {
	u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, w[64];
	for (int block = 0; block < 2; block++) {
		u32 v[8];
		for (int i = 0; i < 16; i++) w[i] = next();
		for (int i = 16; i < 64; i++)
			w[i] = w[i - 16] + w[i - 7] + (ROR(w[i - 15], 7) ^ ROR(w[i - 15], 18) ^ w[i - 15] >> 3) +
				(ROR(w[i - 2], 17) ^ ROR(w[i - 2], 19) ^ w[i - 2] >> 10);
		for (int i = 0; i < 8; i++) v[i] = h[i];
		for (int i = 0; i < 64; i++) {
			u32 s1 = ROR(v[4], 6) ^ ROR(v[4], 11) ^ ROR(v[4], 25), ch = (v[4] & v[5]) ^ (~v[4] & v[6]);
			u32 a = v[7] + s1 + ch + w[i] * 2654435761u;
			u32 s0 = ROR(v[0], 2) ^ ROR(v[0], 13) ^ ROR(v[0], 22), maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
			for (int j = 7; j > 0; j--) v[j] = v[j - 1];
			v[4] += a;
			v[0] = a + s0 + maj;
		}
		for (int i = 0; i < 8; i++) h[i] += v[i];
	}
	return h[0] ^ h[7];
}

static u32 bench(void) { // for comparing speeds
	u32 r = 0;
	for (int i = 0; i < 4000; i++) r ^= sha();
	return r;
}

static u32 matrix(void) {
	static double a[8][8], b[8][8];
	double sum = 0;
	for (int i = 0; i < 64; i++) a[i / 8][i % 8] = next() / 1e6, b[i % 8][i / 8] = next() / 3.0;
	for (int i = 0; i < 8; i++)
		for (int j = 0; j < 8; j++)
			for (int k = 0; k < 8; k++) sum += a[i][k] * b[k][j] > sum ? a[i][k] / 7 : b[k][j];
	return (u32)(long long)(sum / 1e3);
}

static u32 strings(void) {
	u8 *d = buf, *s = buf + 2048;
	for (int i = 0; i < 60; i++) {
		unsigned long n = next() % 40;
		void *p = d, *q = s;
		__asm__ volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(next()) : "memory");
		n = 20 + i;
		p = d + i;
		__asm__ volatile("rep movsb" : "+D"(p), "+S"(q), "+c"(n) : : "memory");
		n = 30;
		p = d, q = s;
		__asm__ volatile("repe cmpsb" : "+D"(p), "+S"(q), "+c"(n) : : "memory", "cc");
		s[n] += i;
	}
	return buf[33] + buf[70] * 256;
}

static u32 interpret(void) {
	static const u8 code[] = {0, 3, 1, 4, 2, 5, 1, 3, 4, 0, 5, 2};
	u32 x = 7, y = 1;
	for (int i = 0; i < 250; i++)
		switch (code[i % sizeof code]) {
		case 0: x += y; break;
		case 1: y ^= x << 3; break;
		case 2: x = x * 5 + 1; break;
		case 3: if (x & 4) y++; break;
		case 4: x = y > x ? y - x : x - y; break;
		case 5: y = y / ((x & 7) + 1); break;
		}
	return x ^ y;
}

static u32 big(void) { // 2 to the 60th in decimal: its digits' sum
	u32 sum = 0;
	memset(buf, 0, 256);
	buf[0] = 1;
	for (int i = 0, n = 1; i < 60; i++) {
		int carry = 0;
		for (int k = 0; k < n; k++) {
			carry += buf[k] * 2;
			buf[k] = carry % 10;
			carry /= 10;
		}
		if (carry) buf[n++] = carry;
	}
	for (int i = 0; i < 256; i++) sum += buf[i];
	return sum;
}

static u32 memory(void) { // brk and the pages it gives
	u8 *old = (u8 *)call(NR(12, 45), 0, 0, 0), *p = old;
	call(NR(12, 45), (long)(old + 10000), 0, 0);
	u32 sum = 0;
	for (int i = 0; i < 10000; i += 40) p[i] = next();
	for (int i = 0; i < 10000; i += 16) sum = sum * 31 + p[i];
	call(NR(12, 45), (long)old, 0, 0);
	return sum;
}

static u32 calls(void) {
	u32 sum = 0;
	for (int i = 0; i < 50; i++) {
		sum += call(NR(39, 20), 0, 0, 0);                   // getpid
		sum += call(NR(1, 4), 1, (long)"line\n", i % 5);    // write
		sum += call(NR(3, 6), 100 + i, 0, 0);               // close: EBADF
		sum += call(NR(1, 4), 1, i % 2 ? 0 : (long)buf, 1); // EFAULT
	}
	return sum;
}

static const struct { const char *name; u32 (*run)(void); } table[] = {
	{"primes", primes}, {"sort", sort}, {"crc", crc}, {"collatz", collatz}, {"sha", sha}, {"matrix", matrix},
	{"strings", strings}, {"interpret", interpret}, {"big", big}, {"memory", memory}, {"calls", calls}, {"bench", bench},
};

__attribute__((used)) static void begin(long *sp) {
	const char *want = (const char *)sp[2];
	u32 r = fib(7);
	for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
		const char *a = want, *b = table[i].name;
		while (*a && *a == *b) a++, b++;
		if (*a == *b) r += table[i].run();
	}
	call(NR(60, 1), (r ^ r >> 8 ^ r >> 16 ^ r >> 24) & 127, 0, 0);
}

#ifdef __x86_64__
__asm__(".globl _start\n_start: mov %rsp,%rdi\n and $-16,%rsp\n call begin\n hlt");
#else
__asm__(".globl _start\n_start: mov %esp,%eax\n and $-16,%esp\n sub $12,%esp\n push %eax\n call begin\n hlt");
#endif
