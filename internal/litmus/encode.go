package litmus

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"trapline/internal/x86"
)

// encoder makes the machine code of a thread, for 64-bit code that lies
// together with all locations in the top 2 GiB: addresses are absolute ones of
// 32 bits, sign-extended (SDM vol. 2, 2.2.1.3).
type encoder struct {
	code   []byte
	lines  []encodedLine
	labels map[string]int
	jumps  []jump
	addr   func(location string) uint64
}

// encodedLine is an instruction's place in the code and its text in AT&T
// syntax.
type encodedLine struct {
	offset int
	text   string
}

type jump struct {
	offset int // of the displacement
	to     string
}

// encodeThread gives the code of a thread: its registers' initial values, its
// instructions, RET.
func (t *Test) encodeThread(n int, addr func(string) uint64) *encoder {
	e := &encoder{labels: map[string]int{}, addr: addr}
	if t.traps(n) {
		e.emit("lidt "+idtrName, append([]byte{0x0f, 0x01, 0x1c, 0x25}, word(idtrBase-1<<64)...)...)
	}
	for r := range Reg(len(registerNames)) {
		if v, ok := t.Registers[n][r]; ok {
			e.load(r, v)
		}
	}
	for i := range t.Threads[n] {
		in := &t.Threads[n][i]
		if in.Label != "" {
			e.labels[in.Label] = len(e.code)
		}
		e.instruction(in)
	}
	e.emit("ret", 0xc3)
	for _, j := range e.jumps {
		binary.LittleEndian.PutUint32(e.code[j.offset:], uint32(e.labels[j.to]-j.offset-4))
	}
	return e
}

func (e *encoder) emit(text string, code ...byte) {
	e.lines = append(e.lines, encodedLine{len(e.code), text})
	e.code = append(e.code, code...)
}

// load gives a register its initial value, without changing flags.
func (e *encoder) load(r Reg, v Value) {
	if v.Location != "" {
		code := append([]byte{0x48 | byte(r>>3), 0xc7, 0xc0 | byte(r&7)}, word(int32(e.addr(v.Location)))...)
		e.emit(fmt.Sprintf("movq $%s, %s", v.Location, full(r)), code...)
		return
	}
	e.instruction(&Instruction{Op: "mov", To: Operand{Kind: Register, Reg: r}, From: Operand{Kind: Immediate, Number: int32(v.Number)}})
}

func word(v int32) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(v)) }

// arithmetic are the instructions of one-byte opcodes with a digit (SDM vol. 2,
// ADD and its neighbours).
var arithmetic = []string{"add", "or", "", "", "and", "sub", "xor", "cmp"}

// plain are the instructions without operands.
var plain = map[string][]byte{
	"mfence": {0x0f, 0xae, 0xf0}, "lfence": {0x0f, 0xae, 0xe8}, "sfence": {0x0f, 0xae, 0xf8}, "nop": {0x90},
	"endbr64": {0xf3, 0x0f, 0x1e, 0xfa}, "cpuid": {0x0f, 0xa2}, "int3": {x86.Int3},
}

func (e *encoder) instruction(in *Instruction) {
	text := in.text()
	if code, ok := plain[in.Op]; ok {
		e.emit(text, code...)
		return
	}
	switch in.Op {
	case "iret":
		e.iret()
	case "jmp":
		e.jump(text, in, 0xe9)
	case "mov":
		switch {
		case in.From.Kind == Immediate && in.To.Kind == Register && !in.Wide:
			e.emit(text, e.register(0xb8, in.To.Reg, word(in.From.Number))...)
		case in.From.Kind == Immediate:
			e.emit(text, e.modRM(in, []byte{0xc7}, 0, in.To, word(in.From.Number))...)
		case in.From.inMemory():
			e.emit(text, e.modRM(in, []byte{0x8b}, in.To.Reg, in.From, nil)...)
		default:
			e.emit(text, e.modRM(in, []byte{0x89}, in.From.Reg, in.To, nil)...)
		}
	case "xchg":
		e.emit(text, e.modRM(in, []byte{0x87}, in.From.Reg, in.To, nil)...)
	case "xadd":
		e.emit(text, e.modRM(in, []byte{0x0f, 0xc1}, in.From.Reg, in.To, nil)...)
	case "cmpxchg":
		e.emit(text, e.modRM(in, []byte{0x0f, 0xb1}, in.From.Reg, in.To, nil)...)
	case "inc", "dec":
		e.emit(text, e.modRM(in, []byte{0xff}, Reg(slices.Index([]string{"inc", "dec"}, in.Op)), in.To, nil)...)
	case "not", "neg":
		e.emit(text, e.modRM(in, []byte{0xf7}, Reg(2+slices.Index([]string{"not", "neg"}, in.Op)), in.To, nil)...)
	default:
		if cc, ok := conditions[in.Op]; ok {
			e.jump(text, in, 0x0f, 0x80|cc)
			return
		}
		e.arithmetic(text, in)
	}
}

