package idt

// Segment attributes for flat segments: access byte and flags nibble of a
// descriptor (SDM vol. 3, 3.4.5).
const (
	AccessCode = 0x9a // present, code, readable
	AccessData = 0x92 // present, data, writable
	AccessTSS  = 0x89 // present, available 32- or 64-bit TSS

	FlagsBig32 = 0xc // G, D/B
	FlagsLong  = 0xa // G, L
	FlagsByte  = 0x0 // limit in bytes
)

// Descriptor is an 8-byte segment descriptor, unpacked.
type Descriptor struct {
	Base   uint32
	Limit  uint32 // 20 bits, in units that the G flag chooses
	Access uint8  // P, DPL, S, type
	Flags  uint8  // G, D/B, L, AVL: 4 bits
}

// WithDPL gives the descriptor with another privilege.
func (d Descriptor) WithDPL(dpl uint8) Descriptor {
	d.Access = d.Access&^0x60 | dpl&3<<5
	return d
}

// Encode gives the descriptor's 8 bytes as a little-endian number.
func (d Descriptor) Encode() uint64 {
	return uint64(d.Limit)&0xffff | uint64(d.Base)&0xffffff<<16 | uint64(d.Access)<<40 |
		uint64(d.Limit)>>16&0xf<<48 | uint64(d.Flags&15)<<52 | uint64(d.Base)>>24<<56
}

// FlatCode32, FlatCode64 and FlatData cover the whole address space.
var (
	FlatCode32 = Descriptor{Limit: 0xfffff, Access: AccessCode, Flags: FlagsBig32}
	FlatCode64 = Descriptor{Limit: 0xfffff, Access: AccessCode, Flags: FlagsLong}
	FlatData   = Descriptor{Limit: 0xfffff, Access: AccessData, Flags: FlagsBig32}
)
