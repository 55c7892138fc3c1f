// Package x86 is the vocabulary of the processor: architectures, registers,
// flags, vectors and how two of them combine, and the structures that it reads
// when it takes a vector: gates, segment descriptors and selectors, task state
// segments, error codes (SDM vol. 1, chapter 3; vol. 3, chapters 3, 6 and 8).
// Numbers of other interfaces, such as struct pt_regs and struct
// user_regs_struct, are elsewhere and refer to these. All bytes are
// little-endian. It imports only std.
package x86

import (
	"encoding/binary"
	"fmt"
)

// Gate types: the four type bits, and the S bit (0) above them (SDM vol. 3,
// table 3-2, 6.11 and 6.14.1). In 64-bit mode only 14 and 15 exist.
const (
	TaskGate        = 5
	InterruptGate16 = 6
	TrapGate16      = 7
	InterruptGate   = 14 // clears IF
	TrapGate        = 15 // leaves IF
)

// Sizes of an IDT entry in bytes.
const (
	GateSize32 = 8
	GateSize64 = 16
)

// GateSize is the size of an IDT entry of a in bytes.
func (a Arch) GateSize() int {
	if a == AMD64 {
		return GateSize64
	}
	return GateSize32
}

// Gate is one IDT entry (SDM vol. 3, figures 6-2 and 6-8):
//
//	byte  0  1  | 2  3      | 4          | 5             | 6  7         | 8 ... 11     | 12 ... 15
//	      offset| selector  | IST (64)   | P DPL S type  | offset       | offset       | reserved
//	      0..15 |           | bits 0..2  | 7 6-5 4 3-0   | 16..31       | 32..63 (64)  |
type Gate struct {
	Offset   uint64 // of the handler: 32 or 64 bits; a task gate has none
	Selector uint16 // of the handler's code segment; of the TSS for a task gate
	Type     uint8  // type bits, plus 16 with the S bit set: no gate at all
	DPL      uint8  // privilege that INT n, INT3 and INTO need: CPL <= DPL
	IST      uint8  // 64-bit only: 0, or the interrupt stack 1..7 to switch to
	Present  bool
}

// Encode32 gives the 8 bytes of an i386 gate; the offset is cut to 32 bits.
func (g Gate) Encode32() [GateSize32]byte {
	var b [GateSize32]byte
	g.put(b[:])
	return b
}

// Encode64 gives the 16 bytes of a 64-bit gate.
func (g Gate) Encode64() [GateSize64]byte {
	var b [GateSize64]byte
	g.put(b[:])
	b[4] = g.IST & 7
	binary.LittleEndian.PutUint32(b[8:], uint32(g.Offset>>32))
	return b
}

func (g Gate) put(b []byte) {
	binary.LittleEndian.PutUint16(b, uint16(g.Offset))
	binary.LittleEndian.PutUint16(b[2:], g.Selector)
	b[5] = g.Type&0x1f | g.DPL&3<<5
	if g.Present {
		b[5] |= 0x80
	}
	binary.LittleEndian.PutUint16(b[6:], uint16(g.Offset>>16))
}

// DecodeGate reads a gate from the GateSize32 or GateSize64 bytes of an IDT
// entry; the length tells which it is.
func DecodeGate(b []byte) Gate {
	g := Gate{
		Offset:   uint64(binary.LittleEndian.Uint16(b)) | uint64(binary.LittleEndian.Uint16(b[6:]))<<16,
		Selector: binary.LittleEndian.Uint16(b[2:]),
		Type:     b[5] & 0x1f,
		DPL:      b[5] >> 5 & 3,
		Present:  b[5]&0x80 != 0,
	}
	if len(b) >= GateSize64 {
		g.IST = b[4] & 7
		g.Offset |= uint64(binary.LittleEndian.Uint32(b[8:])) << 32
	}
	return g
}

// TypeName names the gate's type.
func (g Gate) TypeName() string {
	switch g.Type {
	case TaskGate:
		return "task gate"
	case InterruptGate16:
		return "16-bit interrupt gate"
	case TrapGate16:
		return "16-bit trap gate"
	case InterruptGate:
		return "interrupt gate"
	case TrapGate:
		return "trap gate"
	}
	return "no gate"
}

// String is such as "interrupt gate (type 14) dpl 3 -> 0010:c01000c2".
func (g Gate) String() string {
	s := fmt.Sprintf("%s (type %d) dpl %d -> %04x:%08x", g.TypeName(), g.Type, g.DPL, g.Selector, g.Offset)
	if g.IST != 0 {
		s += fmt.Sprintf(" ist %d", g.IST)
	}
	if !g.Present {
		s += ", not present"
	}
	return s
}
