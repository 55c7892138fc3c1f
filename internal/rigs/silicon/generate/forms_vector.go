package generate

// vectorOperations are SIMD integer instructions xmm, xmm/m of the 0F opcode map with
// prefix 66. Those that existed for MMX registers have the same opcode without it.
var vectorOperations = []struct {
	name   string
	opcode byte
	mmx    bool
}{
	{"punpcklbw", 0x60, true}, {"punpcklwd", 0x61, true}, {"punpckldq", 0x62, true},
	{"packsswb", 0x63, true}, {"pcmpgtb", 0x64, true}, {"pcmpgtw", 0x65, true}, {"pcmpgtd", 0x66, true},
	{"packuswb", 0x67, true}, {"punpckhbw", 0x68, true}, {"punpckhwd", 0x69, true}, {"punpckhdq", 0x6a, true},
	{"packssdw", 0x6b, true}, {"punpcklqdq", 0x6c, false}, {"punpckhqdq", 0x6d, false}, {"movdqa load", 0x6f, true},
	{"pcmpeqb", 0x74, true}, {"pcmpeqw", 0x75, true}, {"pcmpeqd", 0x76, true}, {"movdqa store", 0x7f, true},
	{"psrlw", 0xd1, true}, {"psrld", 0xd2, true}, {"psrlq", 0xd3, true}, {"paddq", 0xd4, true},
	{"pmullw", 0xd5, true}, {"psubusb", 0xd8, true}, {"psubusw", 0xd9, true}, {"pminub", 0xda, true},
	{"pand", 0xdb, true}, {"paddusb", 0xdc, true}, {"paddusw", 0xdd, true}, {"pmaxub", 0xde, true},
	{"pandn", 0xdf, true}, {"pavgb", 0xe0, true}, {"psraw", 0xe1, true}, {"psrad", 0xe2, true},
	{"pavgw", 0xe3, true}, {"pmulhuw", 0xe4, true}, {"pmulhw", 0xe5, true}, {"psubsb", 0xe8, true},
	{"psubsw", 0xe9, true}, {"pminsw", 0xea, true}, {"por", 0xeb, true}, {"paddsb", 0xec, true},
	{"paddsw", 0xed, true}, {"pmaxsw", 0xee, true}, {"pxor", 0xef, true}, {"psllw", 0xf1, true},
	{"pslld", 0xf2, true}, {"psllq", 0xf3, true}, {"pmuludq", 0xf4, true}, {"pmaddwd", 0xf5, true},
	{"psadbw", 0xf6, true}, {"psubb", 0xf8, true}, {"psubw", 0xf9, true}, {"psubd", 0xfa, true},
	{"psubq", 0xfb, true}, {"paddb", 0xfc, true}, {"paddw", 0xfd, true}, {"paddd", 0xfe, true},
}

// vectorShifts are the shifts by an immediate, opcodes 0F 71-73.
var vectorShifts = []struct {
	name      string
	opcode    byte
	extension int
	mmx       bool
}{
	{"psrlw", 0x71, 2, true}, {"psraw", 0x71, 4, true}, {"psllw", 0x71, 6, true},
	{"psrld", 0x72, 2, true}, {"psrad", 0x72, 4, true}, {"pslld", 0x72, 6, true},
	{"psrlq", 0x73, 2, true}, {"psllq", 0x73, 6, true}, {"psrldq", 0x73, 3, false}, {"pslldq", 0x73, 7, false},
}

