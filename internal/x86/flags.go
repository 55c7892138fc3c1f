package x86

import "strings"

// EFLAGS bits (SDM vol. 1, 3.4.3).
const (
	CF   uint64 = 1 << 0
	PF   uint64 = 1 << 2
	AF   uint64 = 1 << 4
	ZF   uint64 = 1 << 6
	SF   uint64 = 1 << 7
	TF   uint64 = 1 << 8  // single step
	IF   uint64 = 1 << 9  // maskable interrupts on
	DF   uint64 = 1 << 10 // string instructions run downwards
	OF   uint64 = 1 << 11
	IOPL uint64 = 3 << 12 // privilege needed for I/O and CLI/STI
	NT   uint64 = 1 << 14
	RF   uint64 = 1 << 16 // execute breakpoints off for one instruction
	VM   uint64 = 1 << 17
	AC   uint64 = 1 << 18
	VIF  uint64 = 1 << 19
	VIP  uint64 = 1 << 20
	ID   uint64 = 1 << 21

	// FlagsFixed is bit 1, which always reads as one.
	FlagsFixed uint64 = 1 << 1
	// FlagsStatus are the arithmetic flags.
	FlagsStatus = CF | PF | AF | ZF | SF | OF
)

// FlagNames lists the flags with names, high bit first, as FormatFlags prints them.
var FlagNames = []struct {
	Bit  uint64
	Name string
}{
	{ID, "ID"}, {VIP, "VIP"}, {VIF, "VIF"}, {AC, "AC"}, {VM, "VM"}, {RF, "RF"}, {NT, "NT"},
	{OF, "OF"}, {DF, "DF"}, {IF, "IF"}, {TF, "TF"}, {SF, "SF"}, {ZF, "ZF"}, {AF, "AF"},
	{PF, "PF"}, {CF, "CF"},
}

// FlagName is the name of the flag that is a bit, or "".
func FlagName(bit uint64) string {
	for _, f := range FlagNames {
		if f.Bit == bit {
			return f.Name
		}
	}
	return ""
}

// FormatFlags names the flags that are set, such as "IF ZF PF", or "-".
func FormatFlags(f uint64) string {
	var b strings.Builder
	for _, n := range FlagNames {
		if f&n.Bit != 0 {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(n.Name)
		}
	}
	if iopl := f & IOPL >> 12; iopl != 0 {
		b.WriteString(" IOPL=" + string(rune('0'+iopl)))
	}
	if b.Len() == 0 {
		return "-"
	}
	return b.String()
}

// FlagChange is one flag that a step set or cleared.
type FlagChange struct {
	Name string
	Set  bool
}

// DiffFlags lists the named flags in which before and after differ.
func DiffFlags(before, after uint64) []FlagChange {
	var d []FlagChange
	for _, n := range FlagNames {
		if (before^after)&n.Bit != 0 {
			d = append(d, FlagChange{n.Name, after&n.Bit != 0})
		}
	}
	return d
}

// Condition evaluates condition code cc (0 o, 1 no, 2 b, … 15 nle) on an EFLAGS value (SDM vol. 1, appendix B).
func Condition(cc byte, flags uint64) bool {
	var v bool
	switch cc >> 1 & 7 {
	case 0:
		v = flags&OF != 0
	case 1:
		v = flags&CF != 0
	case 2:
		v = flags&ZF != 0
	case 3:
		v = flags&(CF|ZF) != 0
	case 4:
		v = flags&SF != 0
	case 5:
		v = flags&PF != 0
	case 6:
		v = (flags&SF != 0) != (flags&OF != 0)
	case 7:
		v = flags&ZF != 0 || (flags&SF != 0) != (flags&OF != 0)
	}
	return v != (cc&1 != 0)
}
