// Package idt encodes and decodes the structures that the processor reads
// when it takes a vector: gates, segment descriptors, task state segments,
// error codes (SDM vol. 3, chapters 3, 6 and 8). It imports only std.
package idt

import (
	"encoding/binary"
	"fmt"
)

// Gate types (SDM vol. 3, 6.11).
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

// Gate is one IDT entry.
type Gate struct {
	Offset   uint64 // of the handler: 32 or 64 bits
	Selector uint16
	Type     uint8
	DPL      uint8 // privilege an INT instruction needs
	IST      uint8 // 64-bit only: 0, or the stack to switch to
	Present  bool
}

// Encode32 gives the 8 bytes of an i386 gate.
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
	b[5] = g.Type&15 | g.DPL&3<<5
	if g.Present {
		b[5] |= 0x80
	}
	binary.LittleEndian.PutUint16(b[6:], uint16(g.Offset>>16))
}

// DecodeGate reads a gate from the 8 or 16 bytes of an IDT entry.
func DecodeGate(b []byte) Gate {
	g := Gate{
		Offset:   uint64(binary.LittleEndian.Uint16(b)) | uint64(binary.LittleEndian.Uint16(b[6:]))<<16,
		Selector: binary.LittleEndian.Uint16(b[2:]),
		Type:     b[5] & 15,
		DPL:      b[5] >> 5 & 3,
		Present:  b[5]&0x80 != 0,
	}
	if b[5]&0x10 != 0 {
		g.Type |= 16 // not a system descriptor: no gate at all
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
