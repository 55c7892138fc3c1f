// Sums, minima, maxima and their places over arrays of each type.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#define N 1001
#define OVER(type, name, format, value) \
	static void name(void) \
	{ \
		static type a[N]; \
		type least, most, sum = 0; \
		int at = 0; \
		for (int i = 0; i < N; i++) \
			a[i] = value; \
		least = most = a[0]; \
		for (int i = 0; i < N; i++) { \
			least = a[i] < least ? a[i] : least; \
			most = a[i] > most ? a[i] : most; \
			sum += a[i]; \
		} \
		for (int i = 0; i < N; i++) \
			if (a[i] > a[at]) \
				at = i; \
		printf(#type " " format " " format " " format " %d\n", least, most, sum, at); \
	}
OVER(int8_t, i8, "%d", i * 37)
OVER(uint8_t, u8, "%u", i * 91)
OVER(int16_t, i16, "%d", i * 4001)
OVER(uint16_t, u16, "%u", i * 7919)
OVER(int32_t, i32, "%d", (int32_t)(i * 2654435761u))
OVER(uint32_t, u32, "%u", i * 40503u * 77777u)
OVER(long long, i64, "%lld", (long long)(i * 0x9e3779b97f4a7c15ull))
OVER(unsigned long long, u64, "%llu", i * 0xc2b2ae3d27d4eb4full)
OVER(float, f32, "%.9g", (i * 7919 % 1009) / 3.0f - 100)
OVER(double, f64, "%.17g", (i * 6007 % 1013) / 7.0 - 50)
OVER(long double, f80, "%.20Lg", (i * 5003 % 1019) / 9.0L - 30)

int main(void)
{
	i8(), u8(), i16(), u16(), i32(), u32(), i64(), u64(), f32(), f64(), f80();
	return 0;
}
