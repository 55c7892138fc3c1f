// A tracer and what it traces: steps, system calls, registers, memory and its file, events, breakpoints of the processor; and personality(2).
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/personality.h>
#include <sys/utsname.h>

static volatile long word = 5;
static volatile int counter;

__attribute__((noinline)) static void touch(long v) { word = v; counter++; }

static void child(int kind) {
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	switch (kind) {
	case 0: touch(6); syscall(SYS_getppid); raise(SIGUSR1); _exit((int)word & 127);
	case 1: if (fork() == 0) _exit(4); wait(0); _exit(5);
	case 2: touch(1); touch(2); _exit(0);
	case 3: execl("/proc/self/exe", "traced", "end", (char *)0); _exit(1);
	}
}

static int pids[64], n;
static int name(int pid) { // stands for a process number
	for (int i = 0; i < n; i++) if (pids[i] == pid) return i;
	pids[n] = pid;
	return n++;
}

static void show(int pid, int status) {
	siginfo_t info;
	printf("task %d: ", name(pid));
	if (WIFEXITED(status)) { printf("exit %d\n", WEXITSTATUS(status)); return; }
	if (WIFSIGNALED(status)) { printf("signal %d\n", WTERMSIG(status)); return; }
	memset(&info, 0, sizeof info);
	long r = ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
	printf("stop %#x info %ld signo %d code %d\n", status >> 8, r, info.si_signo, info.si_code);
}

static void run(int kind, int request, long options) {
	int pid = fork(), status, left = 400;
	if (pid == 0) child(kind);
	waitpid(pid, &status, 0);
	show(pid, status);
	printf("options %ld %d\n", ptrace(PTRACE_SETOPTIONS, pid, 0, options), errno);
	errno = 0;
	if (kind == 2) {
		long off = offsetof(struct user, u_debugreg);
		printf("dr0 %ld\n", ptrace(PTRACE_POKEUSER, pid, off, &word));
		printf("dr7 bad %ld %d\n", ptrace(PTRACE_POKEUSER, pid, off + 7 * sizeof(long), 0x20001), errno);
		printf("dr7 %ld\n", ptrace(PTRACE_POKEUSER, pid, off + 7 * sizeof(long), 1 | 1 << 16 | (sizeof(long) == 8 ? 2 : 3) << 18));
	}
	ptrace(request, pid, 0, 0);
	for (int at = pid; left-- > 0 && (at = waitpid(-1, &status, __WALL)) > 0;) {
		int signal = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
		if (request != PTRACE_SINGLESTEP || signal != SIGTRAP) show(at, status);
		if (!WIFSTOPPED(status)) continue;
		unsigned long message = 0;
		if (status >> 16) {
			ptrace(PTRACE_GETEVENTMSG, at, 0, &message);
			printf("event %d message %d\n", status >> 16, status >> 16 == PTRACE_EVENT_EXIT ? (int)message : name(message));
		}
		if (signal == SIGUSR1) {
			struct user_regs_struct regs;
			struct iovec iov = {&regs, sizeof regs};
			printf("set %ld size %d\n", ptrace(PTRACE_GETREGSET, at, NT_PRSTATUS, &iov), (int)iov.iov_len);
			printf("word %ld poke %ld\n", ptrace(PTRACE_PEEKDATA, at, &word, 0), ptrace(PTRACE_POKEDATA, at, &word, 77));
			printf("text %d\n", ptrace(PTRACE_PEEKTEXT, at, touch, 0) == *(long *)touch);
			printf("misaligned %ld %d\n", ptrace(PTRACE_PEEKUSER, at, 3, 0), errno);
		}
		if (kind == 2 && signal == SIGTRAP) printf("dr6 %lx counter %d\n", ptrace(PTRACE_PEEKUSER, at, offsetof(struct user, u_debugreg) + 6 * sizeof(long), 0) & 0xf, counter);
		ptrace(request, at, 0, signal == SIGTRAP || signal == (SIGTRAP | 0x80) || signal == SIGSTOP || signal == SIGUSR1 ? 0 : signal);
	}
}

