package x86

// Table is where the index of a selector-format error code points.
type Table uint8

const (
	GDT Table = iota
	LDT
	IDT // the index is a vector
)

// SelectorError is the error code of #TS, #NP, #SS, #GP, and #DF (always 0),
// unpacked (P3; SDM vol. 3, 6.13):
//
//	bit 15       3 2  1   0
//	    index      TI IDT EXT
type SelectorError struct {
	Index    uint16 // 13 bits: a descriptor's number, or a vector
	Table    Table
	External bool // EXT: raised while delivering something that is not a software interrupt
}

// GateError is the error code of a fault that IDT entry v raised.
func GateError(v Vector, external bool) SelectorError {
	return SelectorError{Index: uint16(v), Table: IDT, External: external}
}

// Encode gives the error code as pushed.
func (e SelectorError) Encode() uint32 {
	code := uint32(e.Index&0x1fff) << 3
	switch e.Table {
	case LDT:
		code |= 4
	case IDT:
		code |= 2
	}
	if e.External {
		code |= 1
	}
	return code
}

// DecodeSelectorError reads an error code; with the IDT flag set, TI means
// nothing.
func DecodeSelectorError(code uint32) SelectorError {
	e := SelectorError{Index: uint16(code >> 3 & 0x1fff), External: code&1 != 0}
	switch {
	case code&2 != 0:
		e.Table = IDT
	case code&4 != 0:
		e.Table = LDT
	}
	return e
}

// PageFaultError is the error code of #PF (SDM vol. 3, 4.7).
type PageFaultError uint32

const (
	PFProtection PageFaultError = 1 << 0 // P: the page is present and refused the access; else it is absent
	PFWrite      PageFaultError = 1 << 1 // W/R: a write, else a read or a fetch
	PFUser       PageFaultError = 1 << 2 // U/S: by user-mode code
	PFReserved   PageFaultError = 1 << 3 // RSVD: a reserved bit was set in a paging entry
	PFFetch      PageFaultError = 1 << 4 // I/D: an instruction fetch; only where NX or SMEP is on
	PFKey        PageFaultError = 1 << 5 // PK: a protection key
	PFShadow     PageFaultError = 1 << 6 // SS: a shadow-stack access
)
