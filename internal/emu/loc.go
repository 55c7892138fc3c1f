package emu

// Loc names one thing that can decide how a run goes on: eight bytes of
// physical memory, an entry of a page table, or a value beside memory. Two
// machines made in the same way use the same numbers.
type Loc uint64

// Kinds of locations, in bits 60-63.
const (
	locMemory Loc = iota << 60
	locPage
	locRegister
	locInterrupts
	locClock
	locCell
	locNumber
)

// MemoryLoc is the aligned group of eight bytes at an offset of a frame.
func MemoryLoc(f Frame, offset uint64) Loc {
	return locMemory | Loc(f)*(PageSize/8) + Loc(offset%PageSize/8)
}

// PageLoc is the entry of page vpn in the page table of a space. What changes
// the entry writes it; every access to the page reads it, one that finds no
// page there too. The space's number is cut to eight bits: spaces that share it
// are taken for one.
func PageLoc(space int, vpn uint64) Loc { return locPage | Loc(space&0xff)<<52 | Loc(vpn)&(1<<52-1) }

// RegisterLoc is a register of a vCPU: a general one by its number, or one of
// the constants behind them.
func RegisterLoc(cpu int, r Register) Loc { return locRegister | Loc(cpu)<<8 | Loc(r) }

// Register numbers what others can ask of a vCPU: general registers as Reg,
// then these.
type Register uint8

// Registers that are not general ones.
const (
	RegisterIP Register = iota + 16
	RegisterFlags
	RegisterCPL
	RegisterCR2
	RegisterDR6
	RegisterAble    // whether the vCPU can step: halted, shut down
	RegisterEnded   // whether it is shut down
	RegisterIF      // whether it takes interrupts: EFLAGS.IF
	RegisterSegment // ES, with the others behind it
)

// registers is how many there are.
const registers = int(RegisterSegment) + 6

// IsPage reports whether l is an entry of a page table.
func (l Loc) IsPage() bool { return l&(0xf<<60) == locPage }

// IsRegister reports whether l is a register of a vCPU.
func (l Loc) IsRegister() bool { return l&(0xf<<60) == locRegister }

// CPU is the vCPU whose register l is.
func (l Loc) CPU() int { return int(l >> 8 & 0xff) }

// InterruptsLoc is the set of external interrupts that a vCPU has pending.
func InterruptsLoc(cpu int) Loc { return locInterrupts | Loc(cpu) }

// ClockLoc is what a vCPU's time stamp counter is read from.
func ClockLoc(cpu int) Loc { return locClock | Loc(cpu) }

// TimeLoc is the time of all vCPUs together: every step moves it.
const TimeLoc = locClock | MaxCPUs

// IsClock reports whether l is a clock.
func (l Loc) IsClock() bool { return l&(0xf<<60) == locClock }

// NumberLoc is whether the word at a location of memory holds vCPU cpu's number.
func NumberLoc(word Loc, cpu int) Loc { return locNumber | word<<8 | Loc(cpu) }

// Cells are the locations of one owner's values beside memory.
type Cells struct{ base Loc }

// maxCells bounds the values of one owner.
const maxCells = 1 << 40

// NewCells gives an owner its locations. Owners ask in the same order in every
// machine made in the same way.
func (m *Machine) NewCells() Cells {
	c := Cells{locCell | Loc(m.cells)*maxCells}
	m.cells++
	return c
}

// Loc is the owner's value number n.
func (c Cells) Loc(n int) Loc { return c.base + Loc(n) }

// Order says what a location's uses mean for the order of a vCPU's stores (T1).
type Order uint8

// Orders.
const (
	Buffered Order = iota // a load can come before an earlier store to elsewhere is seen
	Drained               // it cannot: what it reads changes in a step that has the vCPU drain
	Unsaid                // the step does not tell which memory it has changed
)

// Use says what was done to a location.
type Use uint8

// Uses. Two adds commute; every other pair of which one is not a read does not.
const (
	Reads  Use = iota
	Writes     // to another value than before
	Adds       // a count that nobody looked at went up
)

// Touch is one use of a location. Mask tells which of its eight bytes, for
// memory; 1 for other locations.
type Touch struct {
	Loc  Loc
	Mask uint8
	Use  Use
}

// Dependent reports whether the order of two uses of one location can matter.
func (t Touch) Dependent(o Touch) bool {
	return t.Mask&o.Mask != 0 && (t.Use == Writes || o.Use == Writes || t.Use != o.Use)
}
