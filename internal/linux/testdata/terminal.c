/* Pseudoterminals: random bytes typed and printed in random modes, and sessions, groups and hangups on one. */
#include "say.h"
#include <sys/ioctl.h>
#include <termios.h>

static int m, s;
static char name[64];

static void settle(void) { struct timespec t = {0, 30000000}; nanosleep(&t, 0); } // a worker of the kernel's passes bytes on

static void show(const char *who, int fd) {
	char b[20000];
	fcntl(fd, F_SETFL, O_NONBLOCK);
	ssize_t n = read(fd, b, sizeof b);
	printf("%s %zd %d:", who, n, n < 0 ? errno : 0);
	for (ssize_t i = 0; i < n && i < 400; i++)
		printf(b[i] > ' ' && b[i] < 127 ? "%c" : "<%02x>", (unsigned char)b[i]);
	puts("");
	errno = 0;
	fcntl(fd, F_SETFL, 0);
}

static void ends(void) {
	struct pollfd p[2] = {{m, POLLIN | POLLOUT | POLLPRI | POLLRDNORM, 0}, {s, POLLIN | POLLOUT | POLLPRI | POLLRDNORM, 0}};
	poll(p, 2, 0);
	int in = -1, far = -1;
	ioctl(s, FIONREAD, &in), ioctl(m, FIONREAD, &far);
	printf("poll %x %x, %d and %d bytes\n", p[0].revents, p[1].revents, in, far);
}

static int opened(void) {
	m = posix_openpt(O_RDWR | O_NOCTTY);
	int locked = -1;
	T(ioctl(m, TIOCGPTLCK, &locked));
	printf("locked %d\n", locked);
	grantpt(m), ptsname_r(m, name, sizeof name);
	T(open(name, O_RDWR | O_NOCTTY));
	unlockpt(m);
	s = open(name, O_RDWR | O_NOCTTY);
	struct stat a, b;
	fstat(s, &a), stat(name, &b);
	printf("%d %d %o %d, %s\n", a.st_rdev == b.st_rdev && a.st_ino == b.st_ino, S_ISCHR(a.st_mode), a.st_rdev >> 8 == 136, isatty(s) + isatty(m), strncmp(name, "/dev/pts/", 9) ? "?" : "named");
	return s;
}

static unsigned seed;
static unsigned any(unsigned n) { return (seed = seed * 1103515245 + 12345) >> 8 & 0xffffff, (seed >> 8 & 0xffffff) % n; }

static void modes(void) {
	static const tcflag_t in[] = {ISTRIP, INLCR, IGNCR, ICRNL, IUCLC, IXON, IXANY, IUTF8, PARMRK}, out[] = {OPOST, OLCUC, ONLCR, OCRNL, ONOCR, ONLRET, XTABS},
		local[] = {ISIG, ICANON, ECHO, ECHOE, ECHOK, ECHONL, ECHOCTL, ECHOPRT, ECHOKE, IEXTEN};
	struct termios t;
	tcgetattr(s, &t);
	for (unsigned i = 0; i < sizeof in / sizeof *in; i++) t.c_iflag = any(4) ? t.c_iflag : t.c_iflag ^ in[i];
	for (unsigned i = 0; i < sizeof out / sizeof *out; i++) t.c_oflag = any(4) ? t.c_oflag : t.c_oflag ^ out[i];
	for (unsigned i = 0; i < sizeof local / sizeof *local; i++) t.c_lflag = any(4) ? t.c_lflag : t.c_lflag ^ local[i];
	if (!any(5)) t.c_cc[VEOL] = 'e';
	if (!any(5)) t.c_cc[VEOL2] = any(2) ? 'f' : 0;
	if (!any(8)) cfsetspeed(&t, any(2) ? B9600 : B115200);
	t.c_lflag |= NOFLSH; // natively another processor may have passed on what would be dropped
	t.c_cc[VMIN] = any(4), t.c_cc[VTIME] = 0;
	t.c_cflag = any(3) ? t.c_cflag : t.c_cflag ^ PARENB;
	tcsetattr(s, any(3) ? TCSANOW : any(2) ? TCSADRAIN : TCSAFLUSH, &t);
	tcgetattr(m, &t);
	printf("modes %x %x %x %x\n", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag);
}

