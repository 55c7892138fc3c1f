package emu

import "fmt"

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
	Vector  uint8
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

// Vectors that the processor raises by itself (SDM vol. 3, table 6-1).
const (
	VecDE = 0
	VecDB = 1

	VecNMI = 2

	VecBP = 3
	VecOF = 4
	VecBR = 5
	VecUD = 6
	VecNM = 7
	VecDF = 8
	VecTS = 10
	VecNP = 11
	VecSS = 12
	VecGP = 13
	VecPF = 14
	VecMF = 16
	VecAC = 17
	VecXM = 19
)

// Fault makes an exception without error code.
func Fault(vec uint8) *Trap { return &Trap{Vector: vec, Kind: Exception} }

// FaultErr makes an exception that pushes an error code.
func FaultErr(vec uint8, code uint32) *Trap {
	return &Trap{Vector: vec, Kind: Exception, HasErr: true, ErrCode: code}
}

// Page-fault error code bits (SDM vol. 3, 4.7).
const (
	PFProt  uint32 = 1 << 0 // a present page refused the access
	PFWrite uint32 = 1 << 1
	PFUser  uint32 = 1 << 2
	PFFetch uint32 = 1 << 4 // only with NX enabled
)
