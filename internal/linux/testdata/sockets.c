/* Random operations on sockets of one process: what each answers. The seed is the last argument. Nothing waits for ever: every wait has an end. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static uint64_t state;
static unsigned rnd(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}
#define PICK(list) list[rnd(sizeof list / sizeof *list)]

enum { SLOTS = 10, PORTS = 3 };
static int fds[SLOTS], epfd, ports[PORTS];
static int stream[SLOTS]; /* whether TCP, whose answers to a full queue are times */
static int mapped[1000]; /* by descriptor: of IPv6, whether it gets addresses of IPv4 */
static volatile int pipes;
static char buf[300000];
static char sent[1000]; /* by descriptor: whether a message has carried it */
static int lost; /* whether one that was sent has been closed */
static int dropped; /* whether a call may have closed a socket that a message carried */

static void on_pipe(int s) { (void)s; pipes++; }

/* Lets the kernel close sockets that only messages to each other hold. It looks for them when any socket of the host's is closed; since 6.9 a worker does,
 * and closes them a tick later, 10 ms at most, and as much again for those that these held. */
static void collect(void)
{
	if (lost) {
		close(socket(AF_UNIX, SOCK_DGRAM, 0));
		usleep(25000);
	}
}

static void finish(int fd)
{
	if (fd < 0)
		return;
	lost |= sent[fd % 1000];
	sent[fd % 1000] = 0;
	close(fd);
	collect();
}

static const char *err(long r) { return r < 0 ? strerrorname_np(errno) : ""; }

static void show(const char *what, int slot, long r)
{
	const char *e = err(r);
	usleep(100); /* the loopback interface has done its work */
	if (dropped)
		collect();
	dropped = 0;
	printf("%s %d = %ld %s", what, slot, r, e);
	if (pipes)
		printf(" SIGPIPE");
	pipes = 0;
	puts("");
}

/* An address, and how it is printed: ports differ from run to run. */
static union addr { struct sockaddr sa; struct sockaddr_un un; struct sockaddr_in in; struct sockaddr_in6 in6; char raw[128]; } ad;

static int family_of(int fd)
{
	int v = rnd(3) == 0 ? AF_INET6 : rnd(2) ? AF_INET : AF_UNIX;
	socklen_t n = sizeof v;
	getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &v, &n);
	return v;
}

static socklen_t unix_name(void)
{
	static const char *names[] = {"s0", "s1", "s2", "none/s", "file", "s0"};
	ad.un.sun_family = AF_UNIX;
	switch (rnd(6)) {
	case 0: case 1:
		return offsetof(struct sockaddr_un, sun_path) + 1 + sprintf(ad.un.sun_path + 1, "%07d-%u", getpid(), rnd(3));
	case 2:
		if (rnd(3) == 0)
			return rnd(3);
		/* fall through */
	default:
		strcpy(ad.un.sun_path, PICK(names));
		return offsetof(struct sockaddr_un, sun_path) + strlen(ad.un.sun_path) + rnd(2);
	}
}

/* An address for fd. One of IPv6 gets addresses of one kind. */
static socklen_t name(int fd)
{
	int family = family_of(fd);
	memset(&ad, 0, sizeof ad);
	if (rnd(25) == 0)
		family = AF_UNSPEC;
	if (family == AF_UNIX)
		return unix_name();
	int port = rnd(10) ? ports[rnd(PORTS)] : 0;
	ad.sa.sa_family = family;
	if (family == AF_INET6) {
		static const char *a[] = {"::1", "::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0"};
		inet_pton(AF_INET6, a[fd >= 0 && mapped[fd % 1000] ? 3 + rnd(2) : rnd(3)], &ad.in6.sin6_addr);
		ad.in6.sin6_port = htons(port);
		return rnd(15) ? sizeof ad.in6 : 20;
	}
	static const char *a[] = {"127.0.0.1", "127.0.0.1", "0.0.0.0", "127.0.0.2", "127.0.0.1"};
	ad.in.sin_addr.s_addr = inet_addr(PICK(a));
	ad.in.sin_port = htons(port);
	return rnd(15) ? sizeof ad.in : 12;
}

