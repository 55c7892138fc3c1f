// Netlink sockets: what the routing protocol tells of the loopback interface, and what it refuses. Other interfaces are left out.
#include "say.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sys/socket.h>
#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

static void interfaces(void) {
	struct ifaddrs *list;
	char a[64], m[64];
	T(getifaddrs(&list));
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		if (strcmp(i->ifa_name, "lo")) continue;
		int family = i->ifa_addr->sa_family;
		if (family == AF_PACKET) {
			struct sockaddr_ll *l = (void *)i->ifa_addr;
			printf("lo flags %x index %d type %d length %d, address %d\n", i->ifa_flags, l->sll_ifindex, l->sll_hatype, l->sll_halen, l->sll_addr[5]);
			continue;
		}
		inet_ntop(family, family == AF_INET ? (void *)&((struct sockaddr_in *)i->ifa_addr)->sin_addr : &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr, a, sizeof a);
		inet_ntop(family, family == AF_INET ? (void *)&((struct sockaddr_in *)i->ifa_netmask)->sin_addr : &((struct sockaddr_in6 *)i->ifa_netmask)->sin6_addr, m, sizeof m);
		if (family == AF_INET) printf("lo flags %x %s mask %s\n", i->ifa_flags, a, m); // hosts may be without IPv6
	}
	freeifaddrs(list);
}

