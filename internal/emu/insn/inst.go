package insn

import (
	"errors"
	"fmt"

	"trapline/internal/x86"
)

// MaxLen is the length limit of an instruction in bytes; one byte more is #GP (SDM vol. 2, 2.3.11).
const MaxLen = 15

// Errors of Decode, to be tested with errors.Is.
var (
	// ErrTruncated says that the instruction goes on behind the last byte given.
	ErrTruncated = errors.New("insn: more bytes needed")
	// ErrInvalid says that the bytes raise #UD. The Inst returned with it holds the fields that were
	// decoded, and Len counts the bytes that belong to the encoding as far as the maps can tell.
	ErrInvalid = errors.New("insn: invalid encoding (#UD)")
	// ErrTooLong says that the instruction is longer than MaxLen (#GP).
	ErrTooLong = errors.New("insn: longer than 15 bytes (#GP)")
)

// Mode is the code segment's kind, with the vendor where vendors differ in length.
type Mode uint8

const (
	Mode32    Mode = iota // protected or compatibility mode, CS.D=1
	Mode64                // 64-bit mode; 66 on a near branch is ignored (Intel)
	Mode64AMD             // 64-bit mode; 66 on a near branch gives a 16-bit operand (AMD)
	Mode16                // CS.D=0: virtual-8086 mode, or 16-bit code of protected or compatibility mode
)

// ModeOf is the mode of code of an architecture, of 64-bit mode Intel's: how Linux decodes it.
func ModeOf(a x86.Arch) Mode {
	if a == x86.AMD64 {
		return Mode64
	}
	return Mode32
}

// Arch is which registers code of m has: those of 16-bit code are of 32 bits.
func (m Mode) Arch() x86.Arch {
	if m.Is64() {
		return x86.AMD64
	}
	return x86.I386
}

// Is64 reports whether m is a 64-bit mode.
func (m Mode) Is64() bool { return m == Mode64 || m == Mode64AMD }

// Bits is the width of addresses and, but for 64-bit mode, of operands where no prefix says otherwise.
func (m Mode) Bits() int {
	switch {
	case m.Is64():
		return 64
	case m == Mode16:
		return 16
	}
	return 32
}

func (m Mode) String() string {
	switch m {
	case Mode32:
		return "32-bit"
	case Mode64:
		return "64-bit"
	case Mode64AMD:
		return "64-bit (AMD)"
	case Mode16:
		return "16-bit"
	}
	return fmt.Sprintf("Mode(%d)", uint8(m))
}

// SegPrefix is a segment-override prefix.
type SegPrefix uint8

const (
	SegNone SegPrefix = iota
	SegES             // 26; from here on in the order of x86.ES
	SegCS             // 2E
	SegSS             // 36
	SegDS             // 3E
	SegFS             // 64
	SegGS             // 65
)

func (s SegPrefix) String() string {
	switch {
	case s == SegNone:
		return "none"
	case s <= SegGS:
		return x86.SegmentName(int(s - SegES))
	}
	return fmt.Sprintf("SegPrefix(%d)", uint8(s))
}

// Map is an opcode map; the values are those of the EVEX.mmm field, with 0 for the one-byte map.
type Map uint8

const (
	OneByte Map = 0
	Map0F   Map = 1
	Map0F38 Map = 2
	Map0F3A Map = 3
	EVEX5   Map = 5 // EVEX only: AVX512-FP16
	EVEX6   Map = 6 // EVEX only: AVX512-FP16
)

func (m Map) String() string {
	switch m {
	case OneByte:
		return "one-byte"
	case Map0F:
		return "0F"
	case Map0F38:
		return "0F38"
	case Map0F3A:
		return "0F3A"
	}
	return fmt.Sprintf("map %d", uint8(m))
}

// REX bits (SDM vol. 2, 2.2.1.2).
const (
	RexB = 1 << 0 // extends ModRM.rm, SIB.base or the register in the opcode
	RexX = 1 << 1 // extends SIB.index
	RexR = 1 << 2 // extends ModRM.reg
	RexW = 1 << 3 // 64-bit operand size
)

// VexKind tells which vector prefix an instruction has.
type VexKind uint8

const (
	VexNone VexKind = iota
	Vex2            // C5, two bytes
	Vex3            // C4, three bytes
	Evex            // 62, four bytes
)