static void print_name(socklen_t n)
{
	char text[100];
	int port = 0;
	if (n < sizeof ad)
		ad.raw[n] = 0;
	printf("  len %u ", n);
	if (n < 2) {
		puts("");
		return;
	}
	if (ad.sa.sa_family == AF_UNIX) {
		if (n > 2 && ad.un.sun_path[0] == 0)
			printf("unix @%s\n", strchr(ad.un.sun_path + 1, '-') ? strchr(ad.un.sun_path + 1, '-') : "auto");
		else
			printf("unix %.*s\n", (int)n - 2, ad.un.sun_path);
		return;
	}
	if (ad.sa.sa_family == AF_INET) {
		inet_ntop(AF_INET, &ad.in.sin_addr, text, sizeof text);
		port = ntohs(ad.in.sin_port);
	} else {
		inet_ntop(AF_INET6, &ad.in6.sin6_addr, text, sizeof text);
		port = ntohs(ad.in6.sin6_port);
	}
	for (int i = 0; i < PORTS; i++)
		if (port == ports[i]) {
			printf("%s port %d\n", text, i);
			return;
		}
	printf("%s %s\n", text, port ? "some port" : "no port");
}

static int type_of(int fd)
{
	int v = 0;
	socklen_t n = sizeof v;
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &v, &n);
	return v;
}

static void put(int slot, int fd)
{
	struct timeval tv = {0, 3000};
	finish(fds[slot]);
	fds[slot] = fd;
	stream[slot] = 0;
	if (fd < 0)
		return;
	mapped[fd % 1000] = rnd(2);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
	int d = family_of(fd);
	stream[slot] = d != AF_UNIX && type_of(fd) == SOCK_STREAM;
	if (stream[slot]) /* what is sent is there */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, 4);
}

static unsigned sum(const char *b, long n)
{
	unsigned s = 0;
	for (long i = 0; i < n; i++)
		s = s * 31 + (unsigned char)b[i];
	return s;
}

static void options(int slot)
{
	static const int sol[] = {SO_REUSEADDR, SO_TYPE, SO_ERROR, SO_BROADCAST, SO_RCVBUF, SO_KEEPALIVE, SO_OOBINLINE, SO_REUSEPORT, SO_PASSCRED,
				  SO_RCVLOWAT, SO_SNDLOWAT, SO_ACCEPTCONN, SO_PROTOCOL, SO_DOMAIN, SO_LINGER, SO_SNDBUF, 200};
	static const int tcp[] = {TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_CORK, 99};
	int fd = fds[slot], what = rnd(12), level = SOL_SOCKET, o = PICK(sol), v[2] = {0, 0};
	socklen_t n = sizeof v;
	if (what < 2) {
		level = IPPROTO_TCP;
		o = PICK(tcp);
	} else if (what == 2) {
		level = IPPROTO_IPV6;
		o = IPV6_V6ONLY;
	} else if (what == 3) {
		level = IPPROTO_IP;
		o = rnd(2) ? IP_TTL : IP_TOS;
	}
	if (o == SO_SNDBUF && level == SOL_SOCKET && stream[slot])
		return; /* of TCP it grows as the kernel likes */
	if (rnd(2)) {
		long r = getsockopt(fd, level, o, v, &n);
		printf("getsockopt %d %d %d %d len %u: ", level, o, v[0], v[1], n);
		show("", slot, r);
		return;
	}
	if (level == IPPROTO_TCP && (o == TCP_NODELAY || o == TCP_CORK))
		return;
	if (o == SO_RCVLOWAT && level == SOL_SOCKET && rnd(3))
		return;
	if (o == SO_LINGER && level == SOL_SOCKET) {
		v[0] = rnd(2);
		show("linger", slot, setsockopt(fd, level, o, v, sizeof v));
		return;
	}
	if (o == SO_RCVBUF && level == SOL_SOCKET)
		return;
	v[0] = rnd(3) ? rnd(2) : rnd(5000);
	printf("setsockopt %d %d %d: ", level, o, v[0]);
	show("", slot, setsockopt(fd, level, o, v, rnd(10) ? 4 : 2));
}

