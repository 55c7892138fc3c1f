package x86

import "fmt"

// Selector names a descriptor (SDM vol. 3, 3.4.2):
//
//	bit 15       3 2  1   0
//	    index      TI RPL
type Selector uint16

// MakeSelector builds a selector from an index (13 bits), the table and a
// requested privilege level.
func MakeSelector(index uint16, ldt bool, rpl uint8) Selector {
	s := Selector(index<<3) | Selector(rpl&3)
	if ldt {
		s |= 4
	}
	return s
}

// Index is the descriptor's number in its table, 0..8191.
func (s Selector) Index() uint16 { return uint16(s) >> 3 }

// LDT reports that the descriptor is in the LDT (TI is 1), not the GDT.
func (s Selector) LDT() bool { return s&4 != 0 }

// RPL is the requested privilege level, 0..3; in CS it is the CPL.
func (s Selector) RPL() uint8 { return uint8(s & 3) }

// Null reports a null selector: index 0 of the GDT, whatever the RPL.
func (s Selector) Null() bool { return s&^3 == 0 }

// String is such as "0060 (GDT 12, rpl 0)".
func (s Selector) String() string {
	if s.Null() {
		return fmt.Sprintf("%04x (null)", uint16(s))
	}
	table := "GDT"
	if s.LDT() {
		table = "LDT"
	}
	return fmt.Sprintf("%04x (%s %d, rpl %d)", uint16(s), table, s.Index(), s.RPL())
}
