/* Takes as much as it gets, by the first argument, and prints what stopped it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 200000 };
static char buf[1 << 20];

static int stopped(int n)
{
	printf("%s %s\n", strerrorname_np(errno), n < MANY ? "bounded" : "without end");
	fflush(stdout);
	return 0;
}

static struct sockaddr_in any = {AF_INET};

static int listener(void)
{
	int l = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof any;
	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	bind(l, (void *)&any, n);
	listen(l, 1 << 30);
	getsockname(l, (void *)&any, &n);
	return l;
}

static int rights(int s, int fd, int n)
{
	union { char b[2000]; struct cmsghdr c; } u = {.c = {CMSG_LEN(n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec v = {buf, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &u, .msg_controllen = CMSG_SPACE(n * sizeof(int))};
	for (int i = 0; i < n; i++)
		((int *)CMSG_DATA(&u.c))[i] = fd;
	return sendmsg(s, &m, MSG_DONTWAIT);
}

int main(int argc, char **argv)
{
	const char *what = argv[1];
	int n = 0, p[2];
	struct sockaddr_un un = {AF_UNIX};
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(what, "descriptors")) {
		while (n < MANY && socket(AF_UNIX, SOCK_STREAM, 0) >= 0)
			n++;
	} else if (!strcmp(what, "sockets")) { /* of all processes together */
		for (; n < 12; n++) {
			pid_t c = fork();
			if (c == 0) {
				while (socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0)
					;
				if (errno == ENFILE)
					stopped(0);
				pause();
			}
			usleep(100000);
		}
		return 0;
	} else if (!strcmp(what, "stream") || !strcmp(what, "dgram")) {
		socketpair(AF_UNIX, *what == 's' ? SOCK_STREAM : SOCK_DGRAM, 0, p);
		while (n < MANY && send(p[0], buf, 1000, MSG_DONTWAIT) > 0)
			n++;
	} else if (!strcmp(what, "queue")) { /* one receiver, many senders */
		int s = socket(AF_UNIX, SOCK_DGRAM, 0);
		strcpy(un.sun_path + 1, "queue");
		bind(s, (void *)&un, sizeof un);
		do
			p[0] = socket(AF_UNIX, SOCK_DGRAM, 0);
		while (n++ < MANY && sendto(p[0], buf, 10, MSG_DONTWAIT, (void *)&un, sizeof un) > 0);
	} else if (!strcmp(what, "bytes")) { /* of all sockets together */
		int big = 1 << 30;
		for (; n < 480; n++) {
			if (socketpair(AF_UNIX, SOCK_STREAM, 0, p))
				break;
			setsockopt(p[0], SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
			while (send(p[0], buf, 100000, MSG_DONTWAIT) > 0)
				;
			if (errno != EAGAIN)
				break;
		}
	} else if (!strcmp(what, "tcp")) {
		int l = listener(), c = socket(AF_INET, SOCK_STREAM, 0);
		connect(c, (void *)&any, sizeof any);
		(void)l;
		while (n < MANY && send(c, buf, 1, MSG_DONTWAIT) > 0 && send(c, buf, 100000, MSG_DONTWAIT) > 0)
			n++;
	} else if (!strcmp(what, "udp")) { /* what has no room is lost */
		int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0);
		socklen_t l = sizeof any;
		any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		bind(s, (void *)&any, l);
		getsockname(s, (void *)&any, &l);
		for (int i = 0; i < 20000; i++)
			sendto(c, buf, 1000, 0, (void *)&any, l);
		while (recv(s, buf, sizeof buf, MSG_DONTWAIT) > 0)
			n++;
	} else if (!strcmp(what, "backlog")) {
		listener();
		for (; n < MANY; n++) {
			struct timeval tv = {0, 1000}; /* to wait for room */
			int c = socket(AF_INET, SOCK_STREAM, 0);
			setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
			if (c < 0 || connect(c, (void *)&any, sizeof any))
				break;
			close(c);
		}
	} else if (!strcmp(what, "names")) {
		for (; n < MANY; n++) {
			sprintf(un.sun_path, "%cname%d", 0, n);
			sprintf(un.sun_path + 1, "name%d", n);
			int s = socket(AF_UNIX, SOCK_DGRAM, 0);
			if (s < 0 || bind(s, (void *)&un, sizeof un))
				break;
		}
	} else if (!strcmp(what, "ports")) {
		for (; n < MANY; n++) {
			int s = socket(AF_INET, SOCK_DGRAM, 0);
			if (s < 0 || bind(s, (void *)&any, sizeof any))
				break;
		}
	} else if (!strcmp(what, "rights")) {
		socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
		while (n < MANY && rights(p[0], 0, 200) > 0)
			n++;
	} else if (!strcmp(what, "circles")) { /* sockets that hold themselves */
		for (; n < 3000; n++) {
			if (socketpair(AF_UNIX, SOCK_STREAM, 0, p))
				break;
			if (rights(p[0], p[1], 1) < 0 || rights(p[1], p[0], 1) < 0)
				break;
			close(p[0]);
			close(p[1]);
		}
	} else if (!strcmp(what, "many-rights")) {
		socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
		rights(p[0], 0, 254);
	} else if (!strcmp(what, "control")) {
		socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
		struct msghdr m = {.msg_control = buf, .msg_controllen = sizeof buf};
		sendmsg(p[0], &m, 0);
	} else if (!strcmp(what, "vector")) {
		struct iovec *v = calloc(MANY, sizeof *v);
		struct msghdr m = {.msg_iov = v, .msg_iovlen = MANY};
		socketpair(AF_UNIX, SOCK_STREAM, 0, p);
		sendmsg(p[0], &m, 0);
	} else if (!strcmp(what, "fifos")) {
		for (; n < MANY; n++) {
			char name[20];
			sprintf(name, "fifo%d", n);
			if (mkfifo(name, 0600) || open(name, O_RDWR) < 0)
				break;
		}
	} else if (!strcmp(what, "watch")) {
		int e = epoll_create1(0);
		struct epoll_event ev = {EPOLLIN};
		for (; n < MANY; n++) {
			int s = socket(AF_INET, SOCK_DGRAM, 0);
			if (s < 0 || epoll_ctl(e, EPOLL_CTL_ADD, s, &ev))
				break;
		}
	}
	return stopped(n);
}
