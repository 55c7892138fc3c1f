package generate

import "trapline/internal/rigs/silicon"

// x87Arithmetic are the eight operations of D8, DA, DC and DE by extension.
var x87Arithmetic = [...]string{"fadd", "fmul", "fcom", "fcomp", "fsub", "fsubr", "fdiv", "fdivr"}

// x87Memory are the loads and stores with a memory operand.
var x87Memory = []struct {
	name   string
	opcode byte
	n      int
	size   int
	zone   zone
}{
	{"fld m32", 0xd9, 0, 4, singles}, {"fst m32", 0xd9, 2, 4, singles}, {"fstp m32", 0xd9, 3, 4, singles},
	{"fld m64", 0xdd, 0, 8, doubles}, {"fst m64", 0xdd, 2, 8, doubles}, {"fstp m64", 0xdd, 3, 8, doubles},
	{"fstp m80", 0xdb, 7, 10, anyData},
	{"fild m16", 0xdf, 0, 2, anyData}, {"fist m16", 0xdf, 2, 2, anyData}, {"fistp m16", 0xdf, 3, 2, anyData},
	{"fild m32", 0xdb, 0, 4, anyData}, {"fist m32", 0xdb, 2, 4, anyData}, {"fistp m32", 0xdb, 3, 4, anyData},
	{"fild m64", 0xdf, 5, 8, anyData}, {"fistp m64", 0xdf, 7, 8, anyData},
	{"fnstcw", 0xd9, 7, 2, anyData}, {"fnstsw m16", 0xdd, 7, 2, anyData},
}

// x87Plain are two-byte instructions without operands.
var x87Plain = []struct {
	name string
	code [2]byte
}{
	{"fchs", [2]byte{0xd9, 0xe0}}, {"fabs", [2]byte{0xd9, 0xe1}}, {"ftst", [2]byte{0xd9, 0xe4}},
	{"fxam", [2]byte{0xd9, 0xe5}}, {"fld1", [2]byte{0xd9, 0xe8}}, {"fldl2t", [2]byte{0xd9, 0xe9}},
	{"fldl2e", [2]byte{0xd9, 0xea}}, {"fldpi", [2]byte{0xd9, 0xeb}}, {"fldlg2", [2]byte{0xd9, 0xec}},
	{"fldln2", [2]byte{0xd9, 0xed}}, {"fldz", [2]byte{0xd9, 0xee}}, {"fdecstp", [2]byte{0xd9, 0xf6}},
	{"fincstp", [2]byte{0xd9, 0xf7}}, {"fsqrt", [2]byte{0xd9, 0xfa}}, {"frndint", [2]byte{0xd9, 0xfc}},
	{"fcompp", [2]byte{0xde, 0xd9}}, {"fucompp", [2]byte{0xda, 0xe9}}, {"fnclex", [2]byte{0xdb, 0xe2}},
	{"fninit", [2]byte{0xdb, 0xe3}}, {"fnstsw ax", [2]byte{0xdf, 0xe0}}, {"fnop", [2]byte{0xd9, 0xd0}},
}

// x87Stack are instructions on ST(i), which is added to the second byte.
var x87Stack = []struct {
	name string
	code [2]byte
}{
	{"fld st(i)", [2]byte{0xd9, 0xc0}}, {"fxch", [2]byte{0xd9, 0xc8}}, {"fst st(i)", [2]byte{0xdd, 0xd0}},
	{"fstp st(i)", [2]byte{0xdd, 0xd8}}, {"ffree", [2]byte{0xdd, 0xc0}},
	{"fucom", [2]byte{0xdd, 0xe0}}, {"fucomp", [2]byte{0xdd, 0xe8}},
	{"fcomi", [2]byte{0xdb, 0xf0}}, {"fucomi", [2]byte{0xdb, 0xe8}}, {"fcomip", [2]byte{0xdf, 0xf0}},
	{"fucomip", [2]byte{0xdf, 0xe8}},
	{"fcmovb", [2]byte{0xda, 0xc0}}, {"fcmove", [2]byte{0xda, 0xc8}}, {"fcmovbe", [2]byte{0xda, 0xd0}},
	{"fcmovu", [2]byte{0xda, 0xd8}}, {"fcmovnb", [2]byte{0xdb, 0xc0}}, {"fcmovne", [2]byte{0xdb, 0xc8}},
	{"fcmovnbe", [2]byte{0xdb, 0xd0}}, {"fcmovnu", [2]byte{0xdb, 0xd8}},
}

