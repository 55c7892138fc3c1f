/* Sockets that only messages to themselves hold are closed: their other ends see it. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void send_fds(int to, const int *fds, int n)
{
	union { char b[100]; struct cmsghdr align; } control;
	struct iovec v = {"x", 1};
	memset(&control, 0, sizeof control);
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control.b, .msg_controllen = CMSG_SPACE(n * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	if (sendmsg(to, &m, 0) != 1)
		perror("sendmsg");
}

static void show(const char *what, int fd)
{
	close(socket(AF_UNIX, SOCK_STREAM, 0)); /* the release of a socket has the kernel look */
	usleep(30000);
	struct pollfd p = {fd, POLLIN | POLLRDHUP, 0};
	int n = poll(&p, 1, 0), err = -1;
	socklen_t size = sizeof err;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size);
	printf("%s: %d %x error %d\n", what, n, p.revents, err);
}

static void two(int *a, int *b)
{
	int p[2];
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	*a = p[0];
	*b = p[1];
}

int main(void)
{
	int a, b, c, d, e, f, watched, pipes[2];
	char byte;

	two(&a, &b); /* b is in its own queue, with a pipe */
	pipe(pipes);
	send_fds(a, (int[]){b, pipes[1]}, 2);
	close(pipes[1]);
	show("held", a);
	close(b);
	show("itself", a);
	printf("pipe %zd\n", read(pipes[0], &byte, 1));

	two(&a, &b); /* b in d's queue, d in b's */
	two(&c, &d);
	send_fds(a, &d, 1);
	send_fds(c, &b, 1);
	close(b);
	show("one of two", a);
	close(d);
	show("two", a);
	show("two", c);

	two(&a, &b); /* the circle hangs on a socket that is open */
	two(&c, &d);
	two(&e, &f);
	send_fds(a, &d, 1);
	send_fds(c, &b, 1);
	send_fds(e, &b, 1);
	close(b);
	close(d);
	show("reachable", a);
	close(f);
	show("no more", a);
	show("no more", c);
	show("no more", e);

	two(&a, &b); /* a listener in the queue of who waits to be accepted by it */
	struct sockaddr_un name = {AF_UNIX, ""};
	int l = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(l, (void *)&name, 2);
	listen(l, 1);
	socklen_t size = sizeof name;
	getsockname(l, (void *)&name, &size);
	watched = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(watched, (void *)&name, size);
	send_fds(watched, &l, 1);
	show("listens", watched);
	close(l);
	show("embryo", watched);
	return 0;
}
