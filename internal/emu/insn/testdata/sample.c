/* Compiled by TestCompiledCode with several options; what it computes does not matter. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>

struct node { struct node *next; int key; double weight; unsigned char tag[12]; };

int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

float dot(const float *a, const float *b, size_t n)
{
	float s = 0;
	for (size_t i = 0; i < n; i++)
		s += a[i] * b[i];
	return s;
}

void saxpy(double *y, const double *x, double a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] = a * x[i] + y[i];
}

void gather(int *out, const int *in, const int *index, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = in[index[i]] >> (i & 7);
}

void blend(uint8_t *d, const uint8_t *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		d[i] = s[i] > d[i] ? (uint8_t)(s[i] - d[i]) : (uint8_t)((s[i] + d[i] + 1) >> 1);
}

uint64_t mix(uint64_t h, uint32_t k)
{
	h ^= (uint64_t)k * 0x9E3779B97F4A7C15u;
	h = h << 31 | h >> 33;
	return h * 5 + (uint64_t)__builtin_popcountll(h) + (uint64_t)__builtin_ctzll(h | 1) + __builtin_bswap32(k);
}

const char *name_of(int n)
{
	switch (n) {
	case 0: return "divide error";
	case 1: return "debug";
	case 2: return "nmi";
	case 3: return "int3";
	case 4: return "overflow";
	case 5: return "bounds";
	case 6: return "invalid opcode";
	case 7: return "device not available";
	case 8: return "double fault";
	default: return "?";
	}
}

static int cmp(const struct node *a, const struct node *b) { return a->key < b->key ? -1 : a->key > b->key; }

struct node *insert(struct node *head, struct node *n, int (*compare)(const struct node *, const struct node *))
{
	struct node **p = &head;
	if (!compare)
		compare = cmp;
	while (*p && compare(*p, n) < 0)
		p = &(*p)->next;
	n->next = *p;
	*p = n;
	return head;
}

int sum(int n, ...)
{
	va_list ap;
	int s = 0;
	va_start(ap, n);
	while (n-- > 0)
		s += va_arg(ap, int);
	va_end(ap);
	return s;
}

static atomic_int counter;
static int table[64];

int next_ticket(void)
{
	int t = atomic_fetch_add(&counter, 1), old = t;
	atomic_compare_exchange_strong(&table[t & 63], &old, t + 1);
	return atomic_exchange(&table[(t + 1) & 63], t);
}

long double poly(long double x) { return ((x * 3.5L - 1) * x + 0.25L) * x / (x + 2); }

double convert(int64_t i, float f, uint32_t u) { return (double)i + (double)f * u - (int)f; }

int64_t divide(int64_t a, int32_t b) { return b ? a / b + a % b + (int8_t)a * (int16_t)b : -1; }

void copy(struct node *d, const struct node *s, size_t n)
{
	while (n--)
		*d++ = *s++;
}

void clear(char *p, size_t n) { __builtin_memset(p, 0, n); }
