// Package transparent holds the check that probes change nothing: programs of
// package silicon run in ring 0, once under engine none and then with a probe
// on an instruction, or on all of them, and must end alike.
//
// The programs are compiled functions (package compiled) and generated
// sequences (package generate). What is not transparent by design, or by a
// fault of an engine, is a row of SEMANTICS.md: see [Known].
package transparent
