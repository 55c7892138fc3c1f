/* Tries to touch the host: files that are not shown, files that are, listeners on its loopback interface and its sockets with names.
 * Arguments: a file outside, a directory that is shown, a port of TCP and of UDP, the path of a socket, an abstract name. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int ways, reached;

static void way(const char *what, const char *path, int ok)
{
	ways++;
	if (ok) {
		reached++;
		printf("reached %s %s\n", what, path);
	}
}

/* Whatever can be done to a path. On a file that is not shown all of it fails; a link to it that is shown (2) is the program's own. */
static void paths(const char *p, const char *shown, int outside)
{
	char to[600], b[10];
	struct stat st;
	struct sockaddr_un un = {AF_UNIX};
	int fd;
	snprintf(to, sizeof to, "%s/made%d", shown, ways);
	strncpy(un.sun_path, p, sizeof un.sun_path - 1);
	way("read", p, outside && (fd = open(p, O_RDONLY)) >= 0 && read(fd, b, 1) == 1);
	way("write", p, (fd = open(p, O_RDWR)) >= 0 && write(fd, "HACKED", 6) == 6 && outside);
	if (fd >= 0) {
		char *m = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (m != MAP_FAILED)
			m[0] = 'M';
		ftruncate(fd, 3);
		fchmod(fd, 0777);
		futimens(fd, 0);
		fallocate(fd, 0, 0, 10000);
	}
	way("truncate", p, open(p, O_WRONLY | O_TRUNC) >= 0 && outside);
	way("stat", p, stat(p, &st) == 0 && outside);
	way("access", p, access(p, R_OK) == 0 && outside);
	way("chmod", p, chmod(p, 0777) == 0 && outside);
	way("chown", p, chown(p, getuid(), getgid()) == 0 && outside);
	way("utimes", p, utimes(p, 0) == 0 && outside);
	way("link", p, link(p, to) == 0 && outside == 1);
	way("exec", p, outside && vfork() == 0 && (execl(p, p, (char *)0), _exit(0), 0));
	way("connect", p, connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&un, sizeof un) == 0);
	way("bind", p, bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&un, sizeof un) == 0 && outside);
	way("xattr", p, syscall(SYS_setxattr, p, "user.a", "b", 1, 0) == 0);
	way("mkdir", p, mkdir(p, 0700) == 0 && outside);
	way("mknod", p, mknod(p, S_IFCHR | 0600, 0x103) == 0);
	way("rename", p, rename(p, to) == 0 && outside == 1);
	way("unlink", p, unlink(p) == 0 && outside == 1);
}

static int refused(int s, const void *a, socklen_t n)
{
	int r = connect(s, a, n), v = 0;
	socklen_t l = sizeof v;
	if (r == 0 && send(s, "packet", 6, MSG_NOSIGNAL) == 6) {
		usleep(1000);
		getsockopt(s, SOL_SOCKET, SO_ERROR, &v, &l);
		if (v == 0 && send(s, "packet", 6, MSG_NOSIGNAL) == 6)
			return 0;
	}
	close(s);
	return 1;
}

/* Sockets of AF_UNIX of each kind, by a name that a listener of the kind has. A datagram is sent in each way. */
static void names(const char *what, const struct sockaddr_un *un, socklen_t n, int kind, const char *name)
{
	struct iovec v = {"packet", 6};
	struct mmsghdr m = {.msg_hdr = {.msg_name = (void *)un, .msg_namelen = n, .msg_iov = &v, .msg_iovlen = 1}};
	int s = socket(AF_UNIX, kind, 0);
	way(what, name, connect(s, (void *)un, n) == 0);
	if (kind != SOCK_DGRAM)
		return;
	s = socket(AF_UNIX, kind, 0);
	way(what, name, sendto(s, "packet", 6, 0, (void *)un, n) >= 0);
	way(what, name, sendmsg(s, &m.msg_hdr, 0) >= 0);
	way(what, name, sendmmsg(s, &m, 1, 0) >= 0);
}

