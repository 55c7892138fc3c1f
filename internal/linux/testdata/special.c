// What may be done to the kernel's own mappings, [vvar] and [vdso].
// A 32-bit C library makes its system calls in the vDSO, and faults once that has moved.
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { page = 4096 };

static void tell(const char *what, long r)
{
	printf("%s: %s\n", what, r == -1 ? strerror(errno) : "done");
}

int main(int argc, char **argv)
{
	char *vdso = (char *)getauxval(AT_SYSINFO_EHDR), *vvar = vdso - page, b[4];
	struct iovec here = {b, 4}, there = {vvar, 4};
	int mem = open("/proc/self/mem", O_RDWR);
	setlinebuf(stdout);
	tell("munmap of half the vDSO", munmap(vdso, page));
	tell("munmap from its middle", munmap(vdso + page, page));
	tell("mprotect of half the vDSO", mprotect(vdso, page, PROT_READ));
	if (argc > 1) { // later kernels answer otherwise
		tell("a mapping on half of it", (long)mmap(vdso + page, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		tell("mremap of half of it", (long)mremap(vdso, page, page, MREMAP_MAYMOVE));
		printf("%d\n", *(volatile char *)(vvar - 2 * page)); // of a hypervisor's clock
		return 0;
	}
	tell("mremap to more", (long)mremap(vdso, 2 * page, 3 * page, MREMAP_MAYMOVE));
	tell("mremap to less", (long)mremap(vdso, 2 * page, page, 0));
	tell("mprotect of [vvar] for writing", mprotect(vvar, page, PROT_READ | PROT_WRITE));
	tell("mprotect of [vvar] for execution", mprotect(vvar, page, PROT_READ | PROT_EXEC));
	tell("mprotect of [vdso] for writing", mprotect(vdso, 2 * page, PROT_READ | PROT_WRITE | PROT_EXEC));
	vdso[page + 0xfff] = 7;
	tell("/proc/self/mem reads [vdso]", pread(mem, b, 4, (unsigned long)vdso));
	printf("%d\n", !memcmp(b, "\177ELF", 4));
	tell("/proc/self/mem reads [vvar]", pread(mem, b, 4, (unsigned long)vvar - 3 * page));
	tell("/proc/self/mem writes [vvar]", pwrite(mem, b, 4, (unsigned long)vvar - 3 * page));
	tell("process_vm_readv of [vvar]", process_vm_readv(getpid(), &here, 1, &there, 1, 0));
	void *to = mmap(0, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	tell("mremap of all of it", (long)mremap(vdso, 2 * page, 2 * page, MREMAP_MAYMOVE | MREMAP_FIXED, to));
	printf("%d\n", !memcmp(to, "\177ELF", 4));
	tell("munmap of all of it", munmap(to, 2 * page));
	return 0;
}
