/* A server and its client, by the first argument: serve answers one question and waits, late sleeps before it does, nothing ends. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in a = {AF_INET, htons(7777), {htonl(INADDR_LOOPBACK)}};
	char b[100] = {0};
	const char *what = argv[1];
	int s = socket(AF_INET, SOCK_STREAM, 0), c;
	if (!strcmp(what, "nothing"))
		return 3;
	if (!strcmp(what, "late"))
		usleep(1000);
	if (!strcmp(what, "serve") || !strcmp(what, "late")) {
		if (bind(s, (void *)&a, sizeof a) || listen(s, 1))
			return 2;
		c = accept(s, 0, 0);
		int n = read(c, b, sizeof b - 1);
		printf("served %s\n", b);
		fflush(stdout);
		write(c, b, n);
		pause();
	}
	while (connect(s, (void *)&a, sizeof a)) {
		if (strcmp(what, "patient")) {
			puts("refused");
			return 1;
		}
		usleep(100);
	}
	int n = read(0, b, sizeof b - 1);
	write(s, b, n);
	memset(b, 0, sizeof b);
	read(s, b, sizeof b - 1);
	printf("answer %s\n", b);
	return 5;
}
