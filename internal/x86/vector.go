package x86

import "fmt"

// Vector is an interrupt or exception vector, 0..255.
type Vector uint8

// Vectors that the processor raises by itself (SDM vol. 3, table 6-1).
const (
	VecDE  Vector = 0  // divide error
	VecDB  Vector = 1  // debug
	VecNMI Vector = 2  // non-maskable interrupt
	VecBP  Vector = 3  // breakpoint (INT3)
	VecOF  Vector = 4  // overflow (INTO)
	VecBR  Vector = 5  // BOUND range exceeded
	VecUD  Vector = 6  // invalid opcode
	VecNM  Vector = 7  // device not available
	VecDF  Vector = 8  // double fault
	VecCSO Vector = 9  // coprocessor segment overrun, up to the 386
	VecTS  Vector = 10 // invalid TSS
	VecNP  Vector = 11 // segment not present
	VecSS  Vector = 12 // stack-segment fault
	VecGP  Vector = 13 // general protection
	VecPF  Vector = 14 // page fault
	VecMF  Vector = 16 // x87 floating-point error
	VecAC  Vector = 17 // alignment check
	VecMC  Vector = 18 // machine check
	VecXM  Vector = 19 // SIMD floating-point exception
	VecVE  Vector = 20 // virtualization exception
	VecCP  Vector = 21 // control protection exception

	// FirstUser is the first vector that is not reserved to the processor.
	FirstUser Vector = 32
)

// Int3 is the instruction INT3, one byte long: the breakpoint that probes write.
const Int3 = 0xcc

// Kind tells what the saved instruction pointer of an exception points to
// (SDM vol. 3, 6.5).
type Kind uint8

const (
	Interrupt   Kind = iota // not an exception: the next instruction
	Fault                   // the instruction that raised it
	Trap                    // the instruction after it
	FaultOrTrap             // #DB: a fault for instruction breakpoints and DR access, else a trap
	Abort                   // nothing reliable
)

func (k Kind) String() string {
	names := [...]string{"interrupt", "fault", "trap", "fault or trap", "abort"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Class sorts events for the double-fault rules (SDM vol. 3, table 6-4).
type Class uint8

const (
	Benign       Class = iota // also every software interrupt, whatever its vector, and every external one
	Contributory              // #DE #TS #NP #SS #GP #CP
	PageFault                 // #PF #VE
	Double                    // #DF itself
)

func (c Class) String() string {
	names := [...]string{"benign", "contributory", "page fault", "double fault"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("Class(%d)", uint8(c))
}

// exception is a row of SDM vol. 3, tables 6-1 and 6-4.
type exception struct {
	mnemonic, name string
	kind           Kind
	class          Class
	errorCode      bool
}

var exceptions = [FirstUser]exception{
	VecDE:  {"#DE", "divide error", Fault, Contributory, false},
	VecDB:  {"#DB", "debug", FaultOrTrap, Benign, false},
	VecNMI: {"NMI", "non-maskable interrupt", Interrupt, Benign, false},
	VecBP:  {"#BP", "breakpoint", Trap, Benign, false},
	VecOF:  {"#OF", "overflow", Trap, Benign, false},
	VecBR:  {"#BR", "bound range exceeded", Fault, Benign, false},
	VecUD:  {"#UD", "invalid opcode", Fault, Benign, false},
	VecNM:  {"#NM", "device not available", Fault, Benign, false},
	VecDF:  {"#DF", "double fault", Abort, Double, true},
	VecCSO: {"CSO", "coprocessor segment overrun", Fault, Benign, false},
	VecTS:  {"#TS", "invalid TSS", Fault, Contributory, true},
	VecNP:  {"#NP", "segment not present", Fault, Contributory, true},
	VecSS:  {"#SS", "stack-segment fault", Fault, Contributory, true},
	VecGP:  {"#GP", "general protection", Fault, Contributory, true},
	VecPF:  {"#PF", "page fault", Fault, PageFault, true},
	VecMF:  {"#MF", "x87 floating-point error", Fault, Benign, false},
	VecAC:  {"#AC", "alignment check", Fault, Benign, true},
	VecMC:  {"#MC", "machine check", Abort, Benign, false},
	VecXM:  {"#XM", "SIMD floating-point exception", Fault, Benign, false},
	VecVE:  {"#VE", "virtualization exception", Fault, PageFault, false},
	VecCP:  {"#CP", "control protection exception", Fault, Contributory, true},
}

func (v Vector) exception() exception {
	if v < FirstUser {
		return exceptions[v]
	}
	return exception{}
}

// Mnemonic is the manual's name, such as "#GP", or "" for a vector that the
// processor does not raise.
func (v Vector) Mnemonic() string { return v.exception().mnemonic }

// Name is such as "general protection", or "" for a vector that the processor
// does not raise.
func (v Vector) Name() string { return v.exception().name }

// Kind is Interrupt for NMI and for vectors that the processor does not raise.
func (v Vector) Kind() Kind { return v.exception().kind }

// HasErrorCode reports that the exception pushes an error code. INT n with the
// same vector and external interrupts never do (SDM vol. 3, 6.13).
func (v Vector) HasErrorCode() bool { return v.exception().errorCode }

// Class is the class of the exception; an INT n or an external interrupt with
// the same vector is Benign.
func (v Vector) Class() Class { return v.exception().class }

// String is such as "#GP (13)" or "vector 128".
func (v Vector) String() string {
	if m := v.Mnemonic(); m != "" {
		return fmt.Sprintf("%s (%d)", m, uint8(v))
	}
	return fmt.Sprintf("vector %d", uint8(v))
}
