// arch_prctl as a call of 64 bits, in 32-bit programs by way of a far call: a base may be anywhere below the end of what
// 64-bit programs have, whatever program calls.
#include "say.h"
#include <asm/prctl.h>

typedef unsigned long long wide;

static long call(long nr, wide a, wide b) {
#ifdef __i386__
	wide args[2] = {a, b};
	long r;
	asm volatile("lcall $0x33, $1f\n\tjmp 2f\n\t.code64\n1:\tmovq (%%ebx), %%rdi\n\tmovq 8(%%ebx), %%rsi\n\tsyscall\n\tlret\n\t.code32\n2:"
		: "=a"(r) : "a"(nr), "b"(args) : "ecx", "edx", "esi", "edi", "memory");
#else
	long r;
	asm volatile("syscall" : "=a"(r) : "a"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
#endif
	return r;
}

int main(void) {
	static const wide bases[] = {0, 0x1000, 0xffffdfff, 0xffffe000, 0xffffefff, 0xfffff000, 0x100000000, 0x7fffffffe000, 0x7fffffffefff, 0x7ffffffff000, 0x800000000000, 1ull << 63, -1ull};
	static char out[4096]; // stdio would use the C library's FS
	int n = 0;
	wide old = 0, now;
	call(158, ARCH_GET_FS, (uintptr_t)&old);
	for (unsigned i = 0; i < sizeof bases / sizeof *bases; i++) {
		now = 0x5555;
		long r = call(158, ARCH_SET_FS, bases[i]), g = call(158, ARCH_GET_FS, (uintptr_t)&now), high = bases[i] >= 0x7ffffffff000 ? call(158, ARCH_SET_GS, bases[i]) : 0;
		call(158, ARCH_SET_FS, old);
		n += sprintf(out + n, "base %llx: %ld, %ld, is %llx, gs %ld\n", bases[i], r, g, r ? 0 : now, high);
	}
	n += sprintf(out + n, "get: %ld %ld %ld\n", call(158, ARCH_GET_FS, 8), call(158, ARCH_GET_FS, 0x7ffffffff000), call(158, 77, 0));
	return write(1, out, n) != n;
}
