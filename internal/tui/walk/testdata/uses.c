extern int twice(int);

void _start(void)
{
	int status = twice(4);
	__asm__ volatile("syscall" : : "a"(60), "D"(status));
}
