package litmus

import (
	"slices"
	"strconv"
	"strings"
)

// Reg is a general register by its number in instructions.
type Reg int

var registerNames = [16]string{"AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI", "8", "9", "10", "11", "12", "13", "14", "15"}

// registerOf finds EAX, RAX, R8, R8D or their lower-case names. A wide one has 64
// bits.
func registerOf(name string) (r Reg, wide, ok bool) {
	upper := strings.ToUpper(name)
	if len(upper) < 2 || upper[0] != 'E' && upper[0] != 'R' {
		return 0, false, false
	}
	i := slices.Index(registerNames[:], upper[1:])
	wide = upper[0] == 'R' && i >= 0
	if number, half := strings.CutSuffix(upper[1:], "D"); i < 0 && half && upper[0] == 'R' {
		i = slices.Index(registerNames[:], number)
		if i < 8 {
			i = -1
		}
	}
	if i >= 8 && upper[0] == 'E' || i == 4 { // the stack pointer is the machine's
		return 0, false, false
	}
	return Reg(i), wide, i >= 0
}

// String is a register's name of 32 bits.
func (r Reg) String() string {
	if r >= 8 {
		return "R" + registerNames[r] + "D"
	}
	return "E" + registerNames[r]
}

// Operand is what an instruction works on.
type Operand struct {
	Kind     OperandKind
	Reg      Reg    // Register, and Indirect: what holds the address
	Wide     bool   // Register: of 64 bits
	Location string // Memory
	Number   int32  // Immediate
}

// OperandKind tells operands apart.
type OperandKind uint8

// Kinds of operands.
const (
	None OperandKind = iota
	Register
	Memory
	Indirect
	Immediate
)

func (o Operand) inMemory() bool { return o.Kind == Memory || o.Kind == Indirect }

// Instruction is one instruction of a thread, its destination first.
type Instruction struct {
	Op     string // lower case, without a suffix of size: "mov"
	Lock   bool
	Wide   bool // on 64 bits
	To     Operand
	From   Operand
	Label  string // defined here
	Target string // of a jump
	at     int    // in the test's text
}

// operands tells how many operands each instruction has.
var operands = map[string]int{
	"mov": 2, "xchg": 2, "xadd": 2, "cmpxchg": 2,
	"add": 2, "or": 2, "and": 2, "sub": 2, "xor": 2, "cmp": 2,
	"inc": 1, "dec": 1, "not": 1, "neg": 1,
	"mfence": 0, "lfence": 0, "sfence": 0, "nop": 0, "endbr64": 0, "cpuid": 0, "iret": 0, "int3": 0,
}

// lockable are those that LOCK may stand before, with a destination in memory.
var lockable = []string{"xchg", "xadd", "cmpxchg", "add", "or", "and", "sub", "xor", "inc", "dec", "not", "neg"}

// conditions of jumps, by their number in opcodes.
var conditions = map[string]byte{
	"jo": 0, "jno": 1, "jb": 2, "jc": 2, "jae": 3, "jnc": 3, "je": 4, "jz": 4, "jne": 5, "jnz": 5, "jbe": 6, "ja": 7,
	"js": 8, "jns": 9, "jl": 12, "jge": 13, "jle": 14, "jg": 15,
}

// instruction reads the text of a cell.
func (p *parser) instruction(text string, at int) (Instruction, error) {
	in := Instruction{at: at}
	if label, rest, ok := strings.Cut(text, ":"); ok {
		if in.Label = strings.TrimSpace(label); in.Label == "" {
			return in, p.errorAt(at, "a label", "nothing before :")
		}
		at += len(text) - len(strings.TrimSpace(rest))
		if text = strings.TrimSpace(rest); text == "" {
			in.Op = "nop"
			return in, nil
		}
	}
	op, rest := cutWord(text)
	if strings.EqualFold(op, "lock") {
		in.Lock = true
		op, rest = cutWord(rest)
	}
	in.Op = strings.ToLower(op)
	if _, jump := conditions[in.Op]; jump || in.Op == "jmp" {
		if in.Target = rest; rest == "" {
			return in, p.errorAt(at, "a label", "%s goes nowhere", op)
		}
		return in, nil
	}
	n, ok := operands[in.Op]
	size := byte(0)
	if !ok && p.test.Syntax == ATT && (strings.HasSuffix(in.Op, "l") || strings.HasSuffix(in.Op, "q")) {
		size = in.Op[len(in.Op)-1]
		in.Op = in.Op[:len(in.Op)-1]
		n, ok = operands[in.Op]
	}
	if !ok {
		return in, p.errorAt(at, "mov, xchg, xadd, cmpxchg, add, or, and, sub, xor, cmp, inc, dec, not, neg, a fence, a jump, cpuid, int3 or iret", "instruction %q", op)
	}
	var list []string
	if rest != "" {
		list = strings.Split(rest, ",")
	}
	if len(list) != n {
		return in, p.errorAt(at, strconv.Itoa(n), "%s with %d operands", op, len(list))
	}
	if p.test.Syntax == ATT {
		slices.Reverse(list)
	}
	for i, o := range []*Operand{&in.To, &in.From}[:n] {
		var err error
		if *o, err = p.operand(strings.TrimSpace(list[i]), at); err != nil {
			return in, err
		}
	}
	if err := p.size(&in, size, op); err != nil {
		return in, err
	}
	return in, p.checkOperands(&in, op)
}

