package emu

import (
	"fmt"

	"trapline/internal/x86"
)

// TrapKind says what raised a vector: it decides the DPL check, the EXT bit
// and the double-fault rules (SDM vol. 3, 6.12 and 6.15).
type TrapKind uint8

// Kinds of events that go through the IDT.
const (
	SoftwareInt TrapKind = iota // INT n, INT3, INTO: the gate's DPL is checked
	PrivSoftInt                 // INT1 (F1): software, but no DPL check
	Exception                   // fault, trap or abort found by the processor
	External                    // maskable interrupt
	NMI
)

func (k TrapKind) String() string {
	return [...]string{"software interrupt", "int1", "exception", "external interrupt", "nmi"}[k]
}

// Trap is a vector to be delivered with RIP as it stands.
type Trap struct {
	Vector  x86.Vector
	Kind    TrapKind
	HasErr  bool
	ErrCode uint32
	SetCR2  bool
	CR2     uint64 // page faults: the linear address
	DR6     uint64 // #DB: condition bits to set
	Op      uint8  // software interrupts: the opcode byte (CC, CD, CE, F1)
}

func (t Trap) String() string {
	s := fmt.Sprintf("vector %d (%s)", t.Vector, t.Kind)
	if t.HasErr {
		s += fmt.Sprintf(" error code %#x", t.ErrCode)
	}
	return s
}

// Fault makes an exception without error code.
func Fault(vec x86.Vector) *Trap { return &Trap{Vector: vec, Kind: Exception} }

// FaultErr makes an exception that pushes an error code.
func FaultErr(vec x86.Vector, code uint32) *Trap {
	return &Trap{Vector: vec, Kind: Exception, HasErr: true, ErrCode: code}
}

// Bits of a page fault's error code.
const (
	PFProt  = uint32(x86.PFProtection)
	PFWrite = uint32(x86.PFWrite)
	PFUser  = uint32(x86.PFUser)
	PFFetch = uint32(x86.PFFetch)
)