func x87Forms() []form {
	var forms []form
	add := func(name string, build func(*builder)) {
		forms = append(forms, form{name, X87, bothModes, build})
	}
	for n, name := range x87Arithmetic {
		for _, m := range []struct {
			operand string
			opcode  byte
			size    int
			zone    zone
		}{
			{" m32", 0xd8, 4, singles}, {" m64", 0xdc, 8, doubles},
			{" m32 integer", 0xda, 4, anyData}, {" m16 integer", 0xde, 2, anyData},
		} {
			add(name+m.operand, func(b *builder) { b.x87(m.opcode, n, m.size, m.zone) })
		}
		add(name+" st, st(i)", func(b *builder) { b.raw(0xd8, b.stackOperand(n)) })
		if n != 2 && n != 3 { // their forms with a destination are not documented
			if n >= 4 {
				name = x87Arithmetic[n^1] // with ST(i) as the destination, reversed and not change places
			}
			add(name+" st(i), st", func(b *builder) { b.raw(0xdc, b.stackOperand(n)) })
			add(name+"p st(i), st", func(b *builder) { b.raw(0xde, b.stackOperand(n)) })
		}
	}
	for _, m := range x87Memory {
		add(m.name, func(b *builder) { b.x87(m.opcode, m.n, m.size, m.zone) })
	}
	for _, p := range x87Plain {
		add(p.name, func(b *builder) {
			b.raw(p.code[0], p.code[1])
			if p.name == "fnstsw ax" {
				b.clobber(silicon.RAX)
			}
		})
	}
	for _, s := range x87Stack {
		add(s.name, func(b *builder) { b.raw(s.code[0], s.code[1]+byte(b.below(8))) })
	}
	add("fldcw", func(b *builder) { b.loadX87Control() })
	add("fstp m80, fld m80", func(b *builder) {
		m := b.reach(b.target(access{size: 10}))
		b.emit(instruction{opcode: []byte{0xdb}, modrm: true, reg: 7, rm: m, low: none})
		b.emit(instruction{opcode: []byte{0xdb}, modrm: true, reg: 5, rm: m, low: none})
	})
	return forms
}

// x87 emits opcode /n with a memory operand.
func (b *builder) x87(opcode byte, n, size int, z zone) {
	m := b.memory(access{size: size, zone: z})
	b.emit(instruction{opcode: []byte{opcode}, modrm: true, reg: n, rm: m, low: none})
}

// stackOperand returns the ModRM byte of operation n on a random ST(i).
func (b *builder) stackOperand(n int) byte { return byte(0xc0 | n<<3 | b.below(8)) }

// loadX87Control loads the control word with another rounding mode and precision, exceptions
// masked.
func (b *builder) loadX87Control() {
	const precision, rounding = 8, 10
	precisions := [...]uint64{0, 2, 3} // 1 is reserved
	value := silicon.ResetControl&^uint64(3<<precision) |
		precisions[b.below(len(precisions))]<<precision | uint64(b.below(4))<<rounding
	m := b.reach(b.target(access{size: 2}))
	b.emit(instruction{size16: true, opcode: []byte{0xc7}, modrm: true, rm: m, imm: little(value, 2), low: none})
	b.emit(instruction{opcode: []byte{0xd9}, modrm: true, reg: 5, rm: m, low: none})
}