static int flags_of(int send)
{
	static const int s[] = {0, 0, MSG_NOSIGNAL, MSG_DONTWAIT, MSG_DONTWAIT | MSG_NOSIGNAL, MSG_EOR};
	static const int r[] = {0, 0, MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL, MSG_TRUNC, MSG_PEEK | MSG_DONTWAIT, MSG_WAITALL | MSG_PEEK, MSG_DONTWAIT | MSG_TRUNC};
	return send ? PICK(s) : PICK(r);
}

static unsigned size_of(int slot)
{
	static const unsigned sizes[] = {0, 1, 2, 10, 100, 500, 1000, 3000, 5000, 20000, 70000};
	return sizes[rnd(stream[slot] ? 8 : 11)];
}

static void send_rights(int slot)
{
	union { char b[200]; struct cmsghdr align; } control;
	struct iovec v = {buf, size_of(slot)};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control.b, .msg_controllen = 0};
	int n = rnd(4);
	memset(&control, 0, sizeof control);
	if (n) {
		struct cmsghdr *c = (void *)control.b;
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = rnd(15) ? SCM_RIGHTS : 9;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		for (int i = 0; i < n; i++)
			((int *)CMSG_DATA(c))[i] = rnd(20) ? 0 : fds[rnd(SLOTS)];
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	memset(buf, 'a' + rnd(26), v.iov_len);
	if (rnd(6) == 0) {
		m.msg_namelen = name(fds[slot]);
		m.msg_name = &ad;
	}
	n = flags_of(1);
	printf("%zu %x %zu ", v.iov_len, n, m.msg_controllen);
	long r = sendmsg(fds[slot], &m, n);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	for (size_t i = 0; r >= 0 && c && i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
		if (((int *)CMSG_DATA(c))[i] > 0)
			sent[((int *)CMSG_DATA(c))[i] % 1000] = 1;
	show("sendmsg", slot, r);
}

static void receive_rights(int slot)
{
	union { char b[200]; struct cmsghdr align; } control;
	struct iovec v = {buf, size_of(slot)};
	struct msghdr m = {.msg_name = &ad, .msg_namelen = sizeof ad, .msg_iov = &v, .msg_iovlen = 1, .msg_control = control.b,
			   .msg_controllen = rnd(3) ? 200 : rnd(60)};
	int f = flags_of(0);
	printf("%zu %x %zu ", v.iov_len, f, m.msg_controllen);
	long r = recvmsg(fds[slot], &m, f);
	dropped = 1;
	show("recvmsg", slot, r);
	if (r < 0)
		return;
	printf("  sum %u flags %x control %zu\n", sum(buf, r < (long)v.iov_len ? r : (long)v.iov_len), m.msg_flags, m.msg_controllen);
	print_name(m.msg_namelen);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		printf("  cmsg %d %d %zu", c->cmsg_level, c->cmsg_type, c->cmsg_len);
		int *d = (int *)CMSG_DATA(c);
		for (size_t i = 0; c->cmsg_type == SCM_RIGHTS && i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			struct stat st;
			fstat(d[i], &st);
			printf(" fd %o", st.st_mode & S_IFMT);
			finish(d[i]);
		}
		if (c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(12))
			printf(" cred %d %d", d[0] == getpid(), d[1] == (int)getuid());
		puts("");
	}
}

