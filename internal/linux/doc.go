// Package linux runs Linux programs, i386 or x86-64, static or dynamic, on an
// emu.Machine: it is the kernel under the program, written in Go. Programs get
// their own address space, system calls, signals with real frames, threads and
// processes; runs repeat exactly unless a host clock is given.
//
// The guest reaches nothing of the host but the FS (which may be files in
// memory: OpenMem), the three standard streams, and the clock of its Config. What it
// writes to files lies in a layer over the FS, which does not change (layer.go,
// node.go); Kernel.Keep writes it out. Everything that grows has a bound in Limits;
// Result says which one ended a run.
//
// # Steps
//
// Kernel.Run goes at full speed and tells nothing. Machine.Step (or
// Kernel.Step) makes the same run in steps: an instruction of a thread, or a
// piece of the kernel's work between two as a micro-step with the name of the
// kernel function: schedule, context_switch, do_idle, setup_rt_frame,
// get_signal, do_group_exit, handle_swbp, pre_ssout, handle_singlestep and so
// on. A system call or a page fault is done in the step of its instruction or
// delivery and told by a note (NoteCall, NoteFault). A delivery goes from ring
// 3 to ring 0 without gate and frame: the kernel is Go. A vCPU for which there
// is no thread is halted; the first one lets virtual time pass while every
// thread waits. Kernel is a record.Runner and explore.Values.
//
// # Going back
//
// All of it is in Machine.Snapshot and Machine.Hash, of which a snapshot can
// be restored into its own machine only. Standard input is kept from the first
// snapshot on (MaxInput), what goes to standard output goes there once, and
// what the guest has written is in Kernel.Output. A run on the host's clock
// cannot go back (Kernel.CanGoBack).
//
// Layouts, numbers and rules are those of Linux 6.1 as its manual pages and
// recordings of real kernels show them.
package linux
