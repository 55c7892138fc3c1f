package silicon

import (
	"fmt"

	"trapline/internal/x86"
)

// Mode is the processor mode that a program runs in.
type Mode uint8

// The two modes of a user process on a 64-bit kernel.
const (
	Mode32 Mode = 32 // compatibility mode: 32-bit operands and addresses
	Mode64 Mode = 64 // 64-bit mode
)

// Modes lists every mode, for tests that run in each.
var Modes = [...]Mode{Mode32, Mode64}

// String returns "32-bit" or "64-bit".
func (m Mode) String() string { return fmt.Sprintf("%d-bit", uint8(m)) }

// Registers returns how many general and XMM registers the mode can name: 8 or 16.
func (m Mode) Registers() int { return int(m) / 4 }

// Indices into State.GPR: the processor's own register numbers (SDM vol. 2, 2.1.5).
const (
	RAX = iota
	RCX
	RDX
	RBX
	RSP
	RBP
	RSI
	RDI
)

// Indices into State.Selectors: the processor's own segment register numbers.
const (
	ES = iota
	CS
	SS
	DS
	FS
	GS
)

// State is what a user program sees of the processor between two instructions.
// In 32-bit mode registers are zero-extended, and those that the mode cannot
// name (R8-R15, XMM8-XMM15, YMM8-YMM15) are zero.
type State struct {
	GPR    [16]uint64 // by register number: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8...
	RIP    uint64
	RFLAGS uint64
	FSBase uint64 // 64-bit mode only
	GSBase uint64 // 64-bit mode only

	Selectors [6]uint16 // by segment register number: es, cs, ss, ds, fs, gs

	XMM   [16][16]byte // little-endian, as MOVDQU stores them
	Upper [16][16]byte // the upper halves of the YMM registers; zero where there is no AVX
	MXCSR uint32
	X87   X87
}

// X87 is the floating-point unit's state in the terms of FXSAVE
// (SDM vol. 1, 10.5.1).
type X87 struct {
	Control uint16
	Status  uint16
	Tag     uint8       // abridged: bit i set when physical register i is in use
	ST      [8][10]byte // ST[i] is ST(i), relative to the top of stack; little-endian
}

// Reset values of the floating-point units, as Linux gives them to a new process.
const (
	ResetControl = 0x037f // x87: every exception masked, 64-bit precision
	ResetMXCSR   = 0x1f80 // SSE: every exception masked
)

// Reset returns the state a program of mode m starts from when nothing else is
// said: selectors as Linux gives them to user code, IF set, floating point at
// its reset values, the stack pointer in the middle of the stack region.
func Reset(m Mode) State {
	s := State{RFLAGS: FlagOne | IF, MXCSR: ResetMXCSR, RIP: CodeBase}
	s.X87.Control = ResetControl
	s.GPR[RSP] = m.StackBase() + StackSize/2
	s.Selectors = selectors[m]
	return s
}

// selectors are those of user code on an x86-64 Linux kernel: __USER32_CS and
// __USER_DS, or __USER_CS and null data segments.
var selectors = map[Mode][6]uint16{
	Mode32: {ES: 0x2b, CS: 0x23, SS: 0x2b, DS: 0x2b},
	Mode64: {CS: 0x33, SS: 0x2b},
}

// RegisterName returns the name of general register n in mode m: "eax" or "rax".
func (m Mode) RegisterName(n int) string {
	if m == Mode32 {
		return x86.Reg(n).NameOf(4)
	}
	return x86.Reg(n).NameOf(8)
}