static void several(int slot)
{
	struct mmsghdr m[3];
	struct iovec v[3];
	int send = rnd(2), n = 1 + rnd(3);
	memset(m, 0, sizeof m);
	for (int i = 0; i < 3; i++) {
		v[i] = (struct iovec){buf + 10000 * i, rnd(300)};
		m[i].msg_hdr.msg_iov = v + i;
		m[i].msg_hdr.msg_iovlen = 1;
	}
	struct timespec ts = {0, 2000000};
	long r = send ? sendmmsg(fds[slot], m, n, flags_of(1)) : recvmmsg(fds[slot], m, n, rnd(2) ? MSG_DONTWAIT : MSG_WAITFORONE, rnd(2) ? &ts : 0);
	dropped = !send;
	show(send ? "sendmmsg" : "recvmmsg", slot, r);
	for (int i = 0; i < r; i++)
		printf("  %u\n", m[i].msg_len);
}

static int by_data(const void *a, const void *b) { return ((struct epoll_event *)a)->data.fd - ((struct epoll_event *)b)->data.fd; }

static void watch(int slot)
{
	static const unsigned kinds[] = {EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT, EPOLLIN | EPOLLRDHUP};
	static const int ops[] = {EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL};
	struct epoll_event e[20] = {{.events = PICK(kinds), .data.fd = slot}};
	if (rnd(2)) {
		if (rnd(3) == 0)
			e->events |= EPOLLET;
		else if (rnd(4) == 0)
			e->events |= EPOLLONESHOT;
		printf("%x ", e->events);
		show("epoll_ctl", slot, epoll_ctl(epfd, PICK(ops), fds[slot], e));
		return;
	}
	int n = epoll_wait(epfd, e, 20, rnd(3));
	show("epoll_wait", 0, n);
	if (n > 0)
		qsort(e, n, sizeof *e, by_data);
	for (int i = 0; i < n; i++)
		printf("  %d %x\n", e[i].data.fd, e[i].events);
}

static void poll_all(void)
{
	struct pollfd p[SLOTS];
	fd_set sets[3];
	struct timeval tv = {0, 0};
	int most = 0;
	memset(sets, 0, sizeof sets);
	for (int i = 0; i < SLOTS; i++) {
		p[i] = (struct pollfd){fds[i], POLLIN | POLLOUT | POLLRDHUP | POLLRDNORM | POLLWRNORM | POLLPRI | POLLWRBAND, 0};
		if (fds[i] >= 0) {
			FD_SET(fds[i], sets);
			FD_SET(fds[i], sets + 1);
			FD_SET(fds[i], sets + 2);
			most = fds[i] >= most ? fds[i] + 1 : most;
		}
	}
	if (rnd(3) == 0) {
		printf("select %d", select(most, sets, sets + 1, sets + 2, &tv));
		for (int i = 0; i < SLOTS; i++)
			if (fds[i] >= 0)
				printf(" %d%d%d", !!FD_ISSET(fds[i], sets), !!FD_ISSET(fds[i], sets + 1), !!FD_ISSET(fds[i], sets + 2));
		puts("");
		return;
	}
	printf("poll %d", poll(p, SLOTS, 0));
	for (int i = 0; i < SLOTS; i++)
		printf(" %x", p[i].revents);
	puts("");
}

/* Two ends of a connection, through a listener or each connected to the other. */
static void pair(int slot)
{
	static const int families[] = {AF_INET, AF_INET, AF_INET6, AF_UNIX};
	int f = PICK(families), type = rnd(3) ? SOCK_STREAM : f == AF_UNIX ? SOCK_SEQPACKET : SOCK_DGRAM;
	union addr there;
	socklen_t n = f == AF_UNIX ? 2 : f == AF_INET ? sizeof there.in : sizeof there.in6;
	int a = socket(f, type, 0), b = socket(f, type, 0);
	memset(&there, 0, sizeof there);
	there.sa.sa_family = f;
	if (f == AF_INET)
		there.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (f == AF_INET6)
		there.in6.sin6_addr = in6addr_loopback;
	if (rnd(4) == 0)
		setsockopt(a, SOL_SOCKET, SO_RCVLOWAT, &(int){2}, 4);
	long r = bind(a, &there.sa, n);
	n = sizeof there;
	getsockname(a, &there.sa, &n);
	if (type == SOCK_DGRAM) {
		r |= connect(b, &there.sa, n);
		n = sizeof there;
		getsockname(b, &there.sa, &n);
		r |= connect(a, &there.sa, n);
		put(slot, a);
	} else {
		r |= listen(a, 2);
		r |= connect(b, &there.sa, n);
		put(slot, accept(a, 0, 0));
		finish(a);
	}
	put((slot + 1 + rnd(3)) % SLOTS, b);
	if (fds[slot] >= 0)
		mapped[fds[slot] % 1000] = 0;
	if (b >= 0)
		mapped[b % 1000] = 0;
	show("pair", slot, r);
}