// laterOperations came after SSE2: xmm, xmm/m, of the opcode map given by the leading bytes.
var laterOperations = []struct {
	name      string
	group     Group
	operands  format
	opcode    []byte
	immediate int
}{
	{"addsubps", SSE3, format{"", repne, 16, 16, singles}, []byte{0x0f, 0xd0}, 0},
	{"addsubpd", SSE3, packedDouble, []byte{0x0f, 0xd0}, 0},
	{"haddps", SSE3, format{"", repne, 16, 16, singles}, []byte{0x0f, 0x7c}, 0},
	{"haddpd", SSE3, packedDouble, []byte{0x0f, 0x7c}, 0},
	{"hsubps", SSE3, format{"", repne, 16, 16, singles}, []byte{0x0f, 0x7d}, 0},
	{"hsubpd", SSE3, packedDouble, []byte{0x0f, 0x7d}, 0},
	{"movsldup", SSE3, format{"", rep, 16, 16, singles}, []byte{0x0f, 0x12}, 0},
	{"movshdup", SSE3, format{"", rep, 16, 16, singles}, []byte{0x0f, 0x16}, 0},
	{"movddup", SSE3, format{"", repne, 8, 1, doubles}, []byte{0x0f, 0x12}, 0},
	{"pshufb", SSSE3, integers, []byte{0x0f, 0x38, 0x00}, 0},
	{"phaddw", SSSE3, integers, []byte{0x0f, 0x38, 0x01}, 0},
	{"phaddd", SSSE3, integers, []byte{0x0f, 0x38, 0x02}, 0},
	{"phaddsw", SSSE3, integers, []byte{0x0f, 0x38, 0x03}, 0},
	{"pmaddubsw", SSSE3, integers, []byte{0x0f, 0x38, 0x04}, 0},
	{"phsubw", SSSE3, integers, []byte{0x0f, 0x38, 0x05}, 0},
	{"phsubd", SSSE3, integers, []byte{0x0f, 0x38, 0x06}, 0},
	{"phsubsw", SSSE3, integers, []byte{0x0f, 0x38, 0x07}, 0},
	{"psignb", SSSE3, integers, []byte{0x0f, 0x38, 0x08}, 0},
	{"psignw", SSSE3, integers, []byte{0x0f, 0x38, 0x09}, 0},
	{"psignd", SSSE3, integers, []byte{0x0f, 0x38, 0x0a}, 0},
	{"pmulhrsw", SSSE3, integers, []byte{0x0f, 0x38, 0x0b}, 0},
	{"pabsb", SSSE3, integers, []byte{0x0f, 0x38, 0x1c}, 0},
	{"pabsw", SSSE3, integers, []byte{0x0f, 0x38, 0x1d}, 0},
	{"pabsd", SSSE3, integers, []byte{0x0f, 0x38, 0x1e}, 0},
	{"palignr", SSSE3, integers, []byte{0x0f, 0x3a, 0x0f}, 40},
	{"ptest", SSE4, integers, []byte{0x0f, 0x38, 0x17}, 0},
	{"pmuldq", SSE4, integers, []byte{0x0f, 0x38, 0x28}, 0},
	{"pcmpeqq", SSE4, integers, []byte{0x0f, 0x38, 0x29}, 0},
	{"packusdw", SSE4, integers, []byte{0x0f, 0x38, 0x2b}, 0},
	{"pcmpgtq", SSE4, integers, []byte{0x0f, 0x38, 0x37}, 0},
	{"pminsb", SSE4, integers, []byte{0x0f, 0x38, 0x38}, 0},
	{"pmaxud", SSE4, integers, []byte{0x0f, 0x38, 0x3f}, 0},
	{"pmulld", SSE4, integers, []byte{0x0f, 0x38, 0x40}, 0},
	{"roundps", SSE4, format{"", operandSize, 16, 16, singles}, []byte{0x0f, 0x3a, 0x08}, 8},
	{"roundpd", SSE4, packedDouble, []byte{0x0f, 0x3a, 0x09}, 8},
	{"pblendw", SSE4, integers, []byte{0x0f, 0x3a, 0x0e}, 256},
}

// integers is a whole vector of integers.
var integers = format{"", operandSize, 16, 16, anyData}

// mmxIntegers is one MMX register.
var mmxIntegers = format{"", 0, 8, 1, anyData}

func vectorForms() []form {
	var forms []form
	add := func(name string, g Group, build func(*builder)) {
		forms = append(forms, form{name, g, bothModes, build})
	}
	for _, op := range vectorOperations {
		add(op.name, SSEInteger, func(b *builder) { b.emit(b.vector(integers, true, 0x0f, op.opcode)) })
		if op.mmx {
			add(op.name+" mm", MMX, func(b *builder) { b.emit(b.mmx(0x0f, op.opcode)) })
		}
	}
	for _, s := range vectorShifts {
		for _, v := range []struct {
			suffix    string
			group     Group
			mandatory byte
		}{{" xmm, imm8", SSEInteger, operandSize}, {" mm, imm8", MMX, 0}} {
			if v.group == MMX && !s.mmx {
				continue
			}
			add(s.name+v.suffix, v.group, func(b *builder) {
				i := b.vectorRegisters(v.mandatory, 0x0f, s.opcode)
				i.reg, i.imm = s.extension, []byte{byte(b.below(70))}
				if v.group == MMX {
					i.rm.reg &= 7
				}
				b.emit(i)
			})
		}
	}
	for _, op := range laterOperations {
		add(op.name, op.group, func(b *builder) {
			i := b.vector(op.operands, true, op.opcode...)
			if op.immediate != 0 {
				i.imm = []byte{byte(b.below(op.immediate))}
			}
			b.emit(i)
		})
	}
	return append(forms, vectorMoveForms()...)
}