// Vex is a VEX or EVEX prefix with its fields unpacked; those that are stored inverted are turned back, so
// that R, X and B mean the same as in REX and VVVV is a register's number (SDM vol. 2, 2.3.5 and 2.7.1).
type Vex struct {
	Kind       VexKind
	Off        int  // offset of the prefix's first byte
	R, X, B, W bool // as in REX
	RHi        bool // EVEX.R': bit 4 of the vector register in ModRM.reg
	VHi        bool // EVEX.V': bit 4 of VVVV, or of a vector index
	VVVV       byte // 0..15; 0 when the field is unused (stored as 1111b)
	L          byte // 0: 128 bits or scalar, 1: 256, 2: 512 (EVEX.L'L; 3 is a rounding mode with Bcst)
	PP         byte // 0: none, 1: 66, 2: F3, 3: F2
	Z          bool // EVEX.z: zeroing instead of merging
	Bcst       bool // EVEX.b: broadcast, rounding control or no exceptions
	AAA        byte // EVEX.aaa: opmask register k0..k7
}

// Inst is one decoded instruction. Offsets and lengths are in bytes from the instruction's first byte.
type Inst struct {
	Mode Mode
	Len  int // 1..MaxLen

	// PrefixLen counts the legacy prefixes (and REX bytes that a later prefix made void), so that
	// code[:PrefixLen] are they; REX, VEX or EVEX follow.
	PrefixLen int
	Lock      bool      // F0
	Rep       bool      // F3 was the last of F2 and F3
	Repne     bool      // F2 was the last of F2 and F3
	OpSize    bool      // 66
	AddrSize  bool      // 67
	Seg       SegPrefix // the last override; in 64-bit mode of FS and GS, else of those that it ignores
	REX       byte      // 40..4F, or 0 when there is none
	VoidSeg   bool      // 64-bit mode: an override that it ignores stands behind one of FS or GS
	VoidRep   bool      // both F2 and F3 stand there, and the last of them counts
	VoidREX   bool      // a REX byte stands before a legacy prefix and means nothing
	Vex       Vex

	Map       Map
	Opcode    byte // the last opcode byte: 05 for 0F 05
	OpcodeOff int

	HasModRM bool
	ModRM    byte
	ModRMOff int
	HasSIB   bool
	SIB      byte // at ModRMOff+1

	// Disp is the displacement, sign-extended; EVEX's compressed disp8 is not scaled. The address in
	// A0..A3 (moffs) stands here too, zero-extended. DispLen is 0, 1, 2, 4 or 8.
	Disp    int64
	DispOff int
	DispLen int

	// Imm is the immediate or branch offset. It is sign-extended from ImmLen bytes unless the instruction
	// takes it unsigned: byte controls, shift counts, ports, vectors, ret/enter sizes, far offsets.
	// ImmLen is 0, 1, 2, 4 or 8.
	Imm    int64
	ImmOff int
	ImmLen int

	// Imm2 is the second immediate, unsigned: the nesting level of ENTER, the selector of a far pointer,
	// the second byte of EXTRQ and INSERTQ. It follows the first.
	Imm2    uint16
	Imm2Len int

	RIPRelative bool // mod 00, rm 101 in 64-bit mode; with 67 relative to EIP
	OperandBits int  // 16, 32 or 64 as prefixes, mode and defaults say; byte instructions do not use it
	AddressBits int  // 16, 32 or 64

	attr Attr
	form form
	regs GPRSet // implicit operands
}

// Attr returns what kind of instruction i is.
func (i Inst) Attr() Attr { return i.attr }

// Mod returns ModRM.mod, 0..3.
func (i Inst) Mod() int { return int(i.ModRM >> 6) }

// Digit returns ModRM.reg without its extension, 0..7: the /digit of an opcode group.
func (i Inst) Digit() int { return int(i.ModRM >> 3 & 7) }

// RM returns ModRM.rm without its extension, 0..7.
func (i Inst) RM() int { return int(i.ModRM & 7) }

// HasMemory reports whether ModRM names an address, even one that is not accessed (LEA, long NOP).
func (i Inst) HasMemory() bool { return i.HasModRM && i.ModRM < 0xC0 && i.form&modIgnored == 0 }
