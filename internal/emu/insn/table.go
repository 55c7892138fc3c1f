package insn

import "fmt"

// An opcode map is a list of rows; a row is
//
//	{prefixes, opcodes, form, attributes, implicit registers, group}
//
// prefixes: the mandatory prefixes under which the row holds: np (none), p66, pF3, pF2, or all. Of several
// prefixes F3 or F2 (the later of them) wins over 66 (SDM vol. 2, 2.1.2); VEX and EVEX have them in pp.
//
// opcodes: op(…) lists them, span(a, b) is a range, every8(a, b) is a, a+8, … b. A group's "opcodes" are whole
// ModRM bytes: digit(n) is every byte with n in ModRM.reg, mem(n) and reg(n) its memory and register forms.
//
// form: how operands are encoded, one of the immediate kinds and any number of the flags below.
//
// group: the map that ModRM selects from; the group's row is or-ed to the opcode's.

// prefixes is a set of mandatory prefixes, bit n for the value n of VEX.pp.
type prefixes uint8

const (
	np prefixes = 1 << iota
	p66
	pF3
	pF2
	all = np | p66 | pF3 | pF2
)

// form says how an instruction's operands are encoded.
type form uint64

// Immediate kinds, in the low four bits. SDM vol. 2, A.2.2 calls them Ib, Iw, Iz, Iv, Jb, Jz, Ap and O.
const (
	immU8    form = iota + 1 // byte, unsigned
	immS8                    // byte, sign-extended
	imm16                    // word, unsigned
	immZ                     // word with a 16-bit operand size, else doubleword
	immV                     // word, doubleword or quadword, by operand size
	rel8                     // branch offset
	relZ                     // branch offset of immZ's size; a 16-bit operand size truncates the target
	relX                     // the same without truncation (xbegin)
	moffs                    // address of the address size, no ModRM
	farPtr                   // offset of immZ's size, then a 16-bit selector
	immEnter                 // word, then byte
	immU8x2                  // two bytes
	immKind  form = 0xF      // mask
)

// Flags.
const (
	modrm       form = 1 << (iota + 4) // a ModRM byte follows
	modIgnored                         // ModRM.mod is taken as 11b (mov to and from control and debug registers)
	byteReg                            // ModRM.reg names a byte register
	byteRM                             // ModRM.rm with mod 11b, or the register in the opcode, is a byte register
	notReg                             // ModRM.reg does not name a general register
	notRM                              // ModRM.rm with mod 11b does not name a general register
	opReg                              // the opcode's low three bits name a general register
	memOnly                            // mod 11b is #UD
	regOnly                            // any other mod is #UD
	only32                             // #UD in 64-bit mode
	only64                             // #UD outside 64-bit mode
	def64                              // operand size 64 in 64-bit mode, 16 with 66
	near64                             // operand size 64 in 64-bit mode; 66 is ignored by Intel, obeyed by AMD
	force64                            // operand size 64 in 64-bit mode, else 32; 66 is ignored
	lockable                           // LOCK is allowed with a memory operand
	noAccess                           // the memory operand is an address only
	push                               // pushes one operand
	pop                                // pops one operand
	undefined                          // #UD, with the encoding of the opcode's other prefixes or digits
	w0                                 // VEX.W must be 0
	w1                                 // VEX/EVEX.W must be 1
	l0                                 // VEX.L must be 0
	l1                                 // VEX.L must be 1; EVEX: 1 or 2
	l2                                 // EVEX.L'L must be 2
	noV                                // VEX.vvvv must be 1111b
	gprV                               // VEX.vvvv names a general register
	memNoV                             // VEX.vvvv must be 1111b with a memory operand
	needSIB                            // needs a SIB byte
	vectorIndex                        // the SIB byte's index is a vector register
)

// vec is the usual form of a vector instruction: ModRM with no general register.
const vec = modrm | notReg | notRM

// vsib is a gather's or scatter's memory operand (SDM vol. 2, 2.3.12).
const vsib = memOnly | needSIB | vectorIndex

// entry is what a map knows of one opcode.
type entry struct {
	attr  Attr
	form  form
	regs  GPRSet
	group *opmap
}

type row struct {
	pp    prefixes
	codes []byte
	form  form
	attr  Attr
	regs  GPRSet
	group *opmap
}

// opmap maps (mandatory prefix, opcode) to an entry; entry 0 is the undefined opcode.
type opmap struct {
	index   [4][256]uint8
	entries []entry
}

func (m *opmap) lookup(pp, opcode byte) *entry { return &m.entries[m.index[pp&3][opcode]] }

// transfers are the attributes that imply Terminate.
const transfers = RelBranch | Call | JmpInd | JmpFar | RetNear | RetFar | Iret | SoftInt |
	Syscall | Sysenter | Sysret | Sysexit | Undefined | Hlt

// newMap builds a map and panics on rows that contradict each other. An opcode that is defined under some
// prefixes only gets, under the others, an undefined entry of the same length.
func newMap(rows ...row) *opmap {
	m := &opmap{entries: []entry{{form: undefined}}}
	for _, r := range rows {
		if r.attr.Has(transfers) {
			r.attr |= Terminate
		}
		n := m.add(entry{r.attr, r.form, r.regs, r.group})
		for pp := range m.index {
			for _, c := range r.codes {
				if r.pp>>pp&1 == 0 {
					continue
				}
				if m.index[pp][c] != 0 {
					panic(fmt.Sprintf("insn: opcode %02X defined twice under prefix %d", c, pp))
				}
				m.index[pp][c] = n
			}
		}
	}
	for _, r := range rows {
		var filler uint8
		for pp := range m.index {
			for _, c := range r.codes {
				if m.index[pp][c] != 0 {
					continue
				}
				if filler == 0 {
					filler = m.add(entry{form: r.form&(modrm|immKind) | undefined})
				}
				m.index[pp][c] = filler
			}
		}
	}
	return m
}

func (m *opmap) add(e entry) uint8 {
	if len(m.entries) > 255 {
		panic("insn: more than 255 entries in an opcode map")
	}
	m.entries = append(m.entries, e)
	return uint8(len(m.entries) - 1)
}

func op(codes ...byte) []byte { return codes }

func span(first, last byte) []byte { return step(first, last, 1) }

func every8(first, last byte) []byte { return step(first, last, 8) }

func step(first, last byte, by int) []byte {
	var codes []byte
	for c := int(first); c <= int(last); c += by {
		codes = append(codes, byte(c))
	}
	return codes
}

func digit(digits ...byte) []byte { return append(mem(digits...), reg(digits...)...) }

func mem(digits ...byte) []byte { return modrmBytes(0x00, 0xBF, digits) }

func reg(digits ...byte) []byte { return modrmBytes(0xC0, 0xFF, digits) }

func modrmBytes(first, last int, digits []byte) []byte {
	var codes []byte
	for b := first; b <= last; b++ {
		for _, d := range digits {
			if byte(b)>>3&7 == d {
				codes = append(codes, byte(b))
			}
		}
	}
	return codes
}
