// Registers of numbers over longjmp, calls with many arguments, variadic ones, and structures that are returned.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

typedef struct { double a; float b; long double c; } S;

static jmp_buf back;

static double sum(int n, ...)
{
	va_list l;
	double s = 0;
	va_start(l, n);
	for (int i = 0; i < n; i++)
		s += i % 3 == 0 ? va_arg(l, double) : i % 3 == 1 ? va_arg(l, int) : (double)va_arg(l, long double);
	va_end(l);
	return s;
}

static S make(double a, float b, long double c, double d, float e, long double f, double g, float h, double i, double j, float k)
{
	return (S){a * d + g - i, b * e + h - k, c * f + j};
}

static double deep(int n, double x)
{
	if (n == 0)
		longjmp(back, 3);
	volatile double keep = x;
	double r = deep(n - 1, x * 1.25 + 1) + keep;
	return r;
}

int main(void)
{
	volatile double x = 1.1;
	volatile int times = 0;
	int how = setjmp(back);
	if (times++ < 3)
		x += deep(20, x + how);
	S s = make(x, 1.5f, 2.25L, 3.1, 4.7f, 1 / 3.0L, 7, 8.5f, 9.1, 10.25, 11.125f);
	printf("%d %.17g %.9g %.20Lg\n", how, s.a, s.b, s.c);
	printf("%.17g\n", sum(9, 1.5, 2, 3.25L, 4.5, -5, 6.125L, 1e10, 7, 1e-5L));
	return 0;
}
