// Signals to a process that waits in vfork: which end it at once, and which when its child has let go.
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void handler(int n)
{
}

static void try(const char *what, int sig, int another, int block, void (*act)(int))
{
	int ready[2], go[2], status;
	sigset_t set;
	char c;

	pipe(ready);
	pipe(go);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGUSR1, handler);
		signal(sig, act);
		sigemptyset(&set);
		sigaddset(&set, sig);
		if (block)
			sigprocmask(SIG_BLOCK, &set, NULL);
		if (vfork() == 0) {
			write(ready[1], "", 1);
			read(go[0], &c, 1);
			_exit(0);
		}
		_exit(3);
	}
	read(ready[0], &c, 1);
	if (another)
		kill(pid, another);
	kill(pid, sig);
	const char *when = "when its child has ended";
	for (int i = 0; i < 20; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			when = "at once";
			break;
		}
		poll(NULL, 0, 5);
	}
	write(go[1], "", 1);
	if (strcmp(when, "at once"))
		waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		printf("%s: ended by signal %d %s\n", what, WTERMSIG(status), when);
	else
		printf("%s: exit %d %s\n", what, WEXITSTATUS(status), when);
	fflush(stdout);
	close(ready[0]), close(ready[1]), close(go[0]), close(go[1]);
}

int main(void)
{
	try("SIGKILL", SIGKILL, 0, 0, SIG_DFL);
	try("SIGTERM", SIGTERM, 0, 0, SIG_DFL);
	try("SIGTERM, caught", SIGTERM, 0, 0, handler);
	try("SIGTERM, ignored", SIGTERM, 0, 0, SIG_IGN);
	try("SIGTERM, blocked", SIGTERM, 0, 1, SIG_DFL);
	try("SIGQUIT, which would leave a core file", SIGQUIT, 0, 0, SIG_DFL);
	try("SIGCHLD, which does nothing", SIGCHLD, 0, 0, SIG_DFL);
	try("SIGRTMIN", SIGRTMIN, 0, 0, SIG_DFL);
	try("SIGTERM behind one that is caught", SIGTERM, SIGUSR1, 0, SIG_DFL);
	try("SIGKILL behind one that is caught", SIGKILL, SIGUSR1, 0, SIG_DFL);
	return 0;
}
