// PTRACE_LISTEN: a tracee that stands still as its group does, and hears of the end of that.
#include "say.h"
#include <sys/ptrace.h>

static void waited(pid_t pid, int options) {
	int s = 0;
	pid_t r = waitpid(pid, &s, options | __WALL);
	if (r == pid) printf("  stopped %d signal %d event %d\n", WIFSTOPPED(s), WSTOPSIG(s), s >> 16);
	else printf("  nothing: %d\n", r);
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	int p[2];
	pipe(p);
	pid_t pid = fork();
	if (pid == 0) { char c; read(p[0], &c, 1); _exit(4); }
	T(ptrace(PTRACE_SEIZE, pid, 0, 0));
	T(ptrace(PTRACE_LISTEN, pid, 0, 0)); // it runs
	kill(pid, SIGSTOP); waited(pid, 0);
	T(ptrace(PTRACE_LISTEN, pid, 0, 0)); // at the signal's stop
	T(ptrace(PTRACE_CONT, pid, 0, SIGSTOP)); waited(pid, 0);
	T(ptrace(PTRACE_LISTEN, pid, 0, 0)); waited(pid, WNOHANG);
	T(ptrace(PTRACE_CONT, pid, 0, 0)); T(ptrace(PTRACE_LISTEN, pid, 0, 0)); T(ptrace(PTRACE_PEEKUSER, pid, 0, 0)); T(ptrace(PTRACE_SETOPTIONS, pid, 0, 0));
	T(ptrace(PTRACE_INTERRUPT, pid, 0, 0)); waited(pid, 0);
	T(ptrace(PTRACE_LISTEN, pid, 0, 0)); waited(pid, WNOHANG);
	kill(pid, SIGCONT); waited(pid, 0);
	T(ptrace(PTRACE_CONT, pid, 0, 0)); waited(pid, 0); // SIGCONT itself
	T(ptrace(PTRACE_CONT, pid, 0, SIGCONT)); waited(pid, WNOHANG);
	T(ptrace(PTRACE_INTERRUPT, pid, 0, 0)); waited(pid, 0);
	T(ptrace(PTRACE_LISTEN, pid, 0, 0)); waited(pid, WNOHANG);
	kill(pid, SIGKILL);
	int s;
	waitpid(pid, &s, 0);
	T(s);
	return 0;
}
