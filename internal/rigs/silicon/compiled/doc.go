// Package compiled holds ordinary C functions as gcc -O2 compiles them, to be
// stepped on real silicon and in the simulator.
//
// src/functions.c is the source; functions32.elf and functions64.elf are committed, so
// that a fresh clone needs no compiler. After a change of the source, run
//
//	go test ./internal/rigs/silicon/compiled -run TestPrebuilt -update
//
// which needs gcc with -m32 (gcc-multilib on Debian). Without -update the test says whether
// the files are stale.
package compiled
