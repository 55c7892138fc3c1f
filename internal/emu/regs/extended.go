package regs

import "encoding/binary"

// Extended is the state that XSAVE keeps: x87 with MMX, SSE and AVX (SDM vol. 1, 13.1).
type Extended struct {
	// YMM are the vector registers, lowest 64 bits first. XMM is the lower half.
	YMM   [16][4]uint64
	MXCSR uint32
	X87   X87
}

// X87 is the state of the x87 unit (SDM vol. 1, 8.1).
type X87 struct {
	Control, Status uint16
	Tags            uint8 // bit n: physical register n is in use
	// R are the physical registers: ST(i) is R[(TOP+i)&7], MMi the mantissa of R[i].
	R [8]Float80
	// Last is the last instruction that was none of control.
	Last LastX87
}

// LastX87 is where an x87 instruction and its operand were, as offsets in segments, and the instruction's opcode:
// the low three bits of its first byte and ModRM.
type LastX87 struct {
	IP, DP uint64
	CS, DS uint16
	Opcode uint16
}

// Float80 is a number in the double extended-precision format (SDM vol. 1, 4.2.2).
type Float80 struct {
	Mantissa uint64
	SignExp  uint16
}

// ResetExtended is the state that a kernel gives every new thread: the control word as FNINIT leaves it, MXCSR
// as reset does (SDM vol. 1, 8.1.5 and 10.2.3).
func ResetExtended() Extended { return Extended{MXCSR: MXCSRReset, X87: X87{Control: 0x37f}} }

// Pending reports whether an unmasked exception is pending: the summary bit, ES.
func (x *X87) Pending() bool { return x.Status&fswES != 0 }

// Top is the physical register that is ST(0).
func (x *X87) Top() int { return int(x.Status >> 11 & 7) }

// MXCSR's value at reset, and the bits that exist; setting another one is #GP (SDM vol. 1, 10.2.3).
const (
	MXCSRReset = 0x1f80
	MXCSRMask  = 0xffff
)

// FXSize is the size of the area of FXSAVE and FXRSTOR, in bytes (SDM vol. 1, 10.5.1).
const FXSize = 512

// Offsets in FXSAVE's area (SDM vol. 1, table 10-2).
const (
	FXControl   = 0
	FXStatus    = 2
	FXTags      = 4
	FXOpcode    = 6
	FXIP        = 8  // 8 bytes, or 4 and a selector
	FXDP        = 16 // the same
	FXMXCSR     = 24
	FXMXCSRMask = 28
	FXST        = 32  // 8 of 16 bytes, of which 10 count; relative to TOP
	FXXMM       = 160 // 16 of 16 bytes
)

// fswES is the status word's bit of a pending exception. Only with it FXSAVE and XSAVE of AMD's processors store where the
// last instruction was, else zeros (AMD64 Architecture Programmer's Manual, vol. 5, FXSAVE).
const fswES = 1 << 7

// FXSave writes the x87 state, MXCSR and the lowest n XMM registers in FXSAVE's layout, or if wide in that with REX.W, which
// has offsets of 64 bits and no selectors; the rest is zero.
func (x *Extended) FXSave(fx *[FXSize]byte, n int, wide bool) {
	le := binary.LittleEndian
	*fx = [FXSize]byte{}
	le.PutUint16(fx[FXControl:], x.X87.Control)
	le.PutUint16(fx[FXStatus:], x.X87.Status)
	fx[FXTags] = x.X87.Tags
	if x.X87.Pending() {
		x.X87.Last.save(fx, wide)
	}
	for i := range x.X87.R {
		r := &x.X87.R[(x.X87.Top()+i)&7]
		le.PutUint64(fx[FXST+16*i:], r.Mantissa)
		le.PutUint16(fx[FXST+16*i+8:], r.SignExp)
	}
	le.PutUint32(fx[FXMXCSR:], x.MXCSR)
	le.PutUint32(fx[FXMXCSRMask:], MXCSRMask)
	for i := range n {
		le.PutUint64(fx[FXXMM+16*i:], x.YMM[i][0])
		le.PutUint64(fx[FXXMM+16*i+8:], x.YMM[i][1])
	}
}

func (l *LastX87) save(fx *[FXSize]byte, wide bool) {
	le := binary.LittleEndian
	le.PutUint16(fx[FXOpcode:], l.Opcode)
	if wide {
		le.PutUint64(fx[FXIP:], l.IP)
		le.PutUint64(fx[FXDP:], l.DP)
		return
	}
	le.PutUint32(fx[FXIP:], uint32(l.IP))
	le.PutUint16(fx[FXIP+4:], l.CS)
	le.PutUint32(fx[FXDP:], uint32(l.DP))
	le.PutUint16(fx[FXDP+4:], l.DS)
}

func (l *LastX87) load(fx *[FXSize]byte, wide bool) {
	le := binary.LittleEndian
	*l = LastX87{Opcode: le.Uint16(fx[FXOpcode:]) & 0x7ff}
	if wide {
		l.IP, l.DP = linear57(le.Uint64(fx[FXIP:])), linear57(le.Uint64(fx[FXDP:]))
		return
	}
	l.IP, l.CS = uint64(le.Uint32(fx[FXIP:])), le.Uint16(fx[FXIP+4:])
	l.DP, l.DS = uint64(le.Uint32(fx[FXDP:])), le.Uint16(fx[FXDP+4:])
}

// linear57 is the sign extension of an address of 57 bits, which is what the unit keeps (silicon).
func linear57(a uint64) uint64 { return uint64(int64(a<<7) >> 7) }

// FXLoad takes what FXSave wrote, with the last instruction whether an exception is pending or not, as processors do that
// have RstrFpErrPtrs (AMD64 Architecture Programmer's Manual, vol. 3, CPUID 8000_0008h). The upper halves of YMM registers stay.
func (x *Extended) FXLoad(fx *[FXSize]byte, n int, wide bool) {
	le := binary.LittleEndian
	x.X87.Control, x.X87.Status, x.X87.Tags = le.Uint16(fx[FXControl:]), le.Uint16(fx[FXStatus:]), fx[FXTags]
	x.X87.Last.load(fx, wide)
	for i := range x.X87.R {
		x.X87.R[(x.X87.Top()+i)&7] = Float80{le.Uint64(fx[FXST+16*i:]), le.Uint16(fx[FXST+16*i+8:])}
	}
	x.MXCSR = le.Uint32(fx[FXMXCSR:])
	for i := range n {
		x.YMM[i][0], x.YMM[i][1] = le.Uint64(fx[FXXMM+16*i:]), le.Uint64(fx[FXXMM+16*i+8:])
	}
}
