// Package traceuprobe is uprobe events on the programs of a machine (trace_uprobe.c): what is between the uprobes
// (package uprobes) and the files of the tracing directory (package tracedir). trace, scenarios and the tests that play
// the sessions of real kernels again have one [Session] each.
package traceuprobe
