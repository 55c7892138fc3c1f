package walk

import (
	"trapline/internal/emu"
	"trapline/internal/record"
)

// world is what a walk shows of the world that its run is in: kernel code under
// kprobes (kernelSide), or a Linux program under uprobes (programSide).
type world interface {
	// observe follows a step that was just made.
	observe(ev *emu.Event)
	// kind is what marks tell of a step beside what they tell of any.
	kind(ev *emu.Event) record.Kind
	// vdso tells which vDSOs programs have; "": there are none.
	vdso() string
	// counts is the version of what counts as a hit (kprobes.CountsVersion); "": there is none.
	counts() string
	// probed reports whether a breakpoint at an address is a probe's.
	probed(addr uint64) bool
	// own reports whether an instruction that a vCPU runs is of the scenario's own
	// code, and not of a copy of it.
	own(cpu int, addr uint64) bool

	// cpu is a vCPU at a glance.
	cpu(c *emu.CPU) CPU
	// phases are where the vCPUs, or the threads, are in a hit, by their numbers.
	phases() map[int]Phase
	probes() []Probe
	awaited() []Awaited
	// locks are the lock words, or who has which slot.
	locks(ev *emu.Event) []Lock
	gates(ev *emu.Event) []Gate
	// inHits lists who can be in a hit, with where that is, of m's vCPUs and processes.
	inHits(m *Moment) []InHit
	// processes, vectors and output are of a program.
	processes(cpu int) []Process
	vectors(ev *emu.Event) []Vector
	output() string

	// code lists n instructions around where a vCPU stands.
	code(cpu, n int) []Line
	// original is the probed instruction of which the vCPU is at a copy elsewhere.
	original(cpu int) (addr uint64, ok bool)
	// memory adds rows to those that the memory panel has of any world.
	memory(l []Row, c *emu.CPU, ev *emu.Event) []Row

	// hasSource reports whether there are lines of source, source is those around
	// where a vCPU stands, and entersLine what Walk.EntersLine says.
	hasSource() bool
	source(cpu, around int) *Source
	entersLine(ev *emu.Event) bool

	// hasStack reports whether a vCPU has a stack, whose bottom is where it returns
	// to an address that bottom knows.
	hasStack(cpu int) bool
	bottom(addr uint64) bool
	// interrupted lists the frames of traps and signals on it, the innermost first.
	interrupted(cpu int) []interruption
	// trampoline is where functions with a return probe return to; 0: there is none.
	trampoline(cpu int) uint64
}
