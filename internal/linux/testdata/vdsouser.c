// What a dynamic linker and an unwinder find in the vDSO of 32-bit programs.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

struct bases { void *text, *data, *func; };
const void *_Unwind_Find_FDE(void *pc, struct bases *);

int main(void) {
	const char *names[] = {"__kernel_vsyscall", "__kernel_sigreturn", "__kernel_rt_sigreturn", "__kernel_none"};
	void *vdso = dlopen("linux-gate.so.1", RTLD_NOW | RTLD_NOLOAD);
	printf("%d\n", vdso != 0);
	for (int i = 0; vdso && i < 4; i++) {
		void *at = dlvsym(vdso, names[i], "LINUX_2.5");
		printf("%s %d %d %d\n", names[i], at != 0, at == dlsym(vdso, names[i]), dlvsym(vdso, names[i], "LINUX_2.6") != 0);
		Dl_info where = {0};
		if (at && dladdr(at, &where))
			printf("%s in %s\n", where.dli_sname, where.dli_fname);
	}
	char *entry = vdso ? dlvsym(vdso, "__kernel_vsyscall", "LINUX_2.5") : 0;
	for (int i = 0; entry && i < 4; i++) { // the first bytes of its code
		struct bases b = {0};
		printf("%d", _Unwind_Find_FDE(entry + i, &b) != 0);
		printf(" %d\n", b.func == (void *)entry);
	}
	return 0;
}
