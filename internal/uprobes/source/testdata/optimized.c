// Code that the compiler moves: functions inlined once, several times and in each other, copies of functions for some
// arguments, variables in registers, in several places, as constants, and gone.
#include <stdio.h>
#include <stdlib.h>

struct pair {
	int a, b;
};

volatile int sink;

static inline int clamp(int v, int lo, int hi)
{
	if (v < lo)
		return lo;
	if (v > hi)
		return hi;
	return v;
}

static inline int scaled(int v, int by)
{
	int r = v * by;

	sink = r;
	return clamp(r, -100, 100);
}

static inline int mixed(int a, int b) // also called by its address
{
	int r = a * 3;

	sink += r;
	return r ^ b;
}

int (*by_address)(int, int) = mixed;

static int often(int n, int depth)
{
	int t = 0;

	for (int i = 0; i < n; i++) {
		t += i ^ depth;
		sink = t;
	}
	if (depth > 0)
		t += often(n / 2, depth - 1);
	return t;
}

__attribute__((noinline)) static int constant(int a, int b)
{
	int unused = a * 3;
	int r = a + b;

	sink = r;
	return r;
}

__attribute__((noinline)) static int sum_of(struct pair p, int *out)
{
	int gone = p.a - p.b;
	int s = p.a + p.b;

	*out = s;
	sink = s;
	return s * 2;
}

__attribute__((noinline)) int rare(int n)
{
	if (__builtin_expect(n > 1000, 0)) {
		fprintf(stderr, "too many: %d\n", n);
		abort();
	}
	return n + 1;
}

__attribute__((noinline)) int work(int n, const char *name)
{
	int total = 0;
	int kept = n * 7;

	for (int i = 0; i < n; i++) {
		int part = scaled(i, n);

		total += part;
		sink = kept;
	}
	total += scaled(total, 2);
	printf("%s %d\n", name, total);
	return total + kept;
}

int main(int argc, char **argv)
{
	struct pair p = { argc, 4 };
	int out = 0;
	int t = work(argc + 3, argv[0]);

	t += constant(t, 5);
	t += sum_of(p, &out);
	t += often(t & 15, 2);
	t += rare(out);
	t += clamp(t, 0, 1000);
	t += mixed(t, argc) + by_address(t, argc);
	printf("%d\n", t);
	return 0;
}
