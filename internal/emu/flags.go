package emu

import (
	"strings"

	"trapline/internal/emu/regs"
)

// EFLAGS bits.
const (
	CF          = regs.CF
	PF          = regs.PF
	AF          = regs.AF
	ZF          = regs.ZF
	SF          = regs.SF
	TF          = regs.TF
	IF          = regs.IF
	DF          = regs.DF
	OF          = regs.OF
	IOPL        = regs.IOPL
	NT          = regs.NT
	RF          = regs.RF
	VM          = regs.VM
	AC          = regs.AC
	VIF         = regs.VIF
	VIP         = regs.VIP
	ID          = regs.ID
	FlagsFixed  = regs.FlagsFixed
	FlagsStatus = regs.FlagsStatus
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
