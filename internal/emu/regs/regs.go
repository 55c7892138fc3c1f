// Package regs is the register state of a vCPU as plain values: what package emu keeps, package interp runs
// on, and package unicorn hands to the library. It imports nothing and needs no cgo.
package regs

// Seg is a segment register with its cached descriptor. Flags are bits 8-23 of the descriptor's second word,
// in place.
type Seg struct {
	Base  uint64
	Sel   uint32
	Limit uint32
	Flags uint32
	_     uint32
}

// Core is the register state that instructions of any privilege see. RFLAGS are the guest's own, TF included.
// The memory layout is that of tl_core in package unicorn's shim.h.
type Core struct {
	GPR    [16]uint64
	RIP    uint64
	RFLAGS uint64
	Seg    [6]Seg // ES CS SS DS FS GS
	CPL    uint32
	Shadow uint32 // 1 right after STI, 2 after MOV SS and POP SS
	CR0    uint32 // bits MP, EM, TS only
	Code64 uint32 // CS.L
}
