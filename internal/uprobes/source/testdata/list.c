// A list, its sum, and variables of every kind.
#include <stdio.h>
#include <stdlib.h>

struct item {
	int id;
	struct item *next;
	char name[8];
};

static int total;

__attribute__((noinline)) int total_of(struct item *i)
{
	static int calls;

	if (!i->next)
		return calls;
	calls++;
	return i->name[0];
}

static inline int twice(int v)
{
	int r = v * 2;
	return r;
}

__attribute__((noinline)) int sum(struct item *list, int factor)
{
	int s = 0;

	for (struct item *i = list; i; i = i->next) {
		s += i->id * factor;
		total += total_of(i);
	}
	return twice(s);
}

int main(int argc, char **argv)
{
	struct item b = { 2, NULL, "b" };
	struct item a = { argc, &b, "a" };
	int n = sum(&a, atoi(argv[argc - 1]));

	printf("%d\n", n);
	return 0;
}