// vectorMoveForms are shuffles, and moves between vectors, memory and general registers.
func vectorMoveForms() []form {
	var forms []form
	add := func(name string, g Group, m modes, build func(*builder)) {
		forms = append(forms, form{name, g, m, build})
	}
	for _, s := range []struct {
		name      string
		mandatory byte
	}{{"pshufd", operandSize}, {"pshuflw", repne}, {"pshufhw", rep}} {
		add(s.name, SSEInteger, bothModes, func(b *builder) {
			i := b.vector(format{"", s.mandatory, 16, 16, anyData}, true, 0x0f, 0x70)
			i.imm = b.immediate(1)
			b.emit(i)
		})
	}
	unalignedIntegers := format{"", rep, 16, 1, anyData}
	add("movdqu load", SSEInteger, bothModes, func(b *builder) { b.emit(b.vector(unalignedIntegers, true, 0x0f, 0x6f)) })
	add("movdqu store", SSEInteger, bothModes, func(b *builder) { b.emit(b.vector(unalignedIntegers, true, 0x0f, 0x7f)) })
	add("movntdq", SSEInteger, bothModes, func(b *builder) { b.emit(b.vectorMemory(integers, 0x0f, 0xe7)) })
	add("movq load", SSEInteger, bothModes, func(b *builder) { b.emit(b.vector(format{"", rep, 8, 1, anyData}, true, 0x0f, 0x7e)) })
	add("movq store", SSEInteger, bothModes, func(b *builder) {
		b.emit(b.vector(format{"", operandSize, 8, 1, anyData}, true, 0x0f, 0xd6))
	})
	for _, size := range []int{4, 8} {
		in := sizeModes(size)
		add(sized("movd xmm, r/m%d", size), SSEInteger, in, func(b *builder) {
			i := b.withRM(b.integer(size, 0x0f, 0x6e), size, false, false)
			i.mandatory, i.reg = operandSize, b.xmm()
			b.emit(i)
		})
		add(sized("movd r/m%d, xmm", size), SSEInteger, in, func(b *builder) {
			i := b.withRM(b.integer(size, 0x0f, 0x7e), size, true, false)
			i.mandatory, i.reg = operandSize, b.xmm()
			b.emit(i)
		})
		add(sized("movnti m%d, r", size), SSEInteger, in, func(b *builder) {
			i := b.integer(size, 0x0f, 0xc3)
			i.modrm, i.reg, i.rm = true, b.source(), b.memory(access{size: size})
			b.emit(i)
		})
	}
	add("pmovmskb", SSEInteger, bothModes, func(b *builder) {
		i := b.vectorRegisters(operandSize, 0x0f, 0xd7)
		i.reg = b.destination()
		b.emit(i)
	})
	add("pextrw", SSEInteger, bothModes, func(b *builder) {
		i := b.vectorRegisters(operandSize, 0x0f, 0xc5)
		i.reg, i.imm = b.destination(), b.immediate(1)
		b.emit(i)
	})
	add("pinsrw", SSEInteger, bothModes, func(b *builder) {
		i := b.vectorRegisters(operandSize, 0x0f, 0xc4)
		i.rm, i.imm = register(b.source()), b.immediate(1)
		if b.chance(50) {
			i.rm = b.memory(access{size: 2})
		}
		b.emit(i)
	})
	add("emms", MMX, bothModes, func(b *builder) { b.raw(0x0f, 0x77) })
	return forms
}

// mmx returns an instruction mm, mm/m.
func (b *builder) mmx(opcode ...byte) instruction {
	i := b.vector(mmxIntegers, true, opcode...)
	i.reg &= 7
	if !i.rm.isMemory {
		i.rm.reg &= 7
	}
	return i
}
