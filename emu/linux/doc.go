// Package linux runs a static Linux program, i386 or x86-64, on an
// emu.Machine: it is the kernel under the program, written in Go. Programs get
// their own address space, system calls, signals with real frames, threads and
// processes; runs repeat exactly unless a host clock is given.
//
// The guest reaches nothing of the host but the FS, the three standard
// streams, and the clock of its Config. Everything that grows has a bound in
// Limits; Result says which one ended a run.
//
// Layouts, numbers and rules are those of Linux 6.1 as its manual pages and
// recordings of real kernels show them.
package linux
