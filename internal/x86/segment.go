package x86

import (
	"encoding/binary"
	"fmt"
)

// Access bytes and flag nibbles of the segments that a flat kernel needs (SDM
// vol. 3, 3.4.5).
const (
	AccessCode = 0x9a // present, code, readable
	AccessData = 0x92 // present, data, writable
	AccessLDT  = 0x82 // present, LDT
	AccessTSS  = 0x89 // present, available 32- or 64-bit TSS

	FlagsBig32 = FlagGranularity | FlagBig
	FlagsLong  = FlagGranularity | FlagLong
	FlagsByte  = 0x0 // limit in bytes
)

// Bits of an access byte; what those of the type mean depends on S and on
// AccessExecutable (SDM vol. 3, 3.4.5.1).
const (
	AccessAccessed   = 1 << 0
	AccessWritable   = 1 << 1 // a data segment's W, a code segment's R
	AccessBusy       = 1 << 1 // of a TSS
	AccessExpandDown = 1 << 2 // of a data segment
	AccessConforming = 1 << 2 // of a code segment
	AccessExecutable = 1 << 3 // a code segment, else data
	AccessSegment    = 1 << 4 // S: code or data, else a system descriptor
	AccessPresent    = 1 << 7
)

// Bits of a flag nibble.
const (
	FlagAvailable   = 1 << 0 // AVL: for the kernel's own use
	FlagLong        = 1 << 1 // L: 64-bit code
	FlagBig         = 1 << 2 // D/B: 32-bit code, or a 32-bit stack
	FlagGranularity = 1 << 3 // G: the limit is in pages
)

// Types of system descriptors (SDM vol. 3, table 3-2).
const (
	SystemLDT     = 2
	SystemTSS     = 9 // available
	SystemBusyTSS = 11
)

// Where the access byte and the flag nibble lie in a descriptor's second word.
const (
	AttributesAccess = 8
	AttributesFlags  = 20
)

// Sizes of a descriptor in bytes. In 64-bit mode the system descriptors (LDT,
// TSS, call gates) take two slots of the GDT.
const (
	DescriptorSize         = 8
	SystemDescriptorSize64 = 16
)

// Descriptor is a segment descriptor, unpacked (SDM vol. 3, figure 3-8):
//
//	bit 63    56 55 54  53 52  51   48 47 46 45 44 43  40 39    16 15      0
//	    base     G  D/B L  AVL limit   P  DPL   S  type   base     limit
//	    24..31                 16..19                     0..23    0..15
type Descriptor struct {
	Base   uint32
	Limit  uint32 // 20 bits, in units that the G flag chooses
	Access uint8  // P, DPL, S, type
	Flags  uint8  // G, D/B, L, AVL: 4 bits
}

// FlatCode32, FlatCode64 and FlatData cover the whole address space.
var (
	FlatCode32 = Descriptor{Limit: 0xfffff, Access: AccessCode, Flags: FlagsBig32}
	FlatCode64 = Descriptor{Limit: 0xfffff, Access: AccessCode, Flags: FlagsLong}
	FlatData   = Descriptor{Limit: 0xfffff, Access: AccessData, Flags: FlagsBig32}
)

// Encode gives the descriptor's 8 bytes as a little-endian number.
func (d Descriptor) Encode() uint64 {
	return uint64(d.Limit)&0xffff | uint64(d.Base)&0xffffff<<16 | uint64(d.Access)<<40 |
		uint64(d.Limit)>>16&0xf<<48 | uint64(d.Flags&15)<<52 | uint64(d.Base)>>24<<56
}

// DecodeDescriptor reads the 8 bytes of a descriptor as Encode gives them.
func DecodeDescriptor(v uint64) Descriptor {
	return Descriptor{
		Base:   uint32(v>>16&0xffffff | v>>56<<24),
		Limit:  uint32(v&0xffff | v>>48&0xf<<16),
		Access: uint8(v >> 40),
		Flags:  uint8(v >> 52 & 15),
	}
}

