package insn

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"trapline/internal/x86"
)

// textRow is a row of textTable; -1 stands for a condition that it does not have.
type textRow struct {
	w, l, digit int
	memory      int  // 1: memory, 0: a register
	general     bool // VEX.W chooses the size of a general register, which it does in 64-bit mode only
	att, intel  string
	operands    []textOperand
}

// textOperand is an operand of a row.
type textOperand struct {
	field, kind byte
	size        [2]int // of memory, a power of two of bytes by VEX.L
}

type textKey struct {
	m          Map
	pp, opcode byte
}

var textRows = sync.OnceValue(func() map[textKey][]textRow {
	rows := map[textKey][]textRow{}
	for _, line := range strings.Split(strings.TrimSpace(textTable), "\n") {
		where, what, _ := strings.Cut(line, ": ")
		f := strings.Fields(where)
		opcode, err := strconv.ParseUint(f[2], 16, 8)
		if err != nil {
			panic(err)
		}
		key := textKey{
			map[string]Map{"0f": Map0F, "38": Map0F38, "3a": Map0F3A}[f[0]],
			map[string]byte{"np": 0, "66": 1, "f3": 2, "f2": 3}[f[1]], byte(opcode),
		}
		rows[key] = append(rows[key], parseTextRow(f[3:], what))
	}
	return rows
})

func parseTextRow(conditions []string, what string) textRow {
	r := textRow{w: -1, l: -1, digit: -1, memory: -1}
	for _, c := range conditions {
		switch c[0] {
		case 'w':
			r.w = int(c[1] - '0')
		case 'l':
			r.l = int(c[1] - '0')
		case '/':
			r.digit = int(c[1] - '0')
		case 'm':
			r.memory = 1
		case 'r':
			r.memory = 0
		}
	}
	mnemonic, operands, _ := strings.Cut(what, " ")
	var two bool
	if r.att, r.intel, two = strings.Cut(mnemonic, "/"); !two {
		r.intel = r.att
	}
	for _, o := range strings.FieldsFunc(operands, func(c rune) bool { return c == ',' }) {
		t := textOperand{field: o[0]}
		if len(o) > 1 {
			t.kind = o[1]
		}
		if len(o) > 2 {
			t.size = [2]int{int(o[2] - '0'), int(o[len(o)-1] - '0')}
		}
		r.operands = append(r.operands, t)
		r.general = r.general || t.kind == 'd' || t.kind == 'q'
	}
	r.general = r.general || strings.HasPrefix(r.att, "vcvtsi2s") || strings.HasPrefix(r.att, "vpextr") || strings.HasPrefix(r.att, "vpcmpestr") || strings.HasPrefix(r.att, "vmov") && r.w >= 0
	return r
}

// Text is how an instruction with VEX, or ADCX or ADOX, is written, in AT&T's syntax or Intel's. pc is its address;
// symbol names an address, or gives "". It reports false for any other instruction, and for those of extensions that
// are not in the table.
func (i *Inst) Text(intel bool, pc uint64, symbol func(uint64) string) (string, bool) {
	r := i.textRow()
	if r == nil {
		return "", false
	}
	alias, whole := i.alias(r)
	list := r.operands
	if whole {
		list = list[1:] // the immediate is in the name
	}
	operands := make([]string, len(list))
	for n := range list {
		at := n
		if intel {
			at = len(operands) - 1 - n
		}
		operands[at] = i.operandText(&list[n], intel, pc, symbol)
	}
	mnemonic, separator := r.att, ","
	if intel {
		separator = ", "
	}
	if intel || r.general && !i.Mode.Is64() { // there is one size: no suffix
		mnemonic = r.intel
	}
	if whole {
		mnemonic = alias
	}
	return strings.TrimSpace(mnemonic + " " + strings.Join(operands, separator)), true
}

// Predicates of VCMPPS and kin, by the immediate.
var predicates = strings.Fields(`eq lt le unord neq nlt nle ord eq_uq nge ngt false neq_oq ge gt true
	eq_os lt_oq le_oq unord_s neq_us nlt_uq nle_uq ord_s eq_us nge_uq ngt_uq false_os neq_os ge_oq gt_oq true_us`)

// alias is the name that an instruction has with its immediate, as comparisons have.
func (i *Inst) alias(r *textRow) (string, bool) {
	imm := uint8(i.Imm)
	switch {
	case strings.HasPrefix(r.att, "vcmp") && int(imm) < len(predicates):
		return "vcmp" + predicates[imm] + strings.TrimPrefix(r.att, "vcmp"), true
	case r.att == "vpclmulqdq" && imm&^0x11 == 0:
		half := [2]string{"lq", "hq"}
		return "vpclmul" + half[imm&1] + half[imm>>4] + "dq", true
	}
	return "", false
}

// textRow finds the row of an instruction, or nil.
func (i *Inst) textRow() *textRow {
	key := textKey{i.Map, i.Vex.PP, i.Opcode}
	w, l := i.Vex.W, int(i.Vex.L)
	switch {
	case i.Vex.Kind == Evex:
		return nil
	case i.Vex.Kind == VexNone && i.Map == Map0F38 && i.Opcode == 0xf6 && (i.OpSize || i.Rep):
		key.pp, w = 1, i.REX&RexW != 0
		if i.Rep {
			key.pp = 2
		}
	case i.Vex.Kind == VexNone:
		return nil
	}
	rows := textRows()[key]
	for n := range rows {
		w := w && (i.Mode.Is64() || !rows[n].general)
		r := &rows[n]
		if (r.w < 0 || r.w == bit(w, 1)) && (r.l < 0 || r.l == l) && (r.digit < 0 || r.digit == i.Digit()) &&
			(r.memory < 0 || r.memory == bit(i.HasMemory(), 1)) {
			return r
		}
	}
	return nil
}

