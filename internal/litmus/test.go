package litmus

import (
	"fmt"
	"strings"

	"trapline/internal/format"
)

// Bounds of a test.
const (
	MaxThreads   = 8
	MaxLocations = 32
	MaxLines     = 64 // of a thread
	MaxBytes     = 64 << 10
)

// Test is a litmus test.
type Test struct {
	Name      string
	Syntax    Syntax
	Locations []string         // in the order of their appearance
	Initial   map[string]int64 // of locations
	Registers []map[Reg]Value  // of each thread, at the start
	Threads   [][]Instruction
	Observed  []Place // what an outcome tells, in order
	Condition Condition

	named []format.Pos // where each location first appears
}

// Syntax is how a test writes its instructions.
type Syntax uint8

// Syntaxes.
const (
	Intel Syntax = iota // "X86": MOV [x],$1
	ATT                 // "X86_64": movl $1,(x)
)

// Value is a number or, with a name, the address of a location.
type Value struct {
	Number   int64
	Location string
}

// Place is what a condition speaks of: a register of a thread, or a location.
type Place struct {
	Thread   int // -1: a location
	Reg      Reg
	Location string
}

// String writes a place as herd7 does.
func (p Place) String() string {
	if p.Thread < 0 {
		return "[" + p.Location + "]"
	}
	return fmt.Sprintf("%d:%v", p.Thread, p.Reg)
}

// Outcome has a value for each place observed.
type Outcome []int64

// Show writes an outcome of t.
func (t *Test) Show(o Outcome) string {
	var parts []string
	for i, p := range t.Observed {
		parts = append(parts, fmt.Sprintf("%v=%d", p, o[i]))
	}
	return strings.Join(parts, "; ")
}

// Fits reports whether buffers of so many stores are never full, so that the test
// ends as with buffers of any size.
func (t *Test) Fits(stores int) bool {
	for _, thread := range t.Threads {
		n := 0
		labels := map[string]bool{} // so far
		for _, in := range thread {
			if labels[in.Label] = true; in.Target != "" && labels[in.Target] {
				return false
			}
			if in.To.inMemory() && in.Op != "cmp" {
				n++
			}
		}
		if n > stores {
			return false
		}
	}
	return true
}

// observe adds a place to what an outcome tells.
func (t *Test) observe(p Place) {
	for _, o := range t.Observed {
		if o == p {
			return
		}
	}
	t.Observed = append(t.Observed, p)
}
