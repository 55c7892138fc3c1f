package generate

import "trapline/internal/rigs/silicon"

func moveForms() []form {
	var forms []form
	add := func(name string, m modes, build func(*builder)) {
		forms = append(forms, form{name, Move, m, build})
	}
	for _, size := range sizes {
		in := sizeModes(size)
		add(sized("mov r/m%d, r%d", size), in, func(b *builder) {
			b.emitRM(size, b.sourceOf(size), true, false, 0x88|wide(size))
		})
		add(sized("mov r%d, r/m%d", size), in, func(b *builder) { b.emitToRegister(size, size, 0x8a|wide(size)) })
		add(sized("mov r%d, imm (B0+)", size), in, func(b *builder) {
			i := b.integer(size, 0xb0|wide(size)<<3)
			i.low, i.imm = b.destinationOf(size), b.immediate(size)
			b.emit(i)
		})
		add(sized("mov r/m%d, imm", size), in, func(b *builder) {
			i := b.withRM(b.integer(size, 0xc6|wide(size)), size, true, false)
			i.imm = b.immediate(immediateWidth(size))
			b.emit(i)
		})
		add(sized("mov accumulator, moffs%d", size), in, func(b *builder) {
			b.absolute(size, 0xa0|wide(size))
			b.clobber(silicon.RAX)
		})
		add(sized("mov moffs%d, accumulator", size), in, func(b *builder) { b.absolute(size, 0xa2|wide(size)) })
		if size == 1 {
			continue
		}
		add(sized("movzx r%d, r/m8", size), in, func(b *builder) { b.extend(size, 1, 0x0f, 0xb6) })
		add(sized("movsx r%d, r/m8", size), in, func(b *builder) { b.extend(size, 1, 0x0f, 0xbe) })
		add(sized("lea r%d, m", size), in, func(b *builder) { b.loadAddress(size) })
		add(sized("cbw, cwde or cdqe to %d bits", size), in, func(b *builder) {
			b.emit(b.integer(size, 0x98))
			b.clobber(silicon.RAX)
		})
		add(sized("cwd, cdq or cqo of %d bits", size), in, func(b *builder) {
			b.emit(b.integer(size, 0x99))
			b.clobber(silicon.RDX)
		})
		add(sized("mov r/m, sreg (operand size %d)", size), in, func(b *builder) {
			b.emitRM(size, b.below(6), true, false, 0x8c)
		})
		forms = append(forms,
			form{sized("movbe r%d, m%d", size), Movbe, in, func(b *builder) { b.byteSwapped(size, 0xf0, b.destination()) }},
			form{sized("movbe m%d, r%d", size), Movbe, in, func(b *builder) { b.byteSwapped(size, 0xf1, b.source()) }})
		if size == 2 {
			continue
		}
		add(sized("movzx r%d, r/m16", size), in, func(b *builder) { b.extend(size, 2, 0x0f, 0xb7) })
		add(sized("movsx r%d, r/m16", size), in, func(b *builder) { b.extend(size, 2, 0x0f, 0xbf) })
	}
	add("movsxd r64, r/m32", only64, func(b *builder) { b.extend(8, 4, 0x63) })
	add("lea r32, m16 (16-bit address)", only32, func(b *builder) { b.shortAddress() })
	add("xlat", bothModes, func(b *builder) {
		b.load(silicon.RBX, silicon.DataBase+uint64(b.below(silicon.DataSize-256)))
		b.raw(0xd7)
		b.clobber(silicon.RAX)
	})
	add("nop", bothModes, func(b *builder) { b.raw(0x90) })
	add("nop r/m", bothModes, func(b *builder) { b.emitRM(4, 0, false, false, 0x0f, 0x1f) })
	return forms
}

// extend emits a move with zero or sign extension.
func (b *builder) extend(size, from int, opcode ...byte) { b.emitToRegister(size, from, opcode...) }

// absolute emits a move between the accumulator and an address in the instruction.
func (b *builder) absolute(size int, opcode byte) {
	i := b.integer(size, opcode)
	target := b.target(access{size: size})
	if b.long {
		i.imm = little(target, 8)
	} else {
		i.imm = little(target, 4)
	}
	b.emit(i)
}

// loadAddress emits LEA, which takes any address.
func (b *builder) loadAddress(size int) {
	i := b.integer(size, 0x8d)
	i.modrm, i.rm = true, b.memory(access{size: 1})
	if b.chance(50) {
		i.rm = b.wildMemory(access{size: 1})
	}
	i.reg = b.destination()
	b.emit(i)
}

// shortAddress emits LEA with a 16-bit address (SDM vol. 2, table 2-1).
func (b *builder) shortAddress() {
	modrm := byte(b.destination()<<3 | b.below(8))
	code := []byte{addressSize, 0x8d}
	switch b.below(3) {
	case 0:
		code = append(code, modrm)
		if modrm&7 == 6 {
			code = append(code, b.immediate(2)...)
		}
	case 1:
		code = append(append(code, modrm|0x40), b.immediate(1)...)
	case 2:
		code = append(append(code, modrm|0x80), b.immediate(2)...)
	}
	b.raw(code...)
}

func (b *builder) byteSwapped(size int, opcode byte, reg int) {
	i := b.integer(size, 0x0f, 0x38, opcode)
	i.modrm, i.reg, i.rm = true, reg, b.memory(access{size: size})
	b.emit(i)
}

func conditionalForms() []form {
	var forms []form
	for cc := range 16 {
		name := conditionNames[cc]
		forms = append(forms, form{"set" + name + " r/m8", Conditional, bothModes, func(b *builder) {
			b.emitRM(1, 0, true, false, 0x0f, byte(0x90+cc))
		}})
		for _, size := range wordSizes {
			forms = append(forms, form{sized("cmov"+name+" r%d, r/m%d", size), Conditional, sizeModes(size), func(b *builder) {
				b.emitToRegister(size, size, 0x0f, byte(0x40+cc))
			}})
		}
	}
	return forms
}

// conditionNames are the suffixes of condition codes 0 to 15 (SDM vol. 2, appendix B).
var conditionNames = [16]string{"o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"}
