// Package fuzz runs arbitrary bytes as guest code, in each mode and in both
// rings, through Machine.Step and through Machine.Run, and looks for what must
// not happen: a machine that fails, or a Run that ends in another state than
// the steps it stands for. A crash or a hang is the caller's to notice; nothing
// here recovers from one.
//
// Bytes come from a [Source]: random ones, sequences of package generate, and
// mutations of both that favour what is known to kill the CPU library.
package fuzz
