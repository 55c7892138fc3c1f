/* Writes some words and exits with 3. */
static long call(long n, long a, long b, long c)
{
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}

void _start(void)
{
	static const char words[] = "words of the program\n";
	call(1, 1, (long)words, sizeof words - 1);
	call(231, 3, 0, 0);
}
