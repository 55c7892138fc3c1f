package transparent

// Row is why a probe of engine 2002 on an instruction is not transparent.
type Row struct {
	ID   string // of SEMANTICS.md
	What string
	Is   func(code []byte) bool // code begins with the instruction
}

// Known lists the rows that show in straight-line code that neither faults,
// nor loads SS, nor sets TF. Every other instruction must be transparent.
//
// Rows that need more than an instruction are shown by package kprobes' tests
// and the lessons: K7 (probes that are hit inside a hit, MOV SS and the next
// instruction among them: P7, K16), K9 (a fault hits again), K15 (a probe
// inside an instruction), K17 (POPF and TF), K20 (a probe on CC), K24 (INT n).
var Known = []Row{
	{"K23", "pushf with a prefix escapes the fix-up of the pushed flags (K10)", prefixed(0x9c)},
	{"K23", "popf with a prefix escapes the test for IF modifiers (K4)", prefixed(0x9d)},
}

// prefixed matches opcode behind at least one operand-size or REX prefix.
func prefixed(opcode byte) func([]byte) bool {
	return func(code []byte) bool {
		for i, b := range code {
			switch {
			case b == opcode:
				return i > 0
			case b == 0x66, b&0xf0 == 0x40:
			default:
				return false
			}
		}
		return false
	}
}

// KnownRow finds the row of the instruction that code begins with.
func KnownRow(code []byte) (Row, bool) {
	for _, r := range Known {
		if r.Is(code) {
			return r, true
		}
	}
	return Row{}, false
}
