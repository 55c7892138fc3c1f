// Package native runs programs on the processor underneath.
//
// A [Processor] is a child process whose address space holds the regions of
// package silicon and nothing else. The parent puts code, memory and registers
// into it and single-steps it with ptrace(2); a 64-bit parent steps a 32-bit
// child as well. One child serves any number of programs.
//
// Nothing of a program reaches the kernel: a system call ends the run before it is
// carried out (PTRACE_SYSEMU), and signals are recorded and dropped.
package native

import "errors"

// ErrUnavailable says that this machine cannot run programs natively: another
// system or processor, ptrace not permitted, or a kernel without 32-bit
// processes. A test that gets it says so and skips.
var ErrUnavailable = errors.New("native: stepping the processor is not possible here")
