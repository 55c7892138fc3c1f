// Names of threads, and what /proc/PID/task has of each: its own name, numbers, state and masks.
#include "say.h"

static volatile int told;
static int tid;

static void *worker(void *unused) {
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &s, 0);
	__atomic_store_n(&tid, syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	while (!told)
		pause();
	return 0;
}

static void woken(int signal) {}

// lines prints the lines of a file whose beginning is among the given ones; numbers are told by what they are.
static void lines(const char *file, const char *beginnings) {
	char path[64], line[256];
	if (strncmp(file, "task/", 5) == 0)
		sprintf(path, "/proc/self/task/%d/%s", tid, file + 5);
	else
		sprintf(path, "/proc/self/%s", file);
	FILE *f = fopen(path, "r");
	say(file, f ? 0 : -1);
	while (f && fgets(line, sizeof line, f)) {
		char key[32] = "", value[200] = "";
		if (!*beginnings) {
			fputs(line, stdout);
		} else if (sscanf(line, "%31[^:]:\t%199[^\n]", key, value) >= 1 && strstr(beginnings, key)) {
			int n = atoi(value);
			printf("%s: %s\n", key, n == getpid() ? "process" : n == tid ? "thread" : value);
		}
	}
	if (f)
		fclose(f);
}

// numbers are the first fields of stat, and the mask, the exit signal and the number of threads.
static void numbers(const char *file) {
	char path[64], b[1024] = "", *at;
	if (strncmp(file, "task/", 5) == 0)
		sprintf(path, "/proc/self/task/%d/%s", tid, file + 5);
	else
		sprintf(path, "/proc/self/%s", file);
	int fd = open(path, O_RDONLY);
	read(fd, b, sizeof b - 1);
	close(fd);
	int id = atoi(b);
	at = strrchr(b, ')');
	*at = 0;
	printf("%s: %s %s", file, id == getpid() ? "process" : id == tid ? "thread" : "?", strchr(b, '('));
	int field = 3;
	for (at = strtok(at + 2, " \n"); at; at = strtok(0, " \n"), field++)
		if (field == 3 || field == 20 || field == 32 || field == 38)
			printf(" %d=%s", field, at);
	putchar('\n');
}

static void everything(void) {
	for (int i = 0; i < 2; i++) {
		const char *of = i ? "task/" : "";
		char name[20];
		lines(strcat(strcpy(name, of), "comm"), "");
		lines(strcat(strcpy(name, of), "status"), "Name State Tgid Pid NSpid SigBlk SigPnd Threads");
		numbers(strcat(strcpy(name, of), "stat"));
	}
}

int main(void) {
	char name[32] = "", path[64], b[64] = "";
	struct sigaction act = {.sa_handler = woken};
	sigaction(SIGUSR2, &act, 0);
	pthread_t t;
	pthread_create(&t, 0, worker, 0);
	while (!__atomic_load_n(&tid, __ATOMIC_SEQ_CST))
		usleep(1000);
	usleep(20000);
	everything();
	T(prctl(PR_SET_NAME, "a leader whose name is too long"));
	everything();
	T(pthread_setname_np(t, "worker"));
	T(pthread_getname_np(t, name, sizeof name));
	puts(name);
	pthread_kill(t, SIGUSR1);
	usleep(20000);
	everything();

	sprintf(path, "/proc/self/task/%d/comm", tid);
	int fd = open(path, O_RDWR);
	T(write(fd, "new\nline\\name", 13)); T(read(fd, b, 3)); T(lseek(fd, 0, SEEK_SET)); T(read(fd, b, sizeof b)); T(pwrite(fd, "x\0y", 3, 7)); T(write(fd, "", 0));
	everything();
	T(write(fd, (char *)8, 4)); T(ftruncate(fd, 0));
	everything();
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) { // its parent's thread is no one of its own
		lines("comm", "");
		T(write(fd, "child", 5));
		sprintf(path, "/proc/%d/comm", getppid());
		int other = open(path, O_WRONLY);
		T(write(other, "child", 5));
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, 0, 0);
	told = 1;
	pthread_kill(t, SIGUSR2);
	pthread_join(t, 0);
	usleep(20000);
	T(write(fd, "gone", 4)); T(open(path, O_RDWR));
	T(access("/proc/self/task/1/comm", F_OK));
	sprintf(path, "/proc/self/task/%d/task", getpid());
	T(access(path, F_OK));
	sprintf(path, "/proc/self/task/%d", getpid());
	T(access(path, F_OK)); T(chdir(path)); T(access("comm", F_OK)); T(access("fd/0", F_OK)); T(access("../../comm", F_OK));
	char cwd[200], want[64];
	T(getcwd(cwd, sizeof cwd) != 0);
	sprintf(want, "/proc/%d/task/%d", getpid(), getpid());
	T(strcmp(cwd, want));
}
