// Functions of which gcc makes clones, parts and choices, which count their calls.
#include <stdio.h>
#include <stdlib.h>

#define KEEP __attribute__((noinline))
#define CALLED(name) (count_##name++)
#define PRINT(name) printf("%d %s\n", count_##name, #name)

volatile int count_scale, count_pick, count_both, count_warm, count_alias_of, count_weak_one, count_chosen, count_main;
volatile int sink;

KEEP static int scale(int a, int b) { CALLED(scale); sink = a; return a * b + 1; }
KEEP static int pick(const int *p, int b) { CALLED(pick); sink = b; return *p + b; }

KEEP int both(int a, int b) // also as a clone for b
{
	int r = 0;
	CALLED(both);
	for (int i = 0; i < b; i++)
		r += a ^ sink;
	for (int i = 0; i < b; i++)
		r -= a * sink;
	return r;
}

KEEP int warm(int n) // its cold part is elsewhere
{
	CALLED(warm);
	if (__builtin_expect(n > 1000, 0)) {
		fprintf(stderr, "too many: %d\n", n);
		abort();
	}
	return n + sink;
}

KEEP int alias_of(int n) { CALLED(alias_of); return n + 1; }
int another(int n) __attribute__((alias("alias_of")));
__attribute__((weak, noinline)) int weak_one(int n) { CALLED(weak_one); return n + 2; }

static int only(int x) { CALLED(chosen); return x + 1; }
static void *choose(void) { return only; }
int chosen(int) __attribute__((ifunc("choose")));

int main(int argc, char **argv)
{
	int t = 0;
	(void)argv;
	CALLED(main);
	for (int i = 0; i < 5; i++) {
		int q = i;
		t += scale(i, 7) + pick(&q, 3) + both(i, 40) + chosen(i);
	}
	t += both(argc, argc) + warm(t & 7) + another(t) + alias_of(t) + weak_one(t);
	printf("%d\n", t & 1);
	PRINT(scale); PRINT(pick); PRINT(both); PRINT(warm); PRINT(alias_of); PRINT(weak_one); PRINT(chosen); PRINT(main);
	return 0;
}
