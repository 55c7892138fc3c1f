// The leaves of CPUID that /proc/cpuinfo tells of, a line each: leaf, subleaf, EAX, EBX, ECX, EDX; an empty line; and that file.
#include <cpuid.h>
#include <stdio.h>

int main(void) {
	unsigned leaves[][2] = {{0}, {1}, {7}, {0xd, 1}, {0x80000001}, {0x80000005}, {0x80000006}, {0x80000008}};
	for (int i = 0; i < sizeof leaves / sizeof *leaves; i++) {
		unsigned a = 0, b = 0, c = 0, d = 0;
		__get_cpuid_count(leaves[i][0], leaves[i][1], &a, &b, &c, &d);
		printf("%#x %#x %#x %#x %#x %#x\n", leaves[i][0], leaves[i][1], a, b, c, d);
	}
	putchar('\n');
	FILE *f = fopen("/proc/cpuinfo", "r");
	for (int c; (c = getc(f)) != EOF;)
		putchar(c);
}
