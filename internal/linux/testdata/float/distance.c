// Distances of texts: tables of small integers and minima of three.
#include <stdio.h>
#include <stdint.h>
#include <string.h>

int main(void)
{
	static const char *words[] = {"kitten", "sitting", "saturday", "sunday", "intention", "execution", "a long sentence about nothing at all", "another long sentence, on everything"};
	for (int a = 0; a < 8; a++)
		for (int b = a + 1; b < 8; b++) {
			const char *s = words[a], *t = words[b];
			int n = strlen(t);
			uint16_t row[64], common[64] = {0};
			for (int j = 0; j <= n; j++)
				row[j] = j;
			for (int i = 0; s[i]; i++) {
				int corner = row[0]++, before = 0;
				for (int j = 0; j < n; j++) {
					int best = corner + (s[i] != t[j]), up = common[j + 1];
					best = row[j] + 1 < best ? row[j] + 1 : best;
					best = row[j + 1] + 1 < best ? row[j + 1] + 1 : best;
					corner = row[j + 1], row[j + 1] = best;
					common[j + 1] = s[i] == t[j] ? before + 1 : up > common[j] ? up : common[j];
					before = up;
				}
			}
			printf("%d %d%c", row[n], common[n], b == 7 ? '\n' : ' ');
		}
	return 0;
}
