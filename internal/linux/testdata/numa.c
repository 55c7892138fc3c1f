// Policies of memory on one node, keys of pages that there are not, capabilities of who has none.
#include "say.h"
#include <linux/capability.h>
#include <linux/mempolicy.h>

static void policy(void) {
	int mode = 77;
	unsigned long n[20];
	memset(n, 0x55, sizeof n);
	T(CALL(get_mempolicy, &mode, n, 65, 0, 0)); printf("  %x %lx %lx\n", mode, n[0], n[1]);
}
static void set(int mode, unsigned long nodes, unsigned long most) {
	printf("%x %lx %ld: ", mode, nodes, most);
	unsigned long n[2] = {nodes};
	T(CALL(set_mempolicy, mode, n, most));
	policy();
}
static void caps(unsigned version, int pid, int data) {
	struct __user_cap_header_struct h = {version, pid};
	struct __user_cap_data_struct d[2];
	memset(d, 0x55, sizeof d);
	printf("%x %d: ", version, pid == 0 || pid == getpid() ? 0 : pid);
	T(CALL(capget, &h, data ? d : 0)); printf("  %x %x %x %x, %x %x %x\n", h.version, d[0].effective, d[0].permitted, d[0].inheritable, d[1].effective, d[1].permitted, d[1].inheritable);
}
static void setcaps(unsigned version, int pid, unsigned effective, unsigned permitted, unsigned inheritable) {
	struct __user_cap_header_struct h = {version, pid};
	struct __user_cap_data_struct d[2] = {{effective, permitted, inheritable}};
	printf("%x %x %x: ", effective, permitted, inheritable);
	T(CALL(capset, &h, d));
}

