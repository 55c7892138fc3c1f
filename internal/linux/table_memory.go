package linux

var callsOfMemory = callGroup{
	subject: "Memory",
	both: []spec{
		{"munmap", "xu", sysMunmap, full},
		{"mprotect", "xux", sysMprotect, full},
		{"mremap", "xuuxx", sysMremap, full},
		{"brk", "x", sysBrk, full},
		{"madvise", "xud", sysMadvise, full},
		{"msync", "xux", sysZero, noEffect("nothing here can be told of it")},
		{"mlock", "xu", sysMlock, full},
		{"mlock2", "xux", sysMlock2, full},
		{"munlock", "xu", sysMunlock, full},
		{"mlockall", "x", sysMlockall, full},
		{"munlockall", "", sysMunlockall, full},
		{"memfd_create", "sx", sysMemfdCreate, partial("there are no huge pages: ENOSYS")},
		{"process_vm_readv", "dxuxux", sysProcessVMReadv, full},
		{"process_vm_writev", "dxuxux", sysProcessVMWritev, full},
		{"modify_ldt", "dxu", sysModifyLDT, full},
	},
	only64: []spec{
		{"mmap", "xuxxdx", sysMmap, full},
	},
	only32: []spec{
		{"mmap", "x", sysOldMmap, full},
		{"mmap2", "xuxxdx", sysMmap2, full},
	},
}
