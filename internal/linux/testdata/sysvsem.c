// CLONE_SYSVSEM: processes that share what SEM_UNDO takes back when the last of them ends.
#include "say.h"
#include <sys/ipc.h>
#include <sys/sem.h>

static int id;
static void add(int n) { struct sembuf s = {0, n, SEM_UNDO | IPC_NOWAIT}; T(semop(id, &s, 1)); }
static void value(const char *when) { printf("%s: %d\n", when, semctl(id, 0, GETVAL)); }
static int child(int flags) {
	int s = 0;
	pid_t pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		add(2);
		value("inside");
		_exit(0);
	}
	waitpid(pid, &s, 0);
	return s;
}
int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	id = semget(IPC_PRIVATE, 2, 0600);
	semctl(id, 0, SETVAL, 10);
	child(0); value("a list of its own"); child(CLONE_SYSVSEM); value("a shared list");
	pid_t pid = fork(); // who ends last takes back
	if (pid == 0) {
		add(100);
		child(CLONE_SYSVSEM); value("shared with a child that has ended");
		if (syscall(SYS_clone, CLONE_SYSVSEM | SIGCHLD, 0, 0, 0, 0) == 0) { usleep(60000); value("shared with a parent that has ended"); add(1); _exit(0); }
		_exit(0);
	}
	waitpid(pid, 0, 0); usleep(20000); value("half ended"); usleep(120000); value("ended");
	add(5); value("before a value is set"); semctl(id, 0, SETVAL, 50); child(CLONE_SYSVSEM); value("after");
	pid = fork();
	if (pid == 0) { child(CLONE_SYSVSEM); semctl(id, 0, SETVAL, 70); value("set by one of two"); _exit(0); }
	waitpid(pid, 0, 0); value("nothing is taken back");
	semctl(id, 0, IPC_RMID);
	return 0;
}
