// A deterministic program with a C library: printf, malloc, qsort, strings,
// floating point, and handlers that return and that jump.
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int got;
static sigjmp_buf env;
static void note(int n) { got += n; }
static void jump(int n) { siglongjmp(env, n); }
static int order(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int main(void)
{
	int v[20];
	char *text = malloc(100000), line[80];
	for (int i = 0; i < 20; i++) v[i] = i * 7919 % 101;
	qsort(v, 20, sizeof *v, order);
	strcpy(text, "the quick brown fox");
	for (char *w = strtok(text, " "); w; w = strtok(0, " ")) printf("%s/%zu\n", w, strlen(w));
	double x = 0;
	for (int i = 0; i < 8; i++) x += (double)v[i + 9] / (i + 3);
	snprintf(line, sizeof line, "%.9f %d %s", x, v[18], "end");
	puts(line);
	signal(SIGUSR1, note);
	signal(SIGSEGV, jump);
	signal(SIGFPE, jump);
	raise(SIGUSR1);
	if (!sigsetjmp(env, 1)) *(volatile int *)16 = 1;
	else got += 100;
	volatile int zero = 0;
	if (!sigsetjmp(env, 1)) got /= zero;
	else got += 1000;
	free(text);
	printf("%d\n", got);
	return got & 63;
}
