// Package litmus reads memory-order tests of x86 as herd7 writes them (Alglave,
// Maranget, Tautschnig, "Herding Cats", TOPLAS 2014), makes scenarios of them
// and finds out which outcomes they have on the machine, under sequentially
// consistent memory and under x86-TSO (T2).
package litmus