// size finds how wide an instruction works, as GNU as does: by its suffix, else
// by its registers, else 32 bits.
func (p *parser) size(in *Instruction, suffix byte, op string) error {
	in.Wide = suffix == 'q'
	for _, o := range []Operand{in.To, in.From} {
		if o.Kind != Register {
			continue
		}
		if suffix == 0 {
			in.Wide, suffix = o.Wide, 'r'
		}
		if o.Wide != in.Wide {
			return p.errorAt(in.at, "operands of one width", "%s with registers of 32 and of 64 bits, or a suffix of another width", op)
		}
	}
	return nil
}

// cutWord splits off the first word.
func cutWord(text string) (word, rest string) {
	i := strings.IndexAny(text, " \t")
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i:])
}

// operand reads a register, a number, or a location in brackets.
func (p *parser) operand(text string, at int) (Operand, error) {
	inner, bracket := bracketed(text)
	name := strings.TrimPrefix(inner, "%")
	if r, wide, ok := registerOf(name); ok {
		if bracket {
			return Operand{Kind: Indirect, Reg: r}, nil
		}
		return Operand{Kind: Register, Reg: r, Wide: wide}, nil
	}
	if n, err := strconv.ParseInt(strings.TrimPrefix(inner, "$"), 0, 64); err == nil && !bracket {
		if n < -1<<31 || n >= 1<<32 {
			return Operand{}, p.errorAt(at, "a number of 32 bits", "%d", n)
		}
		return Operand{Kind: Immediate, Number: int32(n)}, nil
	}
	if !bracket {
		return Operand{}, p.errorAt(at, "a register, a number such as $1, or a location such as [x] or (x)", "operand %q", text)
	}
	place, err := p.location(at, strings.TrimSuffix(inner, "(%rip)"))
	return Operand{Kind: Memory, Location: place.Location}, err
}

// bracketed takes the brackets of a memory operand off.
func bracketed(text string) (inner string, ok bool) {
	if strings.HasSuffix(text, "(%rip)") {
		return text, true
	}
	for _, pair := range []string{"[]", "()"} {
		if len(text) > 2 && text[0] == pair[0] && text[len(text)-1] == pair[1] {
			return strings.TrimSpace(text[1 : len(text)-1]), true
		}
	}
	return text, false
}

// checkOperands refuses what the processor has no instruction for.
func (p *parser) checkOperands(in *Instruction, op string) error {
	switch {
	case in.To.Kind == Immediate:
		return p.errorAt(in.at, "a register or a location", "%s to a number", op)
	case in.To.inMemory() && in.From.inMemory():
		return p.errorAt(in.at, "at most one", "%s with two operands in memory", op)
	case in.From.Kind == Immediate && (in.Op == "xchg" || in.Op == "xadd" || in.Op == "cmpxchg"):
		return p.errorAt(in.at, "a register", "%s with a number", op)
	case in.From.inMemory() && (in.Op == "xadd" || in.Op == "cmpxchg"):
		return p.errorAt(in.at, "a register", "%s from memory", op)
	case in.Lock && !slices.Contains(lockable, in.Op):
		return p.errorAt(in.at, "an instruction that reads and writes memory", "LOCK before %s", op)
	}
	if in.Op == "xchg" && in.From.inMemory() { // the order does not matter
		in.To, in.From = in.From, in.To
	}
	if in.Lock && !in.To.inMemory() {
		return p.errorAt(in.at, "a location as its destination", "LOCK before %s of a register", op)
	}
	return nil
}
