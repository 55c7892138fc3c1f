// Arithmetic of each precision, with all of x87's functions, in every rounding mode and precision; no library. What it computes
// stays in memory and registers, which the test's hash is of. Built as floathash64 and floathash32:
//
//	gcc -O3 -march=x86-64-v3 -nostdlib -static -ffreestanding -fno-stack-protector -no-pie -s -o floathash64 floathash.c
//	gcc -m32 -O3 -march=i686 -mfpmath=387 -nostdlib -static -ffreestanding -fno-stack-protector -no-pie -s -o floathash32 floathash.c

#define N 20
static volatile double d[N];
static volatile float f[N];
static volatile long double l[N];
static volatile int i32[N];
static float a[N][N], b[N][N], c[N][N];

static void arithmetic(int round)
{
	for (int i = 1; i < N; i++) {
		d[i] = d[i - 1] * 1.1 + 1.0 / i - d[(i * 7) % N] / 3;
		f[i] = f[i - 1] * 0.9f + (float)d[i] - f[(i * 5) % N] / 7;
		l[i] = l[i - 1] * 0.7L + 1.0L / (i + round) - d[i];
		i32[i] = (int)(d[i] * 1000) + (int)f[i];
	}
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++)
			for (int j = 0; j < N; j++)
				c[i][j] += a[i][k] * b[k][j];
}

static void functions(int i)
{
	long double x = l[i % N], y = d[i % N], r;
	__asm__("fsin" : "=t"(r) : "0"(x));
	l[1] += r;
	__asm__("fcos" : "=t"(r) : "0"(x));
	l[2] += r;
	__asm__("fptan; fstp %%st(0)" : "=t"(r) : "0"(x));
	l[3] += r * 0x1p-20L;
	__asm__("fpatan" : "=t"(r) : "0"(x), "u"(y) : "st(1)");
	l[4] += r;
	__asm__("fabs; fld1; faddp; fyl2x" : "=t"(r) : "0"(x), "u"(y) : "st(1)");
	l[5] += r * 0x1p-10L;
	__asm__("f2xm1" : "=t"(r) : "0"(0.3L / (i + 1)));
	l[6] += r;
	__asm__("fabs; fsqrt; frndint" : "=t"(r) : "0"(x));
	l[7] += r;
	__asm__("fprem1" : "=t"(r) : "0"(x), "u"(0.7L));
	l[8] += r;
}

void _start(void)
{
	for (int i = 0; i < N; i++) {
		d[i] = i / 3.0, f[i] = i / 7.0f, l[i] = i / 9.0L;
		for (int j = 0; j < N; j++)
			a[i][j] = (i * 7 + j) % 11 / 3.0f, b[i][j] = (i - j * 5) % 13 / 7.0f;
	}
	for (int mode = 0; mode < 12; mode++) {
		unsigned short cw = 0x7f | (mode & 3) << 10 | (unsigned short[]){0, 0x200, 0x300}[mode / 4];
		__asm__ volatile("fldcw %0" : : "m"(cw));
#ifdef __x86_64__
		unsigned csr = 0x1f80 | (mode & 3) << 13 | (mode & 4 ? 0x8040 : 0);
		__asm__ volatile("ldmxcsr %0" : : "m"(csr));
#endif
		arithmetic(mode);
		for (int i = 0; i < 20; i++)
			functions(i);
	}
#ifdef __x86_64__
	__asm__ volatile("mov $60, %eax; xor %edi, %edi; syscall");
#else
	__asm__ volatile("mov $1, %eax; xor %ebx, %ebx; int $0x80");
#endif
	__builtin_unreachable();
}
