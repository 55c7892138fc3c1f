// Messages that come with descriptors and credentials, to buffers that are not there.
#include "say.h"
#include <sys/socket.h>
#include <sys/un.h>

static int pair[2], ends[2];

// sends sends a byte with the writing end of a pipe, which nobody else has then.
static void sends(void) {
	char c = 'x', control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec v = {&c, 1};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	if (pipe2(ends, O_NONBLOCK)) exit(1);
	h->cmsg_len = CMSG_LEN(sizeof(int)), h->cmsg_level = SOL_SOCKET, h->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(h), &ends[1], sizeof(int));
	T(sendmsg(pair[0], &m, 0));
	close(ends[1]);
}

// receives takes it, and tells whether somebody still has the end.
static void receives(void *name, void *control, long size) {
	char c;
	struct iovec v = {&c, 1};
	struct msghdr m = {.msg_name = name, .msg_namelen = 110, .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = size};
	long r = T(recvmsg(pair[1], &m, 0));
	if (r > 0) printf("flags %x, control %ld, name %d\n", m.msg_flags, (long)m.msg_controllen, m.msg_namelen);
	T(read(ends[0], &c, 1));
	for (int fd = 5; fd < 12; fd++) if (fd != ends[0]) close(fd);
	close(ends[0]);
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	int on = 1;
	char control[100];
	struct sockaddr_un a = {AF_UNIX, "\0control"};
	T(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)); T(bind(pair[0], (void *)&a, 10));
	for (int creds = 0; creds < 2; creds++) {
		T(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &creds, sizeof creds));
		sends(); receives(0, control, sizeof control);
		sends(); receives(0, 0, 0);
		sends(); receives(0, (void *)8, sizeof control);
		sends(); receives((void *)8, control, sizeof control);
		sends(); receives((void *)8, (void *)8, sizeof control);
	}
	return 0;
}