static void randomly(unsigned n, int steps) {
	static const char text[] = "abcABC de\xc3\xa9\xff\xe2\x82\xac_-\t\t\n\n\r\b\x01\x02\x04\x04\x0f\x11\x11\x12\x13\x15\x16\x17\x17\x1c\x03\x1a\x7f\x7f\x7f\x80\x9f";
	seed = n;
	modes();
	for (int i = 0; i < steps; i++) {
		char b[6000];
		unsigned len = any(12) ? any(12) : any(8) ? any(300) : any(6000);
		for (unsigned j = 0; j < len; j++) b[j] = text[any(sizeof text)];
		int what = any(12);
		printf("%u.%d ", n, i);
		switch (what) {
		case 0: modes(); break;
		case 1: T(tcflush(any(2) ? m : s, any(3))); break;
		case 2: T(tcflow(s, any(2))); break;
		case 3: { int on = any(2); T(ioctl(m, TIOCPKT, &on)); break; }
		case 4: case 5: fcntl(s, F_SETFL, O_NONBLOCK); if (len > 300) len = 300; T(write(s, b, len)); fcntl(s, F_SETFL, 0); break;
		case 6: case 7: puts(""); show("slave", s); break;
		case 8: puts(""); show("master", m); break;
		default: fcntl(m, F_SETFL, O_NONBLOCK); printf("type %zd\n", write(m, b, len)); fcntl(m, F_SETFL, 0);
		}
		settle();
		ends();
	}
}

static volatile int got[65];
static void count(int n) { got[n]++; }
static void tell(void) { for (int i = 1; i < 65; i++) if (got[i]) printf("signal %d: %d\n", i, got[i]), got[i] = 0; }
static void catch(int n) { struct sigaction a = {.sa_handler = count}; sigaction(n, &a, 0); }

static void session(void) {
	opened();
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		int sid = -1, size[2];
		for (int n = 1; n < 32; n++) if (n != SIGCHLD) catch(n);
		T(ioctl(s, TIOCGPGRP, &sid)), T(ioctl(s, TIOCSCTTY, 0));
		Z(setsid());
		T(open("/dev/tty", O_RDWR));
		int n = open(name, O_RDWR);
		Z(n);
		Z(open("/dev/tty", O_RDWR));
		T(ioctl(s, TIOCGSID, &sid));
		printf("%d %d\n", sid == getpid(), tcgetpgrp(n) == getpid());
		struct winsize w = {25, 81, 1, 2};
		T(ioctl(m, TIOCSWINSZ, &w)), T(ioctl(m, TIOCSWINSZ, &w)), T(ioctl(s, TIOCGWINSZ, size));
		printf("%x %x\n", size[0], size[1]), tell();
		write(m, "\3\x1c\x1a", 3), settle(), tell(), show("master", m);
		T(ioctl(m, TIOCSIG, SIGINT)), T(ioctl(m, TIOCSIG, SIGHUP)), settle(), tell();
		T(tcsetpgrp(s, getpgid(getppid()))), T(tcsetpgrp(s, 999999)), T(tcsetpgrp(s, -1));
		fflush(stdout);
		pid_t job = fork();
		if (job == 0) {
			setpgid(0, 0);
			for (int n = 1; n < 32; n++) signal(n, SIG_DFL);
			char b[9];
			say("read in the background", read(s, b, 9));
			signal(SIGTTIN, SIG_IGN);
			tcsetpgrp(m, getppid());
			signal(SIGTTOU, SIG_IGN);
			T(tcsetpgrp(s, getppid())), T(read(s, b, 9));
			fflush(stdout);
			pause();
		}
		int st;
		waitpid(job, &st, WUNTRACED), printf("job %x\n", st);
		T(tcsetpgrp(s, job)), write(m, "line\n", 5), kill(-job, SIGCONT);
		settle(), T(waitpid(job, &st, WUNTRACED | WNOHANG)), tell();
		signal(SIGTTOU, SIG_IGN);
		T(tcsetpgrp(s, getpid())), kill(job, SIGKILL), waitpid(job, &st, WUNTRACED), printf("job %x\n", st);
		write(s, "hidden", 6);
		T(close(m)), settle(), tell();
		show("hung up", s), T(write(s, "x", 1)), T(ioctl(s, TIOCGWINSZ, size)), T(tcsetpgrp(s, getpid())), T(open("/dev/tty", O_RDWR)), T(isatty(s));
		fflush(stdout);
		_exit(0);
	}
	close(s), close(m);
	waitpid(child, 0, 0);
}

