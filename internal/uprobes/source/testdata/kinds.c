// Variables of every type: bit fields, unions, enumerations, arrays of arrays, pointers to pointers, floating point,
// parameters on the stack.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum color { RED, GREEN = 7, BLUE = -1 };

typedef unsigned long word;

struct flags {
	unsigned ready : 1;
	unsigned mode : 3;
	int level : 12;
	uint64_t wide : 40;
	unsigned char last : 5;
};

union both {
	int i;
	float f;
	char bytes[8];
};

struct shape {
	enum color color;
	struct flags flags;
	union both u;
	struct {
		short x, y;
	};
	struct { int deep; } inner[3];
	int grid[2][3];
	const char *label;
	char text[12];
	struct shape *links[2];
	word **table;
	double weight;
	bool on;
	int (*act)(int);
};

word limit = 5;
const char *const words[] = { "zero", "one", "two" };
static struct shape first;

__attribute__((noinline)) static int negate(int v)
{
	return -v;
}

__attribute__((noinline)) int many(signed char a, unsigned short b, long c, char *d, word e, enum color f, int g, long h, struct shape *last)
{
	volatile int local = a + b;
	int result = local + (int)c;

	if (d)
		result += d[0];
	{
		long inner = (int)e + f;

		local += inner;
	}
	return result + g + (int)h + last->x + local;
}

__attribute__((noinline)) double real(double d, float f, long double l)
{
	double sum = d + f;

	sum += (double)l;
	return sum;
}

__attribute__((noinline)) int use(struct shape *s, const struct shape by_value, struct flags fl, bool yes)
{
	int numbers[4] = { 1, 2, 3, s->grid[1][2] };
	int (*call)(int) = s->act;
	const struct shape *self = &by_value;
	struct shape **to = &s;
	int i;

	for (i = 0; i < 4; i++)
		numbers[i] += (*to)->inner[i % 3].deep;
	if (yes)
		numbers[0] += fl.level;
	return call(numbers[0]) + self->u.i + numbers[3];
}

int main(int argc, char **argv)
{
	static int runs;
	word one = 1, *ones[2] = { &one, &one };

	runs++;
	first = (struct shape){ .color = GREEN, .flags = { 1, 5, -7, 1ul << 33, 9 }, .u = { 42 }, .x = 3, .y = -4, .label = words[argc % 3], .act = negate };
	strcpy(first.text, "text");
	first.links[0] = &first;
	first.table = ones;
	int r = many(-1, 65535, argc, argv[0], limit, BLUE, 7, 8, &first);
	double d = real(1.5, 2.5f, 3.5L);

	r += use(&first, first, first.flags, argc > 0);
	printf("%d %g %d\n", r, d, runs);
	return 0;
}
