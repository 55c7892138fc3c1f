// Package uprobes is the user-space probe machinery of Linux 6.1 on x86: which instructions can be probed, how a
// copy of one is stepped out of line or its effect emulated, and the bookkeeping by file, process and thread
// (SEMANTICS U1-U16).
//
// [Analyze], [Instruction] and [Step] are the rules for one instruction; they know of no process. [System] is the
// rest: it plants breakpoints in the address spaces of a [trapline/internal/linux.Kernel] and answers its traps.
//
// A hit is made in micro-steps with the kernel's names, as many as apply: handle_swbp (U3), handler_chain (U3),
// prepare_uretprobe (U13), arch_uprobe_skip_sstep (U8, U9) or pre_ssout (U5) or, with every slot taken,
// xol_take_insn_slot (U5, Micro.Holds is linux.HoldsSlot), handle_singlestep (U6) or arch_uprobe_abort_xol (U12), and
// handle_trampoline (U13). A System is part of the snapshots and state hashes of the machines that it is attached to.
package uprobes