static void one(int slot)
{
	int what = rnd(36);
	for (int i = 0; what > 4 && i < 4 && fds[slot] < 0; i++)
		slot = rnd(SLOTS);
	static const int families[] = {AF_UNIX, AF_UNIX, AF_INET, AF_INET, AF_INET6};
	static const int types[] = {SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM, SOCK_DGRAM, SOCK_SEQPACKET};
	static const int odd[] = {0, 0, 0, 0, 0, 0, 0, 6, 17, 1, 132, 999, -1};
	static const int kinds[] = {0, 4, 6, 7, 9, 11, 15};
	static const int strange[] = {0, 46, 99, -1, 40000};
	int fd = fds[slot], how, f;
	socklen_t n;
	long r;
	switch (what) {
	case 34: case 35: pair(slot); break;
	case 0: case 1: case 2:
		f = rnd(20) ? PICK(families) : PICK(strange);
		how = rnd(20) ? PICK(types) : PICK(kinds);
		n = PICK(odd);
		printf("%d %d %d ", f, how, (int)n);
		r = socket(f, how, n);
		show("socket", slot, r < 0 ? -1 : 0);
		put(slot, r);
		if (r >= 0 && rnd(2))
			fcntl(r, F_SETFL, O_NONBLOCK);
		break;
	case 3: {
		int p[2];
		r = socketpair(rnd(15) ? AF_UNIX : PICK(families), PICK(types) | (rnd(2) ? SOCK_NONBLOCK : 0), 0, p);
		show("socketpair", slot, r);
		if (r == 0) {
			put(slot, p[0]);
			put(rnd(2) ? (slot + 1) % SLOTS : (slot + 5) % SLOTS, p[1]);
		}
		break;
	}
	case 4: case 5: case 6: case 7:
		n = name(fd);
		print_name(n);
		show("bind", slot, bind(fd, &ad.sa, n));
		break;
	case 8: case 9: case 10:
		show("listen", slot, listen(fd, stream[slot] ? 1000 : (int)rnd(4)));
		break;
	case 11: case 12: case 13: case 14: case 15:
		n = name(fd);
		print_name(n);
		r = connect(fd, &ad.sa, n);
		dropped = 1;
		show("connect", slot, r);
		break;
	case 16: case 17: case 18:
		n = sizeof ad;
		r = accept4(fd, &ad.sa, &n, rnd(2) ? SOCK_NONBLOCK : 0);
		show("accept", slot, r < 0 ? -1 : 0);
		if (r >= 0) {
			print_name(n);
			put(rnd(SLOTS), r);
		}
		break;
	case 19: case 20:
		n = size_of(slot);
		memset(buf, 'a' + rnd(26), n);
		how = rnd(3);
		f = flags_of(1);
		printf("%u %x ", n, how ? f : 0);
		r = how == 0 ? write(fd, buf, n) : send(fd, buf, n, f);
		show("send", slot, r);
		break;
	case 21: case 22: {
		n = size_of(slot);
		how = rnd(3);
		f = flags_of(0);
		printf("%s %u %x ", how ? "" : "read", n, f);
		r = how == 0 ? read(fd, buf, n) : recv(fd, buf, n, f);
		dropped = 1;
		show("recv", slot, r);
		printf("  %u\n", r > 0 && !(f & MSG_TRUNC) ? sum(buf, r) : 0);
		break;
	}
	case 23: {
		unsigned size = size_of(slot);
		memset(buf, 'A' + rnd(26), size);
		n = name(fd);
		print_name(n);
		f = flags_of(1);
		printf("%u %x ", size, f);
		show("sendto", slot, sendto(fd, buf, size, f, &ad.sa, n));
		break;
	}
	case 24:
		n = sizeof ad;
		f = flags_of(0) & ~MSG_TRUNC;
		r = size_of(slot);
		printf("%ld %x ", r, f);
		r = recvfrom(fd, buf, r, f, &ad.sa, &n);
		dropped = 1;
		show("recvfrom", slot, r);
		if (r >= 0)
			print_name(n);
		break;
	case 25: send_rights(slot); break;
	case 26: receive_rights(slot); break;
	case 27:
		if (rnd(2)) {
			show("shutdown", slot, shutdown(fd, rnd(12) ? (int)rnd(3) : 7));
		} else {
			put(slot, -1);
			show("close", slot, 0);
		}
		break;
	case 28:
		n = sizeof ad;
		r = rnd(2) ? getsockname(fd, &ad.sa, &n) : getpeername(fd, &ad.sa, &n);
		show("name", slot, r);
		if (r == 0)
			print_name(n);
		break;
	case 29: options(slot); break;
	case 30:
		how = 0;
		r = ioctl(fd, FIONREAD, &how);
		printf("FIONREAD %d: ", how);
		show("", slot, r);
		break;
	case 31:
		if (rnd(3) == 0)
			show("unlink", slot, unlink(rnd(2) ? "s0" : "s1"));
		else
			show("fcntl", slot, fcntl(fd, F_SETFL, rnd(2) ? O_NONBLOCK : 0));
		break;
	case 32: watch(slot); break;
	case 33:
		switch (rnd(4)) {
		case 0: several(slot); break;
		case 1: {
			int file = open("file", O_RDONLY);
			off_t off = rnd(100);
			show("sendfile", slot, sendfile(fd, file, rnd(2) ? &off : 0, rnd(500)));
			printf("  %ld %ld\n", (long)off, (long)lseek(file, 0, SEEK_CUR));
			close(file);
			break;
		}
		case 2: {
			struct { int pid, uid, gid; } c = {0, 0, 0};
			n = sizeof c;
			r = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n);
			printf("cred %d %d ", c.pid == getpid(), c.uid == (int)getuid());
			show("", slot, r);
			break;
		}
		case 3: {
			int p[2];
			pipe2(p, O_NONBLOCK);
			r = write(p[1], buf, rnd(2000));
			r = splice(p[0], 0, fd, 0, rnd(3000), SPLICE_F_NONBLOCK);
			show("splice out", slot, r);
			r = splice(fd, 0, p[1], 0, 1 + rnd(3000), SPLICE_F_NONBLOCK);
			dropped = 1;
			show("splice in", slot, r);
			close(p[0]);
			close(p[1]);
			break;
		}
		}
		break;
	}
}

int main(int argc, char **argv)
{
	state = strtoul(argv[argc - 1], 0, 10) * 2654435761u + 12345;
	rnd(1);
	setvbuf(stdout, 0, _IOFBF, 1 << 16);
	signal(SIGPIPE, on_pipe);
	int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
	memset(buf, 'f', 1000);
	if (write(file, buf, 1000) != 1000)
		return 1;
	close(file);
	dup2(open("file", O_RDONLY), 0);
	for (int i = 0; i < PORTS; i++) /* as nobody else has */
		ports[i] = 10000 + (getpid() * PORTS + i) % 20000;
	memset(fds, -1, sizeof fds);
	epfd = epoll_create1(0);
	for (int i = 0; i < 500; i++) {
		one(rnd(SLOTS));
		if (rnd(6) == 0)
			poll_all();
	}
	return 0;
}
