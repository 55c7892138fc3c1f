// Package judge compares the engines with the text that they are modelled on:
// the C of the mails, compiled and linked as the kernel text of a machine of
// the same kind. The same programs run on both and must show the same: hits and
// their order, saved frames as handlers see them, deliveries, bytes of code,
// lock words, registers; and, of two vCPUs, the same set of outcomes over all
// schedules.
//
// The mails are no part of the project. TRAPLINE_SEEDS names the folder that
// has them; without it the tests are skipped. What their C expects of a kernel
// is in the folder shim.
package judge