// EncodeSystem64 gives the 16 bytes of d as a system descriptor of 64-bit
// mode, whose base is 64 bits wide: d.Base is its low half (SDM vol. 3, figure
// 8-4).
func (d Descriptor) EncodeSystem64(baseHigh uint32) [SystemDescriptorSize64]byte {
	var b [SystemDescriptorSize64]byte
	binary.LittleEndian.PutUint64(b[:], d.Encode())
	binary.LittleEndian.PutUint32(b[8:], baseHigh)
	return b
}

// WithDPL gives the descriptor with another privilege.
func (d Descriptor) WithDPL(dpl uint8) Descriptor {
	d.Access = d.Access&^0x60 | dpl&3<<5
	return d
}

// Attributes are the access byte and the flag nibble as the descriptor's second
// word has them, as a segment register caches them.
func (d Descriptor) Attributes() uint32 {
	return uint32(d.Access)<<AttributesAccess | uint32(d.Flags)<<AttributesFlags
}

// Type is the type field, 0..15; what it means depends on System.
func (d Descriptor) Type() uint8 { return d.Access & 15 }

// System reports that S is 0: an LDT, a TSS or a gate.
func (d Descriptor) System() bool { return d.Access&AccessSegment == 0 }

// DPL is the privilege level, 0..3.
func (d Descriptor) DPL() uint8 { return d.Access >> 5 & 3 }

// Present is the P flag.
func (d Descriptor) Present() bool { return d.Access&AccessPresent != 0 }

// Code reports a code segment.
func (d Descriptor) Code() bool { return !d.System() && d.Access&AccessExecutable != 0 }

// Conforming reports a code segment that runs at its caller's privilege.
func (d Descriptor) Conforming() bool { return d.Code() && d.Access&AccessConforming != 0 }

// ExpandDown reports a data segment whose valid offsets are above the limit.
func (d Descriptor) ExpandDown() bool {
	return !d.System() && !d.Code() && d.Access&AccessExpandDown != 0
}

// Writable reports a data segment that can be written.
func (d Descriptor) Writable() bool { return !d.System() && !d.Code() && d.Access&AccessWritable != 0 }

// Readable reports a data segment, or a code segment that can be read.
func (d Descriptor) Readable() bool { return !d.Code() || d.Access&AccessWritable != 0 }

// Long is the L flag: 64-bit code.
func (d Descriptor) Long() bool { return d.Flags&FlagLong != 0 }

// Big is the D/B flag: 32-bit code, or a 32-bit stack.
func (d Descriptor) Big() bool { return d.Flags&FlagBig != 0 }

// LastByte is the limit in bytes, that is, with G applied: the greatest valid
// offset, or in an expand-down segment the greatest invalid one.
func (d Descriptor) LastByte() uint32 {
	if d.Flags&FlagGranularity != 0 {
		return d.Limit<<12 | 0xfff
	}
	return d.Limit
}

// systemTypes names the types of system descriptors (SDM vol. 3, table 3-2).
var systemTypes = [16]string{
	1: "16-bit TSS (available)", SystemLDT: "LDT", 3: "16-bit TSS (busy)", 4: "16-bit call gate", 5: "task gate",
	6: "16-bit interrupt gate", 7: "16-bit trap gate", SystemTSS: "TSS (available)", SystemBusyTSS: "TSS (busy)", 12: "call gate",
	14: "interrupt gate", 15: "trap gate",
}

// TypeName names what the descriptor describes.
func (d Descriptor) TypeName() string {
	switch {
	case d.System():
		if name := systemTypes[d.Type()]; name != "" {
			return name
		}
		return "reserved"
	case !d.Code():
		return "data"
	case d.Long():
		return "64-bit code"
	case d.Big():
		return "32-bit code"
	}
	return "16-bit code"
}

// String is such as "32-bit code, base 00000000 limit ffffffff dpl 0".
func (d Descriptor) String() string {
	s := fmt.Sprintf("%s, base %08x limit %08x dpl %d", d.TypeName(), d.Base, d.LastByte(), d.DPL())
	if !d.Present() {
		s += ", not present"
	}
	return s
}
