package silicon

import (
	"bytes"
	"fmt"
)

// The address space of a program. Everything else is unmapped, so that a stray
// access is a page fault on both sides.
const (
	PageSize = 0x1000

	CodeBase = 0x400000 // executable and readable, not writable
	CodeSize = 4 * PageSize
	DataBase = 0x600000 // readable and writable
	DataSize = 2 * PageSize

	StackSize = 2 * PageSize // readable and writable, at Mode.StackBase

	// Filler is what the code region holds outside a program: INT3, so that a
	// program that leaves its code stops at once.
	Filler = 0xcc
)

// StackBase returns the lowest address of the stack region. In 64-bit mode it
// is above 4 GiB, so that an address cut to 32 bits shows.
func (m Mode) StackBase() uint64 {
	if m == Mode32 {
		return 0x800000
	}
	return 0x7_0080_0000
}

// Region is a mapped range of the address space.
type Region struct {
	Name           string
	Base           uint64
	Size           int // bytes, a multiple of PageSize
	Write, Execute bool
}

// Regions returns the code, data and stack regions, in this order.
func (m Mode) Regions() [3]Region {
	return [3]Region{
		{Name: "code", Base: CodeBase, Size: CodeSize, Execute: true},
		{Name: "data", Base: DataBase, Size: DataSize, Write: true},
		{Name: "stack", Base: m.StackBase(), Size: StackSize, Write: true},
	}
}

// Program is instructions with everything they depend on.
type Program struct {
	Mode   Mode
	Origin uint64 // address of Code[0], in the code region
	Code   []byte
	Stop   uint64   // the run ends when RIP reaches this address
	Init   State    // registers before the first instruction
	LDT    []uint64 // descriptors of DPL 3, as the processor reads them, that Init's selectors may name
	Data   []byte   // the data region from its base; the rest is zero
	Stack  []byte   // the stack region from its base; the rest is zero
}

// Memory is the contents of the three regions.
type Memory struct {
	Code, Data, Stack []byte
}

// Memory returns the full contents of the regions before the first instruction.
// It fails when a part of the program does not fit its region.
func (p *Program) Memory() (Memory, error) {
	m := Memory{
		Code:  bytes.Repeat([]byte{Filler}, CodeSize),
		Data:  make([]byte, DataSize),
		Stack: make([]byte, StackSize),
	}
	if p.Origin < CodeBase || p.Origin+uint64(len(p.Code)) > CodeBase+CodeSize {
		return Memory{}, fmt.Errorf("program: code of %d bytes at %#x is outside the code region %#x-%#x",
			len(p.Code), p.Origin, CodeBase, CodeBase+CodeSize)
	}
	if len(p.Data) > DataSize || len(p.Stack) > StackSize {
		return Memory{}, fmt.Errorf("program: %d bytes of data and %d of stack; at most %d and %d fit",
			len(p.Data), len(p.Stack), DataSize, StackSize)
	}
	copy(m.Code[p.Origin-CodeBase:], p.Code)
	copy(m.Data, p.Data)
	copy(m.Stack, p.Stack)
	return m, nil
}

// Step is what one instruction did.
type Step struct {
	PC      uint64   // address of the instruction
	State   State    // registers after it; for a fault, as the kernel saved them
	Signal  Signal   // what the kernel would have sent, zero if nothing
	Changes []Change // memory that holds another value than before, by address
}

// Runner executes programs one instruction at a time. An iteration of a
// repeated string instruction is a step of its own (SEMANTICS P8).
//
// Run returns a step for each instruction executed, and ends after maxSteps,
// when RIP is p.Stop, or with the step that raised a signal. The trap flag
// belongs to the runner, which may step with it: it shows neither in RFLAGS nor
// in what PUSHF stores, and p must not set it.
type Runner interface {
	Run(p *Program, maxSteps int) ([]Step, error)
}

// Change is a run of bytes that a step altered.
type Change struct {
	Addr  uint64
	Bytes []byte // the new contents
}

// AppendChanges appends to changes the runs of bytes in which after differs from before,
// two equally long images of the memory at base.
func AppendChanges(changes []Change, base uint64, before, after []byte) []Change {
	const block = 256 // compared at once: most of a region is untouched
	for from := 0; from < len(before); from += block {
		to := min(from+block, len(before))
		if bytes.Equal(before[from:to], after[from:to]) {
			continue
		}
		for i := from; i < to; i++ {
			if before[i] == after[i] {
				continue
			}
			addr := base + uint64(i)
			if n := len(changes); n > 0 && changes[n-1].Addr+uint64(len(changes[n-1].Bytes)) == addr {
				changes[n-1].Bytes = append(changes[n-1].Bytes, after[i])
			} else {
				changes = append(changes, Change{Addr: addr, Bytes: []byte{after[i]}})
			}
		}
	}
	return changes
}
