/* Descriptors that a message carries and that find no place: who has them afterwards. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int a, b, pipes[2];

/* Sends the pipe's end for writing n times by one message, and closes it: a reader finds the end when nobody has it any more. */
static void carry(int n)
{
	union { char b[100]; struct cmsghdr align; } control;
	struct iovec v = {"x", 1};
	memset(&control, 0, sizeof control);
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control.b, .msg_controllen = CMSG_SPACE(n * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	pipe2(pipes, O_NONBLOCK);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	for (int i = 0; i < n; i++)
		((int *)CMSG_DATA(c))[i] = pipes[1];
	printf("%zd\n", sendmsg(a, &m, 0));
	close(pipes[1]);
}

static void close_from(int fd)
{
	while (fd < 30)
		close(fd++);
}

static void show(const char *what, long r)
{
	char byte;
	int e = errno, open = 0;
	ssize_t n = read(pipes[0], &byte, 1);
	for (int fd = 3; fd < 30; fd++)
		open += fcntl(fd, F_GETFD) >= 0;
	printf("%s: %ld %s, pipe %zd %s, %d open\n", what, r, r < 0 ? strerrorname_np(e) : "", n, n < 0 ? strerrorname_np(errno) : "", open);
	close_from(pipes[0]);
}

int main(void)
{
	char *page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), byte;
	struct iovec v = {&byte, 1};
	int p[2], sides[2];

	close_from(3);
	munmap(page + 4096, 4096);
	socketpair(AF_UNIX, SOCK_STREAM, 0, sides);
	a = sides[0];
	b = sides[1];
	pipe(p);
	carry(2);
	show("splice", splice(b, 0, p[1], 0, 10, 0));
	carry(2);
	show("read", read(b, &byte, 1));
	carry(2);
	show("recvfrom", recvfrom(b, &byte, 1, 0, (void *)(page + 4096), &(socklen_t){10}));
	for (int creds = 0; creds < 2; creds++) {
		setsockopt(b, SOL_SOCKET, SO_PASSCRED, &creds, sizeof creds);
		for (int left = 0; left < 72; left += 4) {
			struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = page + 4096 - left, .msg_controllen = 72};
			carry(3);
			long r = recvmsg(b, &m, 0);
			printf("left %d: flags %x control %zu\n", left, m.msg_flags, m.msg_controllen);
			show("recvmsg", r);
		}
	}
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = page, .msg_controllen = 72, .msg_name = page + 4096, .msg_namelen = 10};
	socketpair(AF_UNIX, SOCK_DGRAM, 0, sides);
	bind(sides[0], (void *)&(struct sockaddr){AF_UNIX, ""}, 2);
	a = sides[0];
	b = sides[1];
	carry(2);
	show("name", recvmsg(b, &m, 0));
	return 0;
}
