package silicon

import "fmt"

// Signal is how Linux reports a trap or a fault to the process: the outside
// face of a vector. The zero Signal means that there was none.
type Signal struct {
	Number int    // SIGILL, SIGTRAP, ...
	Code   int    // si_code
	Addr   uint64 // si_addr
}

// Signal numbers of Linux on x86.
const (
	SIGILL  = 4
	SIGTRAP = 5
	SIGBUS  = 7
	SIGFPE  = 8
	SIGSEGV = 11
	SIGSYS  = 31 // here: the program reached a system call, which is not carried out
)

// Values of Signal.Code (siginfo's si_code).
const (
	CodeKernel     = 0x80 // SI_KERNEL: #GP, #SS, INT3: no address is known
	CodeTrace      = 2    // TRAP_TRACE: #DB after a single step
	CodeUnmapped   = 1    // SEGV_MAPERR: #PF, nothing is mapped there
	CodeProtected  = 2    // SEGV_ACCERR: #PF, mapped without that permission
	CodeBadOperand = 2    // ILL_ILLOPN: #UD
	CodeIntDivide  = 1    // FPE_INTDIV: #DE
	CodeMisaligned = 1    // BUS_ADRALN: #AC

	CodeFloatDivide    = 3 // FPE_FLTDIV, with SIGFPE: #MF and #XM
	CodeFloatOverflow  = 4 // FPE_FLTOVF
	CodeFloatUnderflow = 5 // FPE_FLTUND
	CodeFloatInexact   = 6 // FPE_FLTRES
	CodeFloatInvalid   = 7 // FPE_FLTINV

	CodeSystemCall = 0 // with SIGSYS
)

var signalNames = map[int]string{
	SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGSEGV: "SIGSEGV", SIGSYS: "SIGSYS",
}

// String returns for example "SIGSEGV code 1 address 0x602000".
func (s Signal) String() string {
	if s == (Signal{}) {
		return "no signal"
	}
	name, ok := signalNames[s.Number]
	if !ok {
		name = fmt.Sprintf("signal %d", s.Number)
	}
	return fmt.Sprintf("%s code %d address %#x", name, s.Code, s.Addr)
}

// Exception vectors (SDM vol. 3, table 6-1).
const (
	vectorDE = 0
	vectorDB = 1
	vectorBP = 3
	vectorUD = 6
	vectorNP = 11
	vectorSS = 12
	vectorPF = 14
	vectorAC = 17
)

// FloatSignal is the signal of an unmasked floating-point exception, #MF or #XM:
// flags are the unmasked ones that are set, as in MXCSR's lowest bits. Of several
// Linux tells the first of invalid, division, overflow, underflow or denormal,
// and inexact.
func FloatSignal(flags uint32, pc uint64) Signal {
	const invalid, denormal, division, overflow, underflow = 1, 2, 4, 8, 16
	code := CodeFloatInexact
	switch {
	case flags&invalid != 0:
		code = CodeFloatInvalid
	case flags&division != 0:
		code = CodeFloatDivide
	case flags&overflow != 0:
		code = CodeFloatOverflow
	case flags&(underflow|denormal) != 0:
		code = CodeFloatUnderflow
	}
	return Signal{SIGFPE, code, pc}
}

// Error code bits of a page fault (SDM vol. 3, 4.7).
const errorPresent = 1 << 0

// SignalOf returns the signal that Linux sends to a user process for the
// exception vector raised at (or, for a trap, before) pc. Of a page fault,
// errorCode is the processor's and address is CR2; a page counts as mapped when
// the error code says that it is present.
func SignalOf(vector uint8, errorCode uint32, address, pc uint64) Signal {
	switch vector {
	case vectorDE:
		return Signal{SIGFPE, CodeIntDivide, pc}
	case vectorDB:
		return Signal{SIGTRAP, CodeTrace, pc}
	case vectorBP:
		return Signal{SIGTRAP, CodeKernel, 0}
	case vectorUD:
		return Signal{SIGILL, CodeBadOperand, pc}
	case vectorNP, vectorSS:
		return Signal{SIGBUS, CodeKernel, 0}
	case vectorPF:
		if errorCode&errorPresent != 0 {
			return Signal{SIGSEGV, CodeProtected, address}
		}
		return Signal{SIGSEGV, CodeUnmapped, address}
	case vectorAC:
		return Signal{SIGBUS, CodeMisaligned, 0}
	}
	return Signal{SIGSEGV, CodeKernel, 0} // #GP, #OF, #BR
}