static void sockets(int tcp, int udp, const char *path, const char *name)
{
	static const char *hosts[] = {"127.0.0.1", "127.0.0.2", "0.0.0.0", "10.0.0.1", "192.168.1.1", "169.254.169.254", "8.8.8.8", "255.255.255.255", "224.0.0.1"};
	static const char *hosts6[] = {"::1", "::", "::ffff:127.0.0.1", "fe80::1", "2001:db8::1", "ff02::1"};
	static const int families[] = {AF_INET, AF_INET6, AF_PACKET, AF_ALG, AF_VSOCK, AF_BLUETOOTH, AF_KEY, AF_XDP, AF_TIPC, AF_CAN};
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct sockaddr_in a = {AF_INET, htons(tcp), {inet_addr(hosts[i])}};
		way("tcp", hosts[i], !refused(socket(AF_INET, SOCK_STREAM, 0), &a, sizeof a));
		a.sin_port = htons(udp);
		way("udp", hosts[i], !refused(socket(AF_INET, SOCK_DGRAM, 0), &a, sizeof a));
		sendto(socket(AF_INET, SOCK_DGRAM, 0), "packet", 6, 0, (void *)&a, sizeof a); /* the host's listener tells */
	}
	for (size_t i = 0; i < sizeof hosts6 / sizeof *hosts6; i++) {
		struct sockaddr_in6 a = {AF_INET6, htons(tcp)};
		inet_pton(AF_INET6, hosts6[i], &a.sin6_addr);
		way("tcp", hosts6[i], !refused(socket(AF_INET6, SOCK_STREAM, 0), &a, sizeof a));
		a.sin6_port = htons(udp);
		way("udp", hosts6[i], !refused(socket(AF_INET6, SOCK_DGRAM, 0), &a, sizeof a));
		sendto(socket(AF_INET6, SOCK_DGRAM, 0), "packet", 6, 0, (void *)&a, sizeof a);
	}
	for (int kind = SOCK_STREAM; kind <= SOCK_DGRAM; kind++) { /* listeners of its own are none of the host's, which who runs this sees */
		int s = socket(AF_INET, kind, 0);
		struct sockaddr_in a = {AF_INET};
		bind(s, (void *)&a, sizeof a);
		listen(s, 1);
	}
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		way("raw", "", socket(families[i], SOCK_RAW, 0) >= 0);
	struct ifaddrs *list = 0; /* by AF_NETLINK, which knows of the loopback interface only */
	int others = 0;
	getifaddrs(&list);
	for (struct ifaddrs *i = list; i; i = i->ifa_next)
		others += strcmp(i->ifa_name, "lo") != 0;
	way("interfaces", "", others);
	for (int protocol = NETLINK_ROUTE + 1; protocol < MAX_LINKS; protocol++)
		way("netlink", "", socket(AF_NETLINK, SOCK_RAW, protocol) >= 0);
	static const struct { int kind; const char *suffix; } kinds[] = {{SOCK_STREAM, ""}, {SOCK_SEQPACKET, "-packets"}, {SOCK_DGRAM, "-datagrams"}};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct sockaddr_un un = {AF_UNIX};
		sprintf(un.sun_path, "%s%s", path, kinds[i].suffix);
		names("unix", &un, sizeof un, kinds[i].kind, path);
		memset(&un.sun_path, 0, sizeof un.sun_path);
		strcpy(un.sun_path + 1, name);
		names("abstract", &un, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name), kinds[i].kind, name);
	}
}

/* Processes of the host: the one that runs this machine, and others that every host has. */
static void processes(int tester)
{
	int pids[] = {1, 2, tester};
	char b[8], path[40];
	for (size_t i = 0; i < sizeof pids / sizeof *pids; i++) {
		sprintf(path, "/proc/%d", pids[i]);
		struct iovec here = {b, 8}, there = {(void *)0x400000, 8};
		int dir = open(path, O_RDONLY | O_DIRECTORY), fd = syscall(SYS_pidfd_open, pids[i], 0);
		way("pidfd", path, fd >= 0);
		way("pidfd_send_signal", path, syscall(SYS_pidfd_send_signal, fd, 0, 0, 0) == 0);
		way("pidfd_send_signal", path, syscall(SYS_pidfd_send_signal, dir, 0, 0, 0) == 0);
		way("pidfd_getfd", path, syscall(SYS_pidfd_getfd, fd, 0, 0) >= 0);
		way("kill", path, kill(pids[i], 0) == 0);
		way("process_vm_readv", path, process_vm_readv(pids[i], &here, 1, &there, 1, 0) > 0);
		way("waitid", path, waitid(3, fd, 0, WEXITED | WNOHANG) == 0);
	}
}

int main(int argc, char **argv)
{
	const char *secret = argv[1], *shown = argv[2];
	char p[1000];
	static const char *forms[] = {"%s", "/%s", "/proc/self/root%s", "/proc/self/cwd/../../../../../../../../..%s", "/proc/1/root%s", "%s/", "./../../../../../../../../../..%s"};
	if (argc < 8)
		return 2;
	sockets(atoi(argv[3]), atoi(argv[4]), argv[5], argv[6]);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		snprintf(p, sizeof p, forms[i], secret);
		paths(p, shown, 1);
	}
	snprintf(p, sizeof p, "%s/out", shown); /* a link that leads to the secret */
	paths(p, shown, 2);
	snprintf(p, sizeof p, "%s/file", shown);
	paths(p, shown, 0);
	snprintf(p, sizeof p, "%s/socket", shown);
	paths(p, shown, 0);
	processes(atoi(argv[7]));
	printf("%d ways, %d reached\n", ways, reached);
	return ways < 270 || reached > 0;
}
