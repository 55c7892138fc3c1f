package silicon

import "strings"

// Flag bits. The low half is RFLAGS (SDM vol. 1, 3.4.3); the high half holds the
// x87 condition codes at their places in the status word (SDM vol. 1, 8.1.3), so
// that one set can say what an instruction does to both.
const (
	CF uint64 = 1 << 0
	PF uint64 = 1 << 2
	AF uint64 = 1 << 4
	ZF uint64 = 1 << 6
	SF uint64 = 1 << 7
	TF uint64 = 1 << 8
	IF uint64 = 1 << 9
	DF uint64 = 1 << 10
	OF uint64 = 1 << 11
	NT uint64 = 1 << 14
	RF uint64 = 1 << 16
	AC uint64 = 1 << 18
	ID uint64 = 1 << 21

	// FlagOne is bit 1 of RFLAGS, which always reads as 1.
	FlagOne uint64 = 1 << 1

	// StatusFlags are the six that arithmetic writes.
	StatusFlags = CF | PF | AF | ZF | SF | OF

	C0 uint64 = 1 << (x87Shift + 8)
	C1 uint64 = 1 << (x87Shift + 9)
	C2 uint64 = 1 << (x87Shift + 10)
	C3 uint64 = 1 << (x87Shift + 14)

	// ConditionCodes are the four result bits of the x87 status word.
	ConditionCodes = C0 | C1 | C2 | C3

	x87Shift = 32
)

var flagNames = []struct {
	bit  uint64
	name string
}{
	{CF, "CF"}, {PF, "PF"}, {AF, "AF"}, {ZF, "ZF"}, {SF, "SF"}, {TF, "TF"}, {IF, "IF"}, {DF, "DF"},
	{OF, "OF"}, {NT, "NT"}, {RF, "RF"}, {AC, "AC"}, {ID, "ID"},
	{C0, "C0"}, {C1, "C1"}, {C2, "C2"}, {C3, "C3"},
}

// FlagNames returns the names of the bits of set, lowest first: "CF OF".
func FlagNames(set uint64) string {
	var names []string
	for _, f := range flagNames {
		if set&f.bit != 0 {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, " ")
}