int main(void) {
	setvbuf(stdout, 0, _IONBF, 0);
	unprivileged();
	int mode = 77;
	unsigned long n[200] = {0};
	policy();
	set(MPOL_PREFERRED, 0, 0); set(MPOL_PREFERRED, 0, 64); set(MPOL_PREFERRED, 1, 64); set(MPOL_BIND, 1, 64); set(MPOL_BIND, 3, 64); set(MPOL_BIND, 2, 64); set(MPOL_BIND, 2, 2); set(MPOL_BIND, 0, 64); set(MPOL_BIND, 5, 3);
	set(MPOL_INTERLEAVE, 1, 2); T(CALL(get_mempolicy, &mode, 0, 0, 0, MPOL_F_NODE)); printf("%d\n", mode); set(MPOL_LOCAL, 0, 0); T(CALL(get_mempolicy, &mode, 0, 0, 0, MPOL_F_NODE)); set(MPOL_LOCAL, 1, 64);
	set(MPOL_BIND | MPOL_F_STATIC_NODES, 5, 64); set(MPOL_BIND | MPOL_F_RELATIVE_NODES, 4, 64); set(MPOL_BIND | MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES, 1, 64); set(MPOL_PREFERRED | MPOL_F_STATIC_NODES, 0, 64); set(MPOL_BIND | MPOL_F_STATIC_NODES, 4, 64);
	set(99, 1, 64); set(-1, 1, 64); set(MPOL_DEFAULT, 1, 64);
	T(CALL(set_mempolicy, MPOL_BIND, 8, 64)); n[0] = 1; T(CALL(set_mempolicy, MPOL_BIND, n, 1025)); T(CALL(set_mempolicy, MPOL_BIND, n, 6000)); n[180] = 1; T(CALL(set_mempolicy, MPOL_BIND, n, 6400)); T(CALL(set_mempolicy, MPOL_BIND, n, 40000)); n[180] = 0;
	if (fork() == 0) { policy(); _exit(0); }
	wait(0);
	set(MPOL_DEFAULT, 0, 64); T(CALL(set_mempolicy, MPOL_DEFAULT, 0, 0)); policy();
	T(CALL(get_mempolicy, &mode, n, 64, 0, MPOL_F_MEMS_ALLOWED)); printf("%d %lx\n", mode, n[0]); T(CALL(get_mempolicy, &mode, n, 64, 0, MPOL_F_MEMS_ALLOWED | MPOL_F_NODE)); T(CALL(get_mempolicy, &mode, n, 0, 0, 0)); T(CALL(get_mempolicy, &mode, n, 64, n, 0)); T(CALL(get_mempolicy, &mode, 0, 0, n, MPOL_F_ADDR)); printf("%d\n", mode);
	T(CALL(get_mempolicy, &mode, 0, 0, n, MPOL_F_ADDR | MPOL_F_NODE)); printf("%d\n", mode); T(CALL(get_mempolicy, &mode, 0, 0, 8, MPOL_F_ADDR)); T(CALL(get_mempolicy, 0, 0, 0, 0, 0)); T(CALL(get_mempolicy, 8, 0, 0, 0, 0)); T(CALL(get_mempolicy, &mode, 8, 64, 0, 0)); T(CALL(get_mempolicy, &mode, 0, 0, 0, 16)); T(CALL(get_mempolicy, &mode, n, 40000, 0, 0));
	for (int bits = 1; bits < 140; bits += bits < 4 ? 1 : 17) {
		memset(n, 0x55, sizeof n); T(CALL(get_mempolicy, &mode, n, bits, 0, 0)); printf("%d: %lx %lx %lx\n", bits, n[0], n[1], n[2]);
	}
	memset(n, 0x55, sizeof n); T(CALL(get_mempolicy, &mode, n, 200, 0, MPOL_F_MEMS_ALLOWED)); printf("%lx %lx %lx\n", n[0], n[1], n[10]);
	char *m = mmap(0, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	n[0] = 1; munmap(m + 8192, 4096);
	T(CALL(mbind, m, 4096, MPOL_BIND, n, 64, 0)); T(CALL(mbind, m, 8192, MPOL_BIND, n, 64, MPOL_MF_STRICT | MPOL_MF_MOVE)); T(CALL(mbind, m, 8192, MPOL_BIND, n, 64, MPOL_MF_MOVE_ALL)); T(CALL(mbind, m, 16384, MPOL_BIND, n, 64, 0)); T(CALL(mbind, m, 16384, MPOL_DEFAULT, 0, 0, 0)); T(CALL(mbind, m + 1, 4096, MPOL_BIND, n, 64, 0)); T(CALL(mbind, m, 0, MPOL_BIND, n, 64, 0)); T(CALL(mbind, m, 4096, MPOL_BIND, n, 64, 64)); T(CALL(mbind, m, 4096, 99, n, 64, 0)); n[0] = 2; T(CALL(mbind, m, 4096, MPOL_BIND, n, 64, 0)); T(CALL(mbind, m, -4096, MPOL_BIND, n, 64, 0));
	// keys; some kernels lose one by the first call, which says EINVAL
	CALL(pkey_alloc, 0, 0);
	T(CALL(pkey_alloc, 0, 0)); T(CALL(pkey_alloc, 0, 3)); T(CALL(pkey_alloc, 1, 0)); T(CALL(pkey_alloc, 0, 4)); T(CALL(pkey_free, 0)); T(CALL(pkey_free, 1)); T(CALL(pkey_free, -1));
	T(CALL(pkey_mprotect, m, 4096, PROT_READ, -1)); T(CALL(pkey_mprotect, m, 4096, PROT_READ, 0)); T(CALL(pkey_mprotect, m, 4096, PROT_READ, 1)); T(CALL(pkey_mprotect, m + 1, 4096, PROT_READ, 1)); T(CALL(pkey_mprotect, m, 0, PROT_READ, 1)); T(CALL(pkey_mprotect, 4096, 4096, PROT_READ, -1)); T(CALL(pkey_mprotect, 4096, 4096, PROT_READ, 1));
	// capabilities
	caps(0x20080522, 0, 1); caps(0x20071026, getpid(), 1); caps(0x19980330, 0, 1); caps(0, 0, 1); caps(0, 0, 0); caps(5, -1, 1); caps(0x20080522, -1, 1); caps(0x20080522, 999999, 1); caps(0x20080522, -1, 0); T(CALL(capget, 8, n)); struct __user_cap_header_struct h = {0x20080522, 0}; T(CALL(capget, &h, 8)); T(CALL(capset, &h, 8)); T(CALL(capset, 8, n));
	setcaps(0x20080522, 0, 0, 0, 0); setcaps(0x20080522, 0, 1, 0, 0); setcaps(0x20080522, 0, 0, 1, 0); setcaps(0x20080522, 0, 0, 0, 1); setcaps(0x20080522, 1, 0, 0, 0); setcaps(0x20080522, getpid(), 0, 0, 0); setcaps(0x19980330, 0, 0, 0, 0); setcaps(7, 0, 0, 0, 0);
	return 0;
}
