// Package uprobes is the user-space probe machinery of Linux 6.1 on x86: which instructions can be probed, how a
// copy of one is stepped out of line or its effect emulated, and the bookkeeping by file, process and thread
// (SEMANTICS U1-U16).
//
// [Analyze], [Instruction] and [Step] are the rules for one instruction; they know of no process. [System] is the
// rest: it plants breakpoints in the address spaces of a [trapline/emu/linux.Kernel] and answers its traps.
package uprobes
