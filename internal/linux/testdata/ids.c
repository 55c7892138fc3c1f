/* Users and groups that a process gives up, and what it may not do then. */
#include "say.h"
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

static void tell(void) {
	uid_t u[3] = {0}, g[3] = {0};
	gid_t groups[70];
	getresuid(u, u + 1, u + 2), getresgid(g, g + 1, g + 2);
	int n = getgroups(70, groups);
	printf("  %d %d %d, %d %d %d; %d groups:", u[0], u[1], u[2], g[0], g[1], g[2], n);
	for (int i = 0; i < n; i++) printf(" %d", groups[i]);
	printf("; %d %d %d %d; dumpable %d\n", getuid(), geteuid(), getgid(), getegid(), prctl(PR_GET_DUMPABLE));
	char line[200];
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "Uid", 3) || !strncmp(line, "Gid", 3) || !strncmp(line, "Groups", 6)) printf("  %s", line);
	if (f) fclose(f);
	errno = 0;
}

static void apart(const char *name, void (*f)(void)) {
	printf("%s\n", name), fflush(stdout);
	pid_t p = fork();
	if (p == 0) f(), fflush(stdout), _exit(0);
	int st;
	waitpid(p, &st, 0), printf("%s: %x\n", name, st);
}

static void uids(void) {
	T(setresuid(-1, 1001, -1)), tell(), T(setresuid(1002, -1, -1)), T(setuid(1002)), T(setreuid(1001, -1)), tell();
	T(setreuid(-1, 0)), tell(), T(setreuid(1001, 1002)), tell(), T(setreuid(1002, 1001)), tell(), T(setuid(0)), T(seteuid(1002)), tell();
}
static void gids(void) {
	gid_t l[] = {7, 9, 8}, big[2] = {1};
	T(setgroups(3, l)), tell(), T(getgroups(0, 0)), T(getgroups(2, l)), T(getgroups(-1, l)), T(setgroups(65537, l)), T(setgroups(1, (gid_t *)1));
	T(setgid(-1)), T(setregid(5, 6)), tell(), T(setresgid(4, -1, 3)), tell(), T(setfsgid(11)), T(setfsgid(-1)), tell(), T(setgid(4)), tell();
	T(setuid(1001)), T(setgroups(1, big)), T(setgid(99)), T(setgid(4)), T(setgroups(0, 0)), tell();
}
static void fs(void) {
	T(setfsuid(1001)), T(setfsuid(-1)), tell(), T(mkdir("fs", 0700)), T(setfsuid(0)), T(setuid(1001)), T(setfsuid(5)), T(setfsuid(-1));
}
static void files(void) {
	struct stat st;
	gid_t l[] = {77};
	T(mkdir("ours", 0777)), T(chmod("ours", 0777));
	Z(open("ours/root", O_CREAT | O_WRONLY, 0600)), Z(open("ours/group", O_CREAT | O_WRONLY, 0640)), T(chown("ours/group", 0, 77));
	T(setgroups(1, l)), T(setresgid(1001, 1001, 1001)), T(setresuid(1001, 1001, 1001));
	T(open("ours/root", O_RDONLY)), Z(open("ours/group", O_RDONLY)), T(open("ours/group", O_WRONLY)), T(chmod("ours/root", 0666)), T(chown("ours/root", 1001, -1));
	Z(open("ours/mine", O_CREAT | O_RDWR, 0600)), T(stat("ours/mine", &st)), printf("  %d %d\n", st.st_uid, st.st_gid);
	T(chown("ours/mine", -1, 77)), T(chown("ours/mine", -1, 78)), T(chown("ours/mine", 0, -1)), T(access("ours/root", R_OK)), T(unlink("ours/root"));
}
static void signals(void) {
	int to[2], s[2];
	pipe(to);
	pid_t other = fork();
	if (other == 0) {
		char b;
		setpgid(0, 0), close(to[1]);
		_exit(read(to[0], &b, 1));
	}
	setpgid(other, other), close(to[0]);
	T(setresuid(1001, 1001, 1001));
	T(kill(other, 0)), T(kill(other, SIGTERM)), T(kill(-other, SIGTERM)), T(kill(other, SIGCONT)), T(syscall(SYS_tgkill, other, other, SIGTERM)), T(kill(999999, 0)), T(kill(getpid(), 0));
	siginfo_t i = {.si_code = SI_QUEUE};
	T(syscall(SYS_rt_sigqueueinfo, other, SIGTERM, &i)), T(ptrace(PTRACE_ATTACH, other, 0, 0)), T(setpriority(PRIO_PROCESS, other, 5)), T(setpriority(PRIO_PROCESS, 0, -5));
	struct ucred c;
	socklen_t n = sizeof c;
	socketpair(AF_UNIX, SOCK_STREAM, 0, s), getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &c, &n), printf("  peer %d %d\n", c.uid, c.gid);
	close(to[1]);
	int st;
	waitpid(other, &st, 0), printf("  %x\n", st);
}
static void execs(void) {
	T(setresuid(1001, 1002, 1003)), fflush(stdout), tell(), fflush(stdout);
	execl("/proc/self/exe", "program", "again", (char *)0);
	say("execl", -1);
}

static void keeps(void) {
	struct { unsigned version; int pid; } h = {0x20080522, 0};
	unsigned d[6];
	for (int keep = 0; keep < 2; keep++)
		for (int who = 0; who < 3; who++) {
			fflush(stdout);
			if (fork() == 0) {
				T(prctl(PR_SET_KEEPCAPS, keep)), T(setresuid(who ? 1001 : -1, 1001, who > 1 ? 1001 : -1));
				T(syscall(SYS_capget, &h, d)), printf("  %x %x %x %x\n", d[0] & 0xff, d[1] & 0xff, d[2] & 0xff, d[3] & 0xff);
				d[0] = d[1] & 0xc0, d[3] = 0;
				T(syscall(SYS_capset, &h, d)), T(setgid(5)), T(setgroups(0, 0)), T(seteuid(0)), T(syscall(SYS_capget, &h, d)), printf("  %x %x\n", d[0] & 0xff, d[1] & 0xff);
				fflush(stdout), _exit(0);
			}
			wait(0);
		}
}

int main(int argc, char **argv) {
	if (argc > 1) return tell(), T(setuid(1003)), T(setuid(1001)), 0;
	tell();
	apart("uids", uids), apart("gids", gids), apart("fs", fs), apart("files", files), apart("signals", signals), apart("execs", execs), apart("keeps", keeps);
	return 0;
}