func (i *Inst) operandText(o *textOperand, intel bool, pc uint64, symbol func(uint64) string) string {
	r, _, b := i.extensions()
	switch o.field {
	case 'I':
		if intel {
			return fmt.Sprintf("%#x", uint8(i.Imm))
		}
		return fmt.Sprintf("$%#x", uint8(i.Imm))
	case 'R':
		return i.registerText(o.kind, i.Digit()|r, intel)
	case 'V':
		return i.registerText(o.kind, int(i.Vex.VVVV), intel)
	case 'S':
		n := int(uint8(i.Imm) >> 4)
		if !i.Mode.Is64() {
			n &= 7
		}
		return i.registerText(o.kind, n, intel)
	}
	if !i.HasMemory() {
		return i.registerText(o.kind, i.RM()|b, intel)
	}
	if intel {
		names := [6]string{"byte", "word", "dword", "qword", "xmmword", "ymmword"}
		return names[o.size[i.Vex.L&1]] + " ptr " + i.memoryText(intel, pc, symbol)
	}
	return i.memoryText(intel, pc, symbol)
}

func (i *Inst) registerText(kind byte, n int, intel bool) string {
	var name string
	switch {
	case kind == 'd':
		name = x86.Reg(n).NameOf(4)
	case kind == 'q':
		name = x86.Reg(n).NameOf(8)
	case kind == 'y' || kind == 'v' && i.Vex.L == 1:
		name = fmt.Sprintf("ymm%d", n)
	default:
		name = fmt.Sprintf("xmm%d", n)
	}
	if intel {
		return name
	}
	return "%" + name
}

// memoryText is the memory operand.
func (i *Inst) memoryText(intel bool, pc uint64, symbol func(uint64) string) string {
	base, index, scale := i.addressText()
	override := ""
	if i.Seg >= SegFS || i.Seg != SegNone && !i.Mode.Is64() {
		override = i.Seg.String() + ":"
	}
	disp := i.Disp
	if i.RIPRelative {
		if name := symbol(pc + uint64(i.Len) + uint64(disp)); name != "" {
			if intel {
				return "[rip+" + name + "]"
			}
			return name + "(%rip)"
		}
	}
	if intel {
		return override + intelAddress(base, index, scale, disp, i.AddressBits)
	}
	if override != "" {
		override = "%" + override
	}
	number := ""
	switch {
	case base == "" && index == "":
		return override + fmt.Sprintf("%#x", uint64(disp)&(^uint64(0)>>(64-i.AddressBits)))
	case i.DispLen == 0 && disp == 0:
	case disp < 0:
		number = fmt.Sprintf("-%#x", -disp)
	default:
		number = fmt.Sprintf("%#x", disp)
	}
	if base != "" {
		base = "%" + base
	}
	if index == "" {
		return override + number + "(" + base + ")"
	}
	if i.AddressBits == 16 {
		return override + number + "(" + base + ",%" + index + ")"
	}
	return override + number + "(" + base + ",%" + index + fmt.Sprintf(",%d)", scale)
}

func intelAddress(base, index string, scale int, disp int64, bits int) string {
	var parts []string
	if base != "" {
		parts = append(parts, base)
	}
	if index != "" {
		parts = append(parts, fmt.Sprintf("%s*%d", index, scale))
	}
	switch text := strings.Join(parts, "+"); {
	case text == "":
		return fmt.Sprintf("[%#x]", uint64(disp)&(^uint64(0)>>(64-bits)))
	case disp == 0:
		return "[" + text + "]"
	case disp < 0:
		return fmt.Sprintf("[%s-%#x]", text, -disp)
	default:
		return fmt.Sprintf("[%s+%#x]", text, disp)
	}
}

// addressText names the base and the index of the memory operand, "" for none.
func (i *Inst) addressText() (base, index string, scale int) {
	_, x, b := i.extensions()
	name := func(n int) string { return x86.Reg(n).NameOf(i.AddressBits / 8) }
	switch {
	case i.AddressBits == 16:
		if i.ModRM&0xc7 == 6 {
			return "", "", 0
		}
		regs := Address16(i.RM())
		if base = regs[0].NameOf(2); len(regs) > 1 {
			index = regs[1].NameOf(2)
		}
		return base, index, 1
	case i.RIPRelative && i.AddressBits == 32:
		return x86.I386.IPName(), "", 0
	case i.RIPRelative:
		return x86.AMD64.IPName(), "", 0
	case !i.HasSIB:
		if i.ModRM&0xc7 == 5 {
			return "", "", 0
		}
		return name(i.RM() | b), "", 0
	}
	if n := int(i.SIB & 7); n != 5 || i.Mod() != 0 {
		base = name(n | b)
	}
	n := int(i.SIB>>3&7) | x
	switch {
	case i.form&vectorIndex != 0:
		kind := byte('v')
		if i.Vex.W && i.Opcode&1 == 0 {
			kind = 'x'
		}
		index = i.registerText(kind, n, true)
	case n != 4:
		index = name(n)
	}
	return base, index, 1 << (i.SIB >> 6)
}
