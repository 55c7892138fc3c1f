// Package simulated runs the programs of package silicon on the simulator: the
// machine of package emu in ring 3, under the stock kernel of package traps.
//
// A [Machine] is the other side of the comparison with native.Processor: the same
// regions and selectors, and signals as the modelled kernel sends them, with the
// registers that the processor's own frame on the kernel stack holds.
package simulated
