package linux

var callsOfSignals = callGroup{
	subject: "Signals",
	both: []spec{
		{"rt_sigaction", "dxxu", sysSigaction, full},
		{"rt_sigprocmask", "dxxu", sysSigprocmask, full},
		{"rt_sigpending", "xu", sysSigpending, full},
		{"rt_sigsuspend", "xu", sysSigsuspend, full},
		{"rt_sigtimedwait", "xxxu", sysSigtimedwait, full},
		{"rt_sigqueueinfo", "ddx", sysSigqueueinfo, full},
		{"rt_tgsigqueueinfo", "dddx", sysTgsigqueueinfo, full},
		{"rt_sigreturn", "", sysRtSigreturn, full},
		{"sigaltstack", "xx", sysSigaltstack, full},
		{"kill", "dd", sysKill, full},
		{"tkill", "dd", sysTkill, full},
		{"tgkill", "ddd", sysTgkill, full},
		{"pause", "", sysPause, full},
	},
	only32: []spec{
		{"rt_sigtimedwait_time64", "xxxu", sysSigtimedwait64, full},
		{"signal", "dx", sysSignal, full},
		{"sigaction", "dxx", sysOldSigaction, full},
		{"sigprocmask", "dxx", sysOldSigprocmask, full},
		{"sigreturn", "", sysSigreturn, full},
		{"sigsuspend", "xxx", sysOldSigsuspend, full},
		{"sigpending", "x", sysOldSigpending, full},
	},
}
