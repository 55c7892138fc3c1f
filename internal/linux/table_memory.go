package linux

var callsOfMemory = callGroup{
	subject: "Memory",
	both: []spec{
		{"munmap", "xu", sysMunmap, full},
		{"mprotect", "xux", sysMprotect, full},
		{"mremap", "xuuxx", sysMremap, partial("MREMAP_DONTUNMAP is EINVAL, and so is an old length of 0")},
		{"brk", "x", sysBrk, full},
		{"mlock", "xu", sysMlock, full},
		{"mlock2", "xux", sysMlock2, full},
		{"munlock", "xu", sysMunlock, full},
		{"mlockall", "x", sysMlockall, full},
		{"munlockall", "", sysMunlockall, full},
		{"memfd_create", "sx", sysMemfdCreate, partial("there are no huge pages: ENOSYS")},
		{"process_vm_readv", "dxuxux", sysProcessVMReadv, full},
		{"process_vm_writev", "dxuxux", sysProcessVMWritev, full},
		{"modify_ldt", "dxu", sysModifyLDT, full},
		{"madvise", "xud", sysMadvise, partial("of what else has an effect, MADV_REMOVE is EOPNOTSUPP, and MADV_MERGEABLE, MADV_COLLAPSE and poisoned pages are EINVAL")},
		{"mincore", "xux", sysMincore, partial("pages that lie around a touched one, and all of what the host has of a mapped file, count as in memory")},
		{"get_mempolicy", "xxuxx", sysGetMempolicy, partial("of one node; what mbind(2) was asked for is not told")},
		{"set_mempolicy", "dxu", sysSetMempolicy, partial("there is one node, 0: what has none of it is EINVAL")},
		{"mbind", "xuxxux", sysMbind, partial("there is one node, 0: what has none of it is EINVAL")},
		{"pkey_alloc", "xx", sysPkeyAlloc, partial("as a processor without keys: ENOSPC")},
		{"pkey_free", "d", sysPkeyFree, partial("as a processor without keys: EINVAL")},
		{"pkey_mprotect", "xuxd", sysPkeyMprotect, partial("as a processor without keys: all but -1 are EINVAL")},
		{"msync", "xux", sysMsync, full},
	},
	only64: []spec{
		{"mmap", "xuxxdx", sysMmap, partial("MAP_HUGETLB is ENOMEM")},
	},
	only32: []spec{
		{"mmap", "x", sysOldMmap, partial("MAP_HUGETLB is ENOMEM")},
		{"mmap2", "xuxxdx", sysMmap2, partial("MAP_HUGETLB is ENOMEM")},
	},
}
