package unicorn

import "trapline/internal/emu/regs"

// Width is the operating mode of an instance.
type Width int

// An instance decodes either 32-bit protected-mode or 64-bit code.
const (
	Width32 Width = 32
	Width64 Width = 64
)

// Prot is a set of page permissions, with the library's bit values.
type Prot uint32

// Permissions of mapped memory.
const (
	ProtRead  Prot = 1
	ProtWrite Prot = 2
	ProtExec  Prot = 4
)

// Core is the register state that the library runs on; its memory layout is
// that of tl_core in shim.h.
type Core = regs.Core

// Status says how a run ended.
type Status int32

// How a run ended, as tl_exit in shim.h has it.
const (
	OK      Status = iota // retired, or the count ran out
	Intr                  // exception or software interrupt
	Invalid               // undefined opcode
	Mem                   // unmapped or protected access
	Error                 // the library refused: Exit.Vector is its code
	Dead                  // the library aborted: close the engine
)

// Further ends of a Runner's run, and that of a step without the library.
const (
	Unverified Status = 6 + iota // the block at RIP was not learnt
	StepOnly                     // the block at RIP was learnt with no instructions
	Full                         // a bound is reached: close the Runner and open another
	Misaligned                   // an access of the instruction at RIP is not aligned as Learn demands
	Absent                       // the library is not there: nothing was done
)

// MemKind is the kind of a failed access.
type MemKind uint32

// Kinds of failed accesses (uc_mem_type).
const (
	ReadUnmapped  MemKind = 19
	WriteUnmapped MemKind = 20
	FetchUnmapped MemKind = 21
	WriteProt     MemKind = 22
	ReadProt      MemKind = 23
	FetchProt     MemKind = 24
)

// Exit reports one run. The layout is that of tl_exit in shim.h.
type Exit struct {
	Status   Status
	Vector   int32
	MemAddr  uint64
	MemSize  uint32
	MemKind  MemKind
	Accesses uint32
	Overflow uint32
}

// AccessKind tells reads from writes.
type AccessKind uint32

// Kinds of recorded accesses.
const (
	Read AccessKind = iota
	Write
)

// Access is one memory access of the last run. Wider ones arrive in pieces of
// at most 8 bytes. Old and New are little endian.
type Access struct {
	Addr     uint64
	Old, New uint64
	Size     uint32
	Kind     AccessKind
}

// MaxAccesses bounds the accesses kept of one run; Exit.Overflow counts the rest.
const MaxAccesses = 1024

// Bounds of a Runner.
const (
	// MaxBudget is how many instructions one Run may be given.
	MaxBudget = 1 << 30
	// MaxBlocks is how many addresses a Runner can have learnt.
	MaxBlocks = 1 << 18
)

// Progress reports how far a Runner's run came. The layout is that of
// tl_progress in runner.h.
type Progress struct {
	Executed   uint64 // instructions; the last block's all count even where one of them faulted
	Block      uint64 // linear address of the last block begun
	BlockInsns uint32 // instructions in it
	Dirty      uint32 // pages written for the first time since Watch
	Refused    uint32 // 1: the next block does not fit into the budget
	_          uint32
}
