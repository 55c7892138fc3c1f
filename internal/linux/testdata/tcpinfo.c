// TCP_INFO of connections over the loopback interface: what does not depend on time.
#include "say.h"
#include <netinet/in.h>
#include <linux/tcp.h>
#include <sys/socket.h>

static void info(const char *what, int s) {
	struct tcp_info i;
	socklen_t n = sizeof i;
	memset(&i, 0x55, sizeof i);
	usleep(5000); // until what is on its way has come
	long r = getsockopt(s, IPPROTO_TCP, TCP_INFO, &i, &n);
	printf("%s: %ld, %d bytes, state %d, ca %d, options %x, unacked %u, sacked %u, lost %u, retrans %u %u", what, r, n, i.tcpi_state, i.tcpi_ca_state, i.tcpi_options, i.tcpi_unacked, i.tcpi_sacked, i.tcpi_lost, i.tcpi_retrans, i.tcpi_total_retrans);
	printf(", mss %u, pmtu %u, ssthresh %x, reordering %u", i.tcpi_advmss, i.tcpi_pmtu, i.tcpi_snd_ssthresh, i.tcpi_reordering);
	if (i.tcpi_bytes_sent == 0) printf(", cwnd %u", i.tcpi_snd_cwnd); // grows with what is acknowledged
	printf(", acked %llu, received %llu, sent %llu, not sent %u, segments %u %u, delivered %u, pacing %llx\n", (long long)i.tcpi_bytes_acked, (long long)i.tcpi_bytes_received, (long long)i.tcpi_bytes_sent, i.tcpi_notsent_bytes, i.tcpi_data_segs_in, i.tcpi_data_segs_out, i.tcpi_delivered, (long long)i.tcpi_max_pacing_rate);
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	unprivileged();
	char b[3000];
	int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0), u = socket(AF_INET, SOCK_DGRAM, 0), x = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof a;
	info("new", c);
	T(bind(l, (void *)&a, sizeof a)); T(listen(l, 5)); getsockname(l, (void *)&a, &n);
	info("listening", l);
	T(connect(c, (void *)&a, sizeof a));
	info("listening, one waits", l);
	int s = accept(l, 0, 0);
	info("listening, accepted", l);
	info("client", c); info("server", s);
	T(write(c, b, 1000)); info("client", c); info("server", s); T(read(s, b, 3000)); info("server", s);
	T(write(s, b, 3000)); T(write(s, b, 10)); info("client", c); info("server", s); T(recv(c, b, 3000, MSG_WAITALL)); T(read(c, b, 10));
	n = 1; T(getsockopt(c, IPPROTO_TCP, TCP_INFO, b, &n)); printf("%d %d\n", n, b[0]); n = -1; T(getsockopt(c, IPPROTO_TCP, TCP_INFO, b, &n)); n = 8; T(getsockopt(c, IPPROTO_TCP, TCP_INFO, (void *)8, &n));
	T(getsockopt(u, IPPROTO_TCP, TCP_INFO, b, &n)); T(getsockopt(x, IPPROTO_TCP, TCP_INFO, b, &n)); T(setsockopt(c, IPPROTO_TCP, TCP_INFO, b, 4));
	T(shutdown(c, SHUT_WR)); usleep(300000); info("client, shut down", c); info("server", s); T(read(s, b, 10));
	close(s); info("client", c); close(c); close(l);
	return 0;
}
