// Package tracedir is the directory /sys/kernel/tracing as echo and cat see it: files by their names, made from a
// [tracefs.Registry], which says what events there are, and a [tracearray.Array], which has what becomes of those that
// fire. Kernel code and programs, whoever runs them, have their events in a [Dir].
package tracedir
