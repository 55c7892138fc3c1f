/* widths PROGRAM... says what its kernel gives it and runs PROGRAM with the rest as its arguments in a child, while it has a
   handler, a thread-local and memory of its own. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static __thread long own = 41;
static volatile int children;

static void ended(int signal, siginfo_t *info, void *context) { children += info->si_pid > 0 && own == 42; }

int main(int argc, char **argv) {
	unsigned short cs, ss;
	struct utsname name;
	struct sigaction action = {.sa_sigaction = ended, .sa_flags = SA_SIGINFO | SA_RESTART};
	char here, *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status = -1;

	__asm__ volatile("mov %%cs, %0; mov %%ss, %1" : "=r"(cs), "=r"(ss));
	uname(&name);
	own++;
	strcpy(page, "kept");
	printf("%zu bytes, cs %x, ss %x, %s, stack above 3 GiB: %d, memory above: %d\n", sizeof(long), cs, ss, name.machine,
	       (unsigned long)&here > 0xc0000000ul, (unsigned long)page > 0xc0000000ul);
	fflush(stdout);
	if (argc < 2)
		return 7;
	sigaction(SIGCHLD, &action, 0);
	if (fork() == 0) {
		execv(argv[1], argv + 1);
		return 127;
	}
	wait(&status);
	printf("%zu bytes: status %d, handled %d, %s\n", sizeof(long), WEXITSTATUS(status), children, page);
	return WEXITSTATUS(status) + 1;
}