static int fd;
// answers prints the messages that have come.
static void answers(void) {
	char b[32768];
	struct sockaddr_nl from = {0};
	socklen_t n = sizeof from;
	long size;
	while ((size = recvfrom(fd, b, sizeof b, MSG_DONTWAIT, (void *)&from, &n)) > 0) {
		struct nlmsghdr *h = (void *)b;
		for (long left = size; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
			struct ifinfomsg *i = NLMSG_DATA(h);
			if (h->nlmsg_type == RTM_NEWLINK && i->ifi_index != 1) continue;
			printf("  %d type %d flags %x seq %d port %d", from.nl_pid, h->nlmsg_type, h->nlmsg_flags & ~0x200, h->nlmsg_seq, h->nlmsg_pid == getpid());
			if (h->nlmsg_type == NLMSG_ERROR) {
				struct nlmsgerr *e = NLMSG_DATA(h);
				printf(" length %d error %d of %d", h->nlmsg_len, e->error, e->msg.nlmsg_type);
			} else if (h->nlmsg_type == RTM_NEWLINK) {
				printf(" family %d type %d index %d flags %x", i->ifi_family, i->ifi_type, i->ifi_index, i->ifi_flags);
				int rest = IFLA_PAYLOAD(h);
				for (struct rtattr *a = IFLA_RTA(i); RTA_OK(a, rest); a = RTA_NEXT(a, rest)) switch (a->rta_type) {
				case IFLA_IFNAME: printf(" %d %s", a->rta_type, (char *)RTA_DATA(a)); break;
				case IFLA_MTU: case IFLA_GROUP: case IFLA_TXQLEN: printf(" %d %u", a->rta_type, *(unsigned *)RTA_DATA(a)); break;
				case IFLA_ADDRESS: case IFLA_BROADCAST: case IFLA_OPERSTATE: case IFLA_LINKMODE: case IFLA_CARRIER: printf(" %d (%d) %d", a->rta_type, a->rta_len, *(char *)RTA_DATA(a));
				}
			}
			puts("");
		}
	}
	if (size < 0 && errno != EAGAIN) printf("  errno %d\n", errno);
}
static void ask(int type, int flags, int family, int index, const char *name) {
	struct { struct nlmsghdr h; struct ifinfomsg i; struct rtattr a; char name[20]; } m = {{sizeof m.h + sizeof m.i, type, flags, 5, 0}, {family, 0, 0, index}};
	if (name) m.a = (struct rtattr){RTA_LENGTH(strlen(name) + 1), IFLA_IFNAME}, strcpy(m.name, name), m.h.nlmsg_len += RTA_SPACE(strlen(name) + 1);
	printf("ask %d %x %d %d %s: ", type, flags, family, index, name ? name : "");
	T(send(fd, &m, m.h.nlmsg_len, 0));
	answers();
}
static void names(void) {
	struct sockaddr_nl a = {.nl_family = AF_NETLINK}, n = {0};
	socklen_t size = sizeof n;
	T(getsockname(fd, (void *)&n, &size)); printf("%d: %d %d %x\n", size, n.nl_family, n.nl_pid == getpid(), n.nl_groups);
	size = sizeof n; T(getpeername(fd, (void *)&n, &size)); printf("%d: %d %d %x\n", size, n.nl_family, n.nl_pid, n.nl_groups);
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	unprivileged();
	interfaces();
	T(socket(AF_NETLINK, SOCK_STREAM, 0)); T(socket(AF_NETLINK, SOCK_RAW, 32)); T(socket(AF_NETLINK, SOCK_RAW, -1)); T(socketpair(AF_NETLINK, SOCK_RAW, 0, &fd)); Z(close(socket(AF_NETLINK, SOCK_DGRAM, 0)));
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int v = 0, one = 1;
	socklen_t size = 4;
	T(getsockopt(fd, SOL_SOCKET, SO_TYPE, &v, &size)); printf("%d\n", v); T(getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &v, &size)); printf("%d\n", v); T(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &v, &size)); printf("%d\n", v);
	T(setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, 4)); T(getsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &v, &size)); printf("%d\n", v); one = 0; T(setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, 4)); T(getsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &v, &size)); printf("%d\n", v);
	T(setsockopt(fd, SOL_NETLINK, 99, &one, 4)); T(setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, (void *)8, 4)); T(setsockopt(fd, 6, NETLINK_EXT_ACK, &one, 4)); T(getsockopt(fd, SOL_NETLINK, 99, &v, &size)); T(getsockopt(fd, 6, 3, &v, &size));
	T(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &one, 4)); one = 1000; T(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &one, 4));
	struct sockaddr_nl a = {.nl_family = AF_NETLINK};
	names(); T(bind(fd, (void *)&a, 8)); a.nl_family = 2; T(bind(fd, (void *)&a, sizeof a)); a.nl_family = AF_NETLINK; T(bind(fd, (void *)&a, sizeof a)); names();
	T(bind(fd, (void *)&a, sizeof a)); a.nl_pid = getpid(); T(bind(fd, (void *)&a, sizeof a)); a.nl_pid = 77; T(bind(fd, (void *)&a, sizeof a));
	int other = socket(AF_NETLINK, SOCK_RAW, 0);
	a.nl_pid = getpid(); T(bind(other, (void *)&a, sizeof a)); a.nl_pid = 0; T(bind(other, (void *)&a, sizeof a)); struct sockaddr_nl n; size = sizeof n; getsockname(other, (void *)&n, &size); printf("another %d\n", n.nl_pid != 0 && n.nl_pid != getpid()); close(other);
	T(connect(fd, (void *)&a, sizeof a)); a.nl_pid = 5; T(connect(fd, (void *)&a, sizeof a)); a.nl_pid = 0; a.nl_groups = 1; T(connect(fd, (void *)&a, sizeof a)); T(bind(fd, (void *)&(struct sockaddr_nl){AF_NETLINK, 0, getpid(), 1}, sizeof a)); names();
	T(listen(fd, 1)); T(accept(fd, 0, 0)); T(shutdown(fd, 2)); T(send(fd, "", 0, 0)); T(send(fd, "x", 1, 0)); T(recv(fd, &v, 4, MSG_DONTWAIT)); T(send(fd, "x", 1, MSG_OOB));
	a.nl_pid = 5; a.nl_groups = 0; T(sendto(fd, "x", 1, 0, (void *)&a, sizeof a)); T(sendto(fd, "x", 1, 0, (void *)&a, 8));
	ask(RTM_GETLINK, NLM_F_REQUEST, 0, 1, 0); ask(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, 0, 1, 0); ask(RTM_GETLINK, NLM_F_REQUEST, 0, 0, "lo"); ask(RTM_GETLINK, NLM_F_REQUEST, 0, 0, 0); ask(RTM_GETLINK, NLM_F_REQUEST, 0, 0, "none"); ask(RTM_GETLINK, NLM_F_REQUEST, 0, 9999, 0);
	ask(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 0, 0, 0); ask(RTM_GETLINK, 0, 0, 1, 0); ask(RTM_GETLINK, NLM_F_ACK, 0, 1, 0); ask(RTM_NEWLINK, NLM_F_REQUEST, 0, 1, 0); ask(RTM_DELADDR, NLM_F_REQUEST, 0, 1, 0); ask(300, NLM_F_REQUEST, 0, 1, 0); ask(5, NLM_F_REQUEST | NLM_F_ACK, 0, 1, 0);
	one = 1; T(setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, 4)); ask(300, NLM_F_REQUEST, 0, 1, 0);
	struct nlmsghdr two[2] = {{16, 300, NLM_F_REQUEST, 1, 0}, {16, 301, NLM_F_REQUEST, 2, 0}};
	T(send(fd, two, sizeof two, 0)); answers(); two[0].nlmsg_len = 100; T(send(fd, two, sizeof two, 0)); answers();
	return 0;
}