// A process's memory as a file: of a child, of one that executes another program, of one that ended.
static void memory(void) {
	static const char fixed[] = "read-only";
	char path[40], got[10] = "";
	long v = 0;
	int pid = fork(), status;
	if (pid == 0) { ptrace(PTRACE_TRACEME, 0, 0, 0); raise(SIGSTOP); printf("child has %ld %s\n", word, fixed); execl("/proc/self/exe", "traced", "end", (char *)0); _exit(1); }
	waitpid(pid, &status, 0);
	for (int way = 0; way < 2; way++) {
		sprintf(path, way ? "/proc/%d/task/%d/mem" : "/proc/%d/mem", pid, pid);
		int ro = open(path, O_RDONLY), fd = open(path, O_RDWR);
		printf("read %d %ld\n", (int)pread(fd, &v, sizeof v, (long)&word), v);
		v = 40 + way;
		printf("write %d", (int)pwrite(fd, &v, sizeof v, (long)&word));
		printf(" by a reader %d", (int)pwrite(ro, &v, sizeof v, (long)&word));
		printf(" %d\n", errno);
		printf("fixed %d\n", (int)pwrite(fd, "changed!!", 9, (long)fixed));
		printf("nothing there %d", (int)pread(fd, &v, sizeof v, 4096));
		printf(" %d\n", errno);
		printf("seek %d", lseek(fd, (long)fixed, SEEK_SET) == (long)fixed);
		printf(" read %d %s\n", (int)read(fd, got, 9), got);
		if (!way) { close(ro); close(fd); continue; }
		ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC);
		ptrace(PTRACE_CONT, pid, 0, 0);
		waitpid(pid, &status, 0);
		printf("stop %#x", status >> 8);
		printf(" old memory %d %d", (int)pread(fd, &v, sizeof v, (long)&word), (int)pwrite(fd, &v, sizeof v, (long)&word));
		int again = open(path, O_RDONLY);
		printf(" new %d\n", (int)pread(again, &v, sizeof v, (long)&word));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		printf("ended: memory %d\n", (int)pread(again, &v, sizeof v, (long)&word));
		close(ro); close(fd); close(again);
	}
}

static void person(void) {
	struct utsname u;
	printf("personality %#x", personality(0xffffffff));
	printf(" %#x", personality(PER_LINUX32 | ADDR_NO_RANDOMIZE));
	uname(&u);
	printf(" %#x machine %s", personality(UNAME26), u.machine);
	uname(&u);
	printf(" release %.3s", u.release);
	int pid = fork();
	if (pid == 0) _exit(personality(0xffffffff) == UNAME26);
	int status;
	waitpid(pid, &status, 0);
	printf(" child %d, back %#x\n", WEXITSTATUS(status), personality(0));
}

int main(int argc, char **argv) {
	setvbuf(stdout, 0, _IONBF, 0);
	if (argc > 1) return 9;
	printf("nobody's: %ld %d\n", ptrace(PTRACE_CONT, getpid(), 0, 0), errno);
	printf("no process: %ld %d\n", ptrace(PTRACE_ATTACH, 1 << 21, 0, 0), errno);
	printf("own: %ld %d\n", ptrace(PTRACE_ATTACH, getpid(), 0, 0), errno);
	person();
	memory();
	run(0, PTRACE_CONT, 0);
	run(0, PTRACE_SYSCALL, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXIT);
	run(1, PTRACE_CONT, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT);
	run(2, PTRACE_CONT, 0);
	run(3, PTRACE_CONT, PTRACE_O_TRACEEXEC);
	int pid = fork(), status;
	if (pid == 0) for (;;) pause();
	printf("seize %ld\n", ptrace(PTRACE_SEIZE, pid, 0, 0));
	printf("interrupt %ld\n", ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	waitpid(pid, &status, 0);
	printf("stop %#x\n", status >> 8);
	printf("detach %ld\n", ptrace(PTRACE_DETACH, pid, 0, SIGTERM));
	kill(pid, SIGUSR2);
	waitpid(pid, &status, 0);
	printf("ended %#x\n", status);
	return 0;
}
