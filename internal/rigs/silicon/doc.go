// Package silicon is the outside check of the simulated processor: the real one.
//
// A [Program] is a few instructions with their initial registers and memory. A
// [Runner] executes it one instruction at a time and returns a [Step] for each.
// Package native runs programs on the processor underneath, in a child process
// stepped with ptrace(2); the simulator is another Runner. A [Comparer] reports
// the first difference between two runs, and leaves out what the Intel SDM
// calls undefined (vol. 2, "Flags Affected" of each instruction).
//
// Programs come from package generate (random instruction sequences), from
// package compiled (ordinary C functions) and from [TrapProgramsFor] (programs that
// set their own trap flag, SEMANTICS P6-P10).
//
// Both sides see the same address space, see [Mode.Regions], and nothing else is
// mapped.
package silicon
