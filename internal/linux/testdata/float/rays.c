// Spheres that rays meet, with shadows and mirrors.
#include <math.h>
#include <stdio.h>

typedef struct { double x, y, z; } V;

static V add(V a, V b, double s) { return (V){a.x + b.x * s, a.y + b.y * s, a.z + b.z * s}; }
static double dot(V a, V b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static V unit(V a) { return add((V){0}, a, 1 / sqrt(dot(a, a))); }

static const struct { V c; double r, mirror; } s[] = {{{0, 0, 6}, 1.5, 0.3}, {{2, 1, 8}, 2, 0.6}, {{-2, -1, 5}, 0.8, 0.1}, {{0, -101.5, 5}, 100, 0}};

static int meet(V o, V d, double *t)
{
	int hit = -1;
	*t = 1e9;
	for (int i = 0; i < 4; i++) {
		V p = add(o, s[i].c, -1);
		double b = dot(p, d), c = dot(p, p) - s[i].r * s[i].r, q = b * b - c;
		if (q > 0 && -b - sqrt(q) > 1e-6 && -b - sqrt(q) < *t)
			*t = -b - sqrt(q), hit = i;
	}
	return hit;
}

static double colour(V o, V d, int depth)
{
	double t, u;
	int i = meet(o, d, &t);
	if (i < 0)
		return 0.3 + 0.2 * d.y;
	V p = add(o, d, t), n = unit(add(p, s[i].c, -1)), light = unit((V){5 - p.x, 8 - p.y, -3 - p.z});
	double k = fmax(0, dot(n, light)) * (meet(add(p, n, 1e-4), light, &u) < 0 ? 0.8 : 0.2) + 0.1;
	return depth ? k * (1 - s[i].mirror) + s[i].mirror * colour(add(p, n, 1e-4), add(d, n, -2 * dot(d, n)), depth - 1) : k;
}

int main(void)
{
	double sum = 0;
	for (int y = 0; y < 18; y++) {
		for (int x = 0; x < 48; x++) {
			double c = colour((V){0}, unit((V){(x - 24) / 24.0, (9 - y) / 12.0, 1}), 3);
			sum += c * (x + y);
			putchar(" .:-=+*#%@"[(int)(fmin(c, 0.999) * 10)]);
		}
		putchar('\n');
	}
	printf("%.17g\n", sum);
	return 0;
}
