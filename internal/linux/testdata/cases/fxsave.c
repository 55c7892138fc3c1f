// FXSAVE stores XMM registers and MXCSR, FXRSTOR loads them: ld.so's lazy binding does that to keep arguments.
#include <stdio.h>
#include <string.h>

static char area[512] __attribute__((aligned(16)));

int main(void)
{
	double d = 48, back;
	memset(area, 0xee, sizeof area);
	__asm__ volatile("movsd %2, %%xmm0; fxsave %1; xorps %%xmm0, %%xmm0; fxrstor %1; movsd %%xmm0, %0" : "=m"(back), "+m"(area) : "m"(d) : "xmm0", "memory");
	printf("%g mxcsr %02x%02x xmm0 %02x %02x\n", back, (unsigned char)area[25], (unsigned char)area[24], (unsigned char)area[166], (unsigned char)area[167]);
	return 0;
}
