package insn

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// mnemonicOf splits objdump's text into mnemonic and operands, without prefixes, hints and comments.
func mnemonicOf(text string) (mnemonic, operands string) {
	text, _, _ = strings.Cut(text, "#")
	text, _, _ = strings.Cut(text, "<")
	words := strings.Fields(text)
	for len(words) > 0 && (onlyPrefixes(words[0]) || strings.HasPrefix(words[0], "{")) {
		words = words[1:]
	}
	if len(words) == 0 {
		return "", ""
	}
	mnemonic, _, _ = strings.Cut(words[0], ",") // branch hint
	return mnemonic, strings.Join(words[1:], " ")
}

var registerName = regexp.MustCompile(`%([a-z0-9]+)`)

// registersIn returns the general registers that are named in AT&T operands.
func registersIn(operands string) GPRSet {
	var set GPRSet
	for _, m := range registerName.FindAllStringSubmatch(operands, -1) {
		if n, ok := gprNumber[m[1]]; ok {
			set |= 1 << n
		}
	}
	return set
}

var gprNumber = func() map[string]int {
	numbers := map[string]int{"ah": 0, "ch": 1, "dh": 2, "bh": 3}
	for n, name := range []string{"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"} {
		numbers[name], numbers["e"+name], numbers["r"+name] = n, n, n
		numbers[strings.TrimSuffix(name, "x")+"l"] = n
	}
	for n := 8; n < 16; n++ {
		name := "r" + strconv.Itoa(n)
		numbers[name], numbers[name+"d"], numbers[name+"w"], numbers[name+"b"] = n, n, n, n
	}
	return numbers
}()

// compareOperands compares what a valid sample's text shows with the decoded fields; "" when all is equal.
func compareOperands(s sample) string {
	mnemonic, operands := mnemonicOf(s.obj.text)
	for _, compare := range []func(Inst, uint64, string, string) string{
		compareRegisters, compareMemory, compareImmediate, compareTarget, compareAttributes,
	} {
		if why := compare(s.inst, s.at, mnemonic, operands); why != "" {
			return why
		}
	}
	return ""
}

// compareRegisters: every register that is named is used; without implicit operands none else is.
func compareRegisters(i Inst, _ uint64, mnemonic, operands string) string {
	named, used := registersIn(operands), i.UsedGPRs()
	if named&^used != 0 {
		return fmt.Sprintf("registers %v of %v not in UsedGPRs %v", named&^used, named, used)
	}
	hint := i.attr.Has(HintNop|NopModRM|Nop90) || strings.HasPrefix(mnemonic, "ud")
	if i.regs == 0 && !i.attr.Has(String) && !hint && used != named {
		return fmt.Sprintf("UsedGPRs %v, named %v", used, named)
	}
	return ""
}

var displacement = regexp.MustCompile(`(-?0x[0-9a-f]+)?\(,?%([a-z0-9]+)`)

// compareMemory: an address in the text is HasMemory, with its displacement; (%rip) is RIPRelative.
func compareMemory(i Inst, _ uint64, _, operands string) string {
	if rip := strings.Contains(operands, "(%rip)") || strings.Contains(operands, "(%eip)"); rip != i.RIPRelative {
		return "RIPRelative"
	}
	m := displacement.FindStringSubmatch(operands)
	if m == nil || m[2] == "dx" || i.attr.Has(String) || i.Opcode == 0xD7 && i.Map == OneByte {
		return ""
	}
	if !i.HasMemory() {
		return "memory operand missing"
	}
	scaled := i.Vex.Kind == Evex && i.DispLen == 1
	if i.DispLen > 0 && !scaled && !sameNumber(m[1], i.Disp) {
		return fmt.Sprintf("displacement %#x", i.Disp)
	}
	return ""
}

var immediate = regexp.MustCompile(`\$(-?0x[0-9a-f]+)`)

// compareImmediate: the first immediate in the text is Imm, or with two, they are Imm2 and Imm.
func compareImmediate(i Inst, _ uint64, mnemonic, operands string) string {
	m := immediate.FindAllStringSubmatch(operands, -1)
	if len(m) == 0 || i.ImmLen == 0 {
		return ""
	}
	switch {
	case i.form&immKind == immU8x2: // printed last operand first
		if !sameNumber(m[1][1], i.Imm) || !sameNumber(m[0][1], int64(i.Imm2)) {
			return fmt.Sprintf("immediates %#x %#x", i.Imm, i.Imm2)
		}
	case i.form&immKind == immEnter:
		if !sameNumber(m[0][1], i.Imm) || !sameNumber(m[1][1], int64(i.Imm2)) {
			return fmt.Sprintf("immediates %#x %#x", i.Imm, i.Imm2)
		}
	case i.form&immKind == farPtr:
		if !sameNumber(m[0][1], int64(i.Imm2)) || !sameNumber(m[1][1], i.Imm) {
			return fmt.Sprintf("far pointer %#x:%#x", i.Imm2, i.Imm)
		}
	case !sameNumber(m[0][1], i.Imm):
		return fmt.Sprintf("immediate %#x", i.Imm)
	}
	return ""
}

// sameNumber reports that text is v, or v as an unsigned number of 8, 16, 32 or 64 bits.
func sameNumber(text string, v int64) bool {
	if n, err := strconv.ParseInt(text, 0, 64); err == nil && n == v {
		return true
	}
	u, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		return false
	}
	for _, width := range []int{8, 16, 32, 64} {
		mask := uint64(1)<<(width-1)<<1 - 1
		if u == uint64(v)&mask && (v >= -1<<(width-1)) && (width == 64 || v < 1<<width) {
			return true
		}
	}
	return false
}

// compareTarget: a relative branch goes where objdump says. objdump truncates to 16 bits only with a 16-bit
// offset; processors (an AMD Zen 4, in both modes) and SDM vol. 2, JMP, do with every 16-bit operand size.
func compareTarget(i Inst, at uint64, mnemonic, operands string) string {
	target, ok := i.BranchTarget(at)
	if !ok {
		return ""
	}
	printed, err := strconv.ParseUint(operands, 0, 64)
	if i.attr.Has(Xbegin) && i.OperandBits == 16 { // objdump truncates it; SDM vol. 2, XBEGIN: not truncated
		target &= 0xFFFF
	}
	if i.OperandBits == 16 && i.ImmLen == 1 {
		printed &= 0xFFFF
	}
	if i.Mode == Mode16 && i.OperandBits == 16 { // objdump keeps the place among 64 KiB
		printed &= 0xFFFF
	}
	if err != nil || printed != target {
		return fmt.Sprintf("target %#x", target)
	}
	return ""
}