// leaves: the leader of a session ends, a stopped job of its is hung up on, and the other end is told.
static void leaves(void) {
	opened();
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		setsid();
		int n = open(name, O_RDWR), alive[2];
		pipe(alive);
		pid_t job = fork();
		if (job == 0) {
			setpgid(0, 0), signal(SIGHUP, SIG_DFL);
			for (;;) raise(SIGSTOP);
		}
		int st, pipes[2];
		waitpid(job, &st, WUNTRACED);
		pipe(pipes);
		if (fork() == 0) {
			catch(SIGHUP), close(pipes[1]), close(alive[1]), signal(SIGTTIN, SIG_IGN);
			char b;
			while (read(pipes[0], &b, 1) < 0) ;
			settle();
			printf("foreground "), tell();
			T(read(alive[0], &b, 1)), T(open("/dev/tty", O_RDWR)), T(tcgetpgrp(n));
			fflush(stdout);
			_exit(0);
		}
		_exit(0);
	}
	close(s);
	waitpid(child, 0, 0);
	settle(), settle(), settle();
	show("master", m), ends(), show("master", m);
	T(write(m, "more\n", 5)), settle();
	s = open(name, O_RDWR | O_NOCTTY);
	ends(), show("slave", s), show("master", m);
	T(write(s, "y\n", 2)), close(s), settle(), show("master", m), show("master", m);
	close(m);
}

static void waits(void) {
	opened();
	struct termios t;
	tcgetattr(s, &t);
	t.c_lflag &= ~(ICANON | ECHO), t.c_cc[VMIN] = 3, t.c_cc[VTIME] = 1;
	tcsetattr(s, TCSANOW, &t);
	char b[100];
	write(m, "ab", 2), settle(), T(read(s, b, 99));
	write(m, "abcd", 4), settle(), T(read(s, b, 99)), write(m, "abcd", 4), settle(), T(read(s, b, 2)), T(read(s, b, 2));
	t.c_cc[VMIN] = 0, tcsetattr(s, TCSANOW, &t), T(read(s, b, 99)), write(m, "k", 1), settle(), T(read(s, b, 99));
	t.c_cc[VTIME] = 0, tcsetattr(s, TCSANOW, &t), T(read(s, b, 99));
	t.c_lflag |= ICANON, tcsetattr(s, TCSANOW, &t);
	write(m, "abc\4def\n\4gh", 11), settle();
	T(read(s, b, 3)), T(read(s, b, 99)), T(read(s, b, 99));
	ends(), t.c_lflag &= ~ICANON, tcsetattr(s, TCSANOW, &t), ends(), show("slave", s);
	T(ioctl(s, TIOCSTI, "q")), show("slave", s), T(ioctl(s, TIOCEXCL)), T(ioctl(s, TIOCGPTN, b)), T(lseek(s, 0, 0)), T(ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY) > 0);
	T(fcntl(s, F_GETFL)), T(ioctl(s, TCGETS, 1)), T(read(s, (char *)1, 5)), T(write(s, (char *)1, 5));
	close(s), close(m);
}

int main(int argc, char **argv) {
	signal(SIGHUP, SIG_IGN);
	if (argc > 1) {
		opened();
		for (unsigned n = atoi(argv[1]); n < (unsigned)atoi(argv[2]); n++) randomly(n, atoi(argv[3]));
		return 0;
	}
	waits(), session(), leaves();
	return 0;
}
