// A 64-bit program that calls by INT 80h gets the 32-bit table: numbers,
// registers of 32 bits, and addresses below 4 GiB.
#include <stdio.h>
#include <sys/mman.h>

static long call(long n, long b, long c, long d)
{
	long r;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(n), "b"(b), "c"(c), "d"(d) : "memory", "r8", "r9", "r10", "r11");
	return r;
}

static char text[] = "by int 80h\n";

int main(void)
{
	char high[] = "out of reach\n";
	setvbuf(stdout, 0, _IONBF, 0);
	printf("%ld\n", call(4, 1, (long)text, sizeof text - 1));
	printf("%ld\n", call(4, 1, (long)high, sizeof high - 1));
	printf("%d\n", call(20, 0, 0, 0) > 0);
	printf("%ld\n", call(6, 0xffffffff00000063, 0, 0));
	printf("%ld\n", call(-1, 0, 0, 0));
	int *time = mmap((void *)0x20000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	time[1] = 5;
	printf("%ld\n", call(162, 0x20000, 0, 0));
	return 6;
}
