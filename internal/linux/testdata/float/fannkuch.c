// Pancake flips over all permutations: bytes that are moved about, no floating point.
#include <stdio.h>
#define N 8

int main(void)
{
	int p[N], q[N], count[N], flips, max = 0, sum = 0, r = N, n = 0;
	for (int i = 0; i < N; i++)
		p[i] = i;
	for (;;) {
		for (; r != 1; r--)
			count[r - 1] = r;
		for (int i = 0; i < N; i++)
			q[i] = p[i];
		for (flips = 0; q[0]; flips++)
			for (int i = 0, j = q[0]; i < j; i++, j--) {
				int t = q[i];
				q[i] = q[j], q[j] = t;
			}
		max = flips > max ? flips : max;
		sum += n++ % 2 ? -flips : flips;
		for (;; r++) {
			if (r == N) {
				printf("%d %d\n", sum, max);
				return 0;
			}
			int first = p[0];
			for (int i = 0; i < r; i++)
				p[i] = p[i + 1];
			p[r] = first;
			if (--count[r] > 0)
				break;
		}
	}
}
