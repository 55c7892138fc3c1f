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
		{"mlock", "xu", sysZero, noEffect("nothing here can be told of it")},
		{"munlock", "xu", sysZero, noEffect("nothing here can be told of it")},
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
