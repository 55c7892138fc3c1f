/* A program for a debugger: calls, a variable that changes, a signal, a thread, a child. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct pair { int x, y; const char *name; };
volatile int counter;
volatile double half = 0.5;

__attribute__((noinline)) int leaf(struct pair *p, int n)
{
	counter += n;
	p->x += n;
	return p->x * 2;
}

__attribute__((noinline)) int middle(struct pair *p, int n)
{
	int r = leaf(p, n);
	return r + 1;
}

static void handler(int s) { half *= s; }

static void *thread(void *arg)
{
	middle(arg, 7);
	return NULL;
}

int main(void)
{
	struct pair p = {1, 2, "pair"};
	int total = 0;
	for (int i = 0; i < 5; i++)
		total += middle(&p, i);
	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	pthread_t t;
	pthread_create(&t, NULL, thread, &p);
	pthread_join(t, NULL);
	if (fork() == 0)
		_exit(total & 7);
	int status;
	wait(&status);
	printf("total %d %d %.1f %s, child %d\n", total, counter, half, p.name, WEXITSTATUS(status));
	return 3;
}
