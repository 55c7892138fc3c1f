// Package fuzzsearch is a differential fuzzer of the search over schedules. It
// generates small scenarios, of kernel code under kprobes and of Linux programs
// under uprobes, and searches each in several ways whose answers must agree:
// with and without partial-order reduction, with hashing of states and by
// plain enumeration, with one worker and with several. Random executions must
// end where the search says that executions end, and a violation that is found
// must show again when its schedule is replayed.
//
//	go test ./internal/rigs/fuzzsearch -run TestSearch -scenarios 10000 -start 1 -v
//	go test ./internal/rigs/fuzzsearch -run TestSearch -seed 4711 -v
//
// A scenario follows from its seed alone. What differs is made smaller, piece
// by piece, as long as the same kind of difference shows, and written as a
// scenario file, which the ordinary commands take.
package fuzzsearch
