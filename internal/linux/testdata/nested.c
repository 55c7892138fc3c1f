// epoll instances in epoll instances: circles, chains, levels and edges.
#include "say.h"
#include <sys/eventfd.h>

static int add(int e, int fd, unsigned events) {
	struct epoll_event ev = {.events = events, .data.fd = fd};
	return epoll_ctl(e, EPOLL_CTL_ADD, fd, &ev);
}
static int look(int e) {
	struct epoll_event ev[8];
	int n = epoll_wait(e, ev, 8, 0);
	for (int i = 0; i < n; i++) printf("  events %x\n", ev[i].events);
	return n;
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	int e[12];
	for (int i = 0; i < 12; i++) e[i] = epoll_create1(0);
	int x = eventfd(0, EFD_NONBLOCK);
	uint64_t one = 1;
	T(add(e[0], e[0], EPOLLIN)); T(add(e[0], e[1], EPOLLIN)); T(add(e[1], e[0], EPOLLIN)); T(add(e[0], e[1], EPOLLIN)); T(add(x, e[0], EPOLLIN)); T(add(e[0], 99, EPOLLIN));
	T(add(e[1], x, EPOLLIN));
	T(look(e[0])); write(x, &one, 8); T(look(e[0])); T(look(e[1])); T(look(e[0]));
	struct pollfd p = {e[0], POLLIN | POLLOUT, 0};
	T(poll(&p, 1, 0)); T(p.revents);
	read(x, &one, 8);
	T(look(e[0])); T(poll(&p, 1, 0));
	// edges of an instance
	T(add(e[2], e[1], EPOLLIN | EPOLLET));
	T(look(e[2])); write(x, &one, 8); T(look(e[2])); T(look(e[2])); write(x, &one, 8); T(look(e[2])); T(look(e[2])); read(x, &one, 8); T(look(e[2]));
	// a chain: five may be
	for (int i = 3; i < 11; i++) printf("%d: %ld\n", i, T(add(e[i + 1], e[i], EPOLLIN)));
	int up[8];
	for (int i = 0; i < 8; i++) up[i] = epoll_create1(0);
	for (int i = 0; i < 7; i++) printf("up %d: %ld\n", i, T(add(up[i], up[i + 1], EPOLLIN)));
	T(add(e[3], x, EPOLLIN));
	write(x, &one, 8);
	for (int i = 3; i < 12; i++) printf("%d: %ld\n", i, T(look(e[i])));
	// closing what is watched
	close(e[1]);
	T(look(e[0]));
	struct epoll_event ev = {0};
	T(epoll_ctl(e[0], EPOLL_CTL_DEL, e[1], &ev));
	// a wait for what an instance waits for
	read(x, &one, 8);
	if (fork() == 0) { usleep(1000); write(x, &one, 8); _exit(0); }
	T(epoll_wait(e[4], &ev, 1, -1));
	wait(0);
	return 0;
}
