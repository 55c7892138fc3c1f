/* Sockets in each state, and what /proc/net says of them. Numbers that differ from run to run are told in lines of "= NUMBER name". */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static union addr { struct sockaddr sa; struct sockaddr_in in; struct sockaddr_in6 in6; struct sockaddr_un un; } at;
static socklen_t size;

static void inode(const char *name, int fd)
{
	struct stat st;
	fstat(fd, &st);
	printf("= %lu inode of %s\n", (unsigned long)st.st_ino, name);
}

/* A socket bound to an address that is written as a program has it, without a port; its port and inode have names. */
static int bound(const char *name, int family, int type, const char *ip, int backlog)
{
	int fd = socket(family, type, 0);
	memset(&at, 0, sizeof at);
	at.sa.sa_family = family;
	inet_pton(family, ip, family == AF_INET ? (void *)&at.in.sin_addr : (void *)&at.in6.sin6_addr);
	size = family == AF_INET ? sizeof at.in : sizeof at.in6;
	bind(fd, &at.sa, size);
	if (backlog)
		listen(fd, backlog);
	getsockname(fd, &at.sa, &size);
	printf("= %04X port of %s\n", ntohs(at.in.sin_port), name);
	inode(name, fd);
	return fd;
}

/* A client of the socket that was bound last. */
static int client(const char *name, int family, int type)
{
	int fd = socket(family, type, 0);
	union addr own;
	socklen_t n = sizeof own;
	connect(fd, &at.sa, size);
	getsockname(fd, &own.sa, &n);
	printf("= %04X port of %s\n", ntohs(own.in.sin_port), name);
	inode(name, fd);
	return fd;
}

static void accepted(const char *name, int l, int *fd)
{
	*fd = accept(l, 0, 0);
	inode(name, *fd);
}

static void inet(void)
{
	int l = bound("listener", AF_INET, SOCK_STREAM, "127.0.0.1", 5), c, s;
	c = client("client", AF_INET, SOCK_STREAM);
	accepted("server", l, &s);
	send(c, "0123456789", 10, 0);
	c = client("half", AF_INET, SOCK_STREAM); /* its other end will send no more, and has not been read */
	accepted("over", l, &s);
	send(s, "abc", 3, 0);
	shutdown(s, SHUT_WR);
	c = client("left", AF_INET, SOCK_STREAM); /* the other end is closed */
	accepted("closed", l, &s);
	close(s);
	c = client("gone", AF_INET, SOCK_STREAM); /* both are */
	accepted("went", l, &s);
	close(c);
	close(s);
	c = client("read", AF_INET, SOCK_STREAM); /* the end has been read */
	accepted("told", l, &s);
	shutdown(s, SHUT_WR);
	char b[10];
	if (read(c, b, 10) != 0)
		puts("no end");
	c = client("waits", AF_INET, SOCK_STREAM);
	send(c, "01234", 5, 0);
	bound("unused", AF_INET, SOCK_STREAM, "0.0.0.0", 0);
	l = bound("listener6", AF_INET6, SOCK_STREAM, "::", 1);
	at.in6.sin6_addr = in6addr_loopback;
	client("client6", AF_INET6, SOCK_STREAM);
	accepted("server6", l, &s);
	int port = at.in6.sin6_port;
	memset(&at, 0, sizeof at);
	at.in.sin_family = AF_INET;
	at.in.sin_port = port;
	at.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	size = sizeof at.in;
	client("client46", AF_INET, SOCK_STREAM);

	bound("datagrams", AF_INET, SOCK_DGRAM, "127.0.0.1", 0);
	c = client("sender", AF_INET, SOCK_DGRAM);
	send(c, "", 0, 0);
	bound("any", AF_INET, SOCK_DGRAM, "0.0.0.0", 0);
	inode("portless", socket(AF_INET, SOCK_DGRAM, 0));
	bound("datagrams6", AF_INET6, SOCK_DGRAM, "::1", 0);
	c = client("sender6", AF_INET6, SOCK_DGRAM);
	bound("any6", AF_INET6, SOCK_DGRAM, "::", 0);
}

static void pair(const char *a, const char *b, int type, int *fds)
{
	socketpair(AF_UNIX, type, 0, fds);
	inode(a, fds[0]);
	inode(b, fds[1]);
}

static void named(const char *name, int fd, const char *path, int n)
{
	struct sockaddr_un un = {AF_UNIX, ""};
	memcpy(un.sun_path, path, n);
	bind(fd, (void *)&un, offsetof(struct sockaddr_un, sun_path) + n);
	listen(fd, 3);
	inode(name, fd);
}

static int connected(const char *name, int type, const char *path, int n)
{
	int fd = socket(AF_UNIX, type, 0);
	struct sockaddr_un un = {AF_UNIX, ""};
	memcpy(un.sun_path, path, n);
	connect(fd, (void *)&un, offsetof(struct sockaddr_un, sun_path) + n);
	inode(name, fd);
	return fd;
}

static void local(void)
{
	int l = socket(AF_UNIX, SOCK_STREAM, 0), p[2], s;
	named("unix listener", l, "a name", 7);
	connected("unix client", SOCK_STREAM, "a name", 7);
	accepted("unix server", l, &s);
	connected("unix waits", SOCK_STREAM, "a name", 7);
	named("abstract", socket(AF_UNIX, SOCK_SEQPACKET, 0), "\0abs\0tract", 10);
	named("datagram", socket(AF_UNIX, SOCK_DGRAM, 0), "other", 6);
	connected("to datagram", SOCK_DGRAM, "other", 6);
	connected("too", SOCK_DGRAM, "other", 6);
	inode("nothing", socket(AF_UNIX, SOCK_STREAM, 0));
	pair("one", "two", SOCK_STREAM, p);
	pair("alone", "closed", SOCK_STREAM, p);
	close(p[1]);
	pair("first", "second", SOCK_DGRAM, p);
	close(p[1]);
}

int main(void)
{
	static const char *files[] = {"tcp", "tcp6", "udp", "udp6", "unix", "udplite", "udplite6", "icmp", "icmp6", "raw", "raw6", "packet"};
	char path[40], b[30000];
	setvbuf(stdout, 0, _IOFBF, 1 << 16);
	unlink("a name");
	unlink("other");
	inet();
	local();
	usleep(250000); /* what waited to be acknowledged has been, and timers of it have ended */
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		sprintf(path, i % 2 ? "/proc/self/net/%s" : "/proc/net/%s", files[i]);
		int fd = open(path, O_RDONLY);
		ssize_t n, all = 0;
		while ((n = read(fd, b + all, sizeof b - all)) > 0)
			all += n;
		printf("%s: %d\n%.*s", files[i], fd >= 0, (int)all, b);
		close(fd);
	}
	if (readlink("/proc/net", path, sizeof path) == 8)
		printf("%.8s\n", path);
	return 0;
}
