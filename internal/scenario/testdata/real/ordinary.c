/* Ordinary code for probes to sit on: hashing, sorting, searching, big numbers. */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define NOINLINE __attribute__((noinline))

static u32 random_state;

static NOINLINE u32 random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

/* --- hashing ------------------------------------------------------------ */

NOINLINE u32 fnv1a(const u8 *data, u32 length)
{
	u32 hash = 2166136261u;
	while (length--) {
		hash ^= *data++;
		hash *= 16777619u;
	}
	return hash;
}

static u32 crc_table[256];

static NOINLINE void crc_prepare(void)
{
	for (u32 i = 0; i < 256; i++) {
		u32 c = i;
		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
		crc_table[i] = c;
	}
}

NOINLINE u32 crc32(const u8 *data, u32 length)
{
	u32 c = ~0u;
	if (!crc_table[1])
		crc_prepare();
	for (u32 i = 0; i < length; i++)
		c = crc_table[(c ^ data[i]) & 0xff] ^ c >> 8;
	return ~c;
}

/* --- sorting ------------------------------------------------------------ */

static void swap(int *a, int *b)
{
	int t = *a;
	*a = *b;
	*b = t;
}

static NOINLINE int partition(int *v, int low, int high)
{
	int pivot = v[(low + high) / 2], i = low - 1, j = high + 1;
	for (;;) {
		do i++; while (v[i] < pivot);
		do j--; while (v[j] > pivot);
		if (i >= j)
			return j;
		swap(&v[i], &v[j]);
	}
}

static NOINLINE void quicksort(int *v, int low, int high)
{
	while (low < high) {
		int middle = partition(v, low, high);
		if (middle - low < high - middle) {
			quicksort(v, low, middle);
			low = middle + 1;
		} else {
			quicksort(v, middle + 1, high);
			high = middle;
		}
	}
}

static NOINLINE void insertion_sort(int *v, int n)
{
	for (int i = 1; i < n; i++) {
		int x = v[i], j = i;
		for (; j > 0 && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static int numbers[64], copy[64];

/* Sorts n random numbers in two ways; 0 if the two differ. */
u32 sort_both(u32 seed, int n)
{
	random_state = seed;
	for (int i = 0; i < n; i++)
		copy[i] = numbers[i] = (int)random_next() >> 8;
	quicksort(numbers, 0, n - 1);
	insertion_sort(copy, n);
	for (int i = 0; i < n; i++)
		if (numbers[i] != copy[i])
			return 0;
	return fnv1a((const u8 *)numbers, (u32)n * sizeof numbers[0]);
}

/* --- searching ---------------------------------------------------------- */

static const char text[] =
	"the quick brown fox jumps over the lazy dog while the other dog looks over the fence";

NOINLINE int find(const char *haystack, int n, const char *needle, int m)
{
	int skip[256];
	for (int i = 0; i < 256; i++)
		skip[i] = m;
	for (int i = 0; i < m - 1; i++)
		skip[(u8)needle[i]] = m - 1 - i;
	for (int at = 0; at + m <= n; at += skip[(u8)haystack[at + m - 1]]) {
		int i = m - 1;
		while (i >= 0 && haystack[at + i] == needle[i])
			i--;
		if (i < 0)
			return at;
	}
	return -1;
}

u32 search_all(void)
{
	int n = sizeof text - 1;
	return (u32)find(text, n, "fence", 5) << 16 | (u32)find(text, n, "other dog", 9) << 8 | (u32)-find(text, n, "cat", 3);
}

/* --- big numbers -------------------------------------------------------- */

#define LIMBS 24
static u32 product[2 * LIMBS], factor[LIMBS];

static NOINLINE void multiply(u32 *out, const u32 *a, int na, const u32 *b, int nb)
{
	for (int i = 0; i < na + nb; i++)
		out[i] = 0;
	for (int i = 0; i < na; i++) {
		u64 carry = 0;
		for (int j = 0; j < nb; j++) {
			u64 t = (u64)a[i] * b[j] + out[i + j] + carry;
			out[i + j] = (u32)t;
			carry = t >> 32;
		}
		out[i + nb] = (u32)carry;
	}
}

/* 3 to the power n, and its hash. */
u32 power_of_three(int n)
{
	static const u32 three[1] = {3};
	for (int i = 0; i < LIMBS; i++)
		factor[i] = i == 0;
	for (int k = 0; k < n; k++) {
		multiply(product, factor, LIMBS - 1, three, 1);
		for (int i = 0; i < LIMBS; i++)
			factor[i] = product[i];
	}
	return fnv1a((const u8 *)factor, sizeof factor);
}

/* --- recursion and strings ---------------------------------------------- */

NOINLINE u32 ackermann(u32 m, u32 n)
{
	if (m == 0)
		return n + 1;
	if (n == 0)
		return ackermann(m - 1, 1);
	return ackermann(m - 1, ackermann(m, n - 1));
}

static char digits[16];

NOINLINE u32 decimal(u32 v)
{
	int at = sizeof digits;
	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	return crc32((const u8 *)digits + at, (u32)(sizeof digits - (u32)at));
}

#ifdef NATIVE
#include <stdio.h>
int main(void)
{
	printf("%u %u %u %u %u\n", sort_both(2463534242u, 48), search_all(), power_of_three(40), ackermann(2, 3), decimal(4022250974u));
	return 0;
}
#else
void _start(void) { for (;;) ; }
#endif