func (e *encoder) arithmetic(text string, in *Instruction) {
	digit := slices.Index(arithmetic, in.Op)
	switch {
	case in.From.Kind == Immediate:
		e.emit(text, e.modRM(in, []byte{0x81}, Reg(digit), in.To, word(in.From.Number))...)
	case in.From.inMemory():
		e.emit(text, e.modRM(in, []byte{byte(digit<<3 | 3)}, in.To.Reg, in.From, nil)...)
	default:
		e.emit(text, e.modRM(in, []byte{byte(digit<<3 | 1)}, in.From.Reg, in.To, nil)...)
	}
}

// jump leaves room for a displacement of 32 bits.
func (e *encoder) jump(text string, in *Instruction, opcode ...byte) {
	e.emit(text, append(opcode, 0, 0, 0, 0)...)
	e.jumps = append(e.jumps, jump{len(e.code) - 4, in.Target})
}

// iret returns to the next instruction through a frame of its own making: SS,
// RSP, RFLAGS, CS, RIP (SDM vol. 3, 6.14.3). It serialises.
func (e *encoder) iret() {
	e.emit("movl %esp, %r11d", 0x49, 0x89, 0xe3)
	e.lines[len(e.lines)-1].text = "movq %rsp, %r11"
	e.emit("movl %ss, %r10d", 0x41, 0x8c, 0xd2)
	e.emit("pushq %r10", 0x41, 0x52)
	e.emit("pushq %r11", 0x41, 0x53)
	e.emit("pushfq", 0x9c)
	e.emit("movl %cs, %r10d", 0x41, 0x8c, 0xca)
	e.emit("pushq %r10", 0x41, 0x52)
	e.emit("leaq 4(%rip), %r10", 0x4c, 0x8d, 0x15, 4, 0, 0, 0)
	e.emit("pushq %r10", 0x41, 0x52)
	e.emit("iretq", 0x48, 0xcf)
}

// register is an opcode with the register in its low bits.
func (e *encoder) register(opcode byte, r Reg, rest []byte) []byte {
	var code []byte
	if r >= 8 {
		code = append(code, 0x41)
	}
	return append(append(code, opcode|byte(r&7)), rest...)
}

// modRM is an instruction whose operands are reg, or a digit of its opcode, and
// rm (SDM vol. 2, 2.1.5 and 2.2.1).
func (e *encoder) modRM(in *Instruction, opcode []byte, reg Reg, rm Operand, rest []byte) []byte {
	var code []byte
	if in.Lock {
		code = append(code, 0xf0)
	}
	rex := byte(reg>>3) << 2
	if in.Wide {
		rex |= 8
	}
	if rm.Kind != Memory {
		rex |= byte(rm.Reg >> 3)
	}
	if rex != 0 {
		code = append(code, 0x40|rex)
	}
	code = append(code, opcode...)
	field, low := byte(reg&7)<<3, byte(rm.Reg&7)
	switch rm.Kind {
	case Register:
		code = append(code, 0xc0|field|low)
	case Memory:
		code = append(append(code, field|4, 0x25), word(int32(e.addr(rm.Location)))...)
	case Indirect:
		switch low {
		case 4: // R12 needs a SIB byte
			code = append(code, field|4, 0x24)
		case 5: // RBP and R13 a displacement
			code = append(code, 0x40|field|5, 0)
		default:
			code = append(code, field|low)
		}
	}
	return append(code, rest...)
}

// full is a register's name of 64 bits in AT&T syntax.
func full(r Reg) string {
	return "%r" + strings.ToLower(registerNames[r])
}

// text is the instruction in AT&T syntax.
func (in *Instruction) text() string {
	s := in.Op
	if in.Target != "" {
		return s + " " + in.Target
	}
	if operands[in.Op] > 0 {
		s += in.suffix()
	}
	if in.Lock {
		s = "lock " + s
	}
	switch {
	case in.From.Kind != None:
		s += " " + in.From.text() + ", " + in.To.text()
	case in.To.Kind != None:
		s += " " + in.To.text()
	}
	return s
}

// suffix tells the width.
func (in *Instruction) suffix() string {
	if in.Wide {
		return "q"
	}
	return "l"
}

func (o Operand) text() string {
	switch o.Kind {
	case Register:
		if o.Wide {
			return full(o.Reg)
		}
		return "%" + strings.ToLower(o.Reg.String())
	case Memory:
		return o.Location
	case Indirect:
		return "(" + full(o.Reg) + ")"
	}
	return fmt.Sprintf("$%d", o.Number)
}
