package generate

import "trapline/internal/rigs/silicon"

// binaryOperations are the eight of opcodes 00-3F, in the order of their encoding.
var binaryOperations = [...]string{"add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"}

// compare is the index of the one that writes nothing.
const compare = 7

func arithmeticForms() []form {
	var forms []form
	add := func(name string, size int, m modes, build func(*builder)) {
		if m == bothModes {
			m = sizeModes(size)
		}
		forms = append(forms, form{sized(name, size), Arithmetic, m, build})
	}
	for _, size := range sizes {
		width := immediateWidth(size)
		for n, name := range binaryOperations {
			base, writes := byte(n*8), n != compare
			add(name+" r/m%d, r%d", size, bothModes, func(b *builder) {
				b.emitRM(size, b.sourceOf(size), writes, writes, base|wide(size))
			})
			add(name+" r%d, r/m%d", size, bothModes, func(b *builder) {
				b.emitToRegister(size, size, base|2|wide(size))
			})
			add(name+" accumulator, imm%d", size, bothModes, func(b *builder) {
				i := b.integer(size, base|4|wide(size))
				i.imm = b.immediate(width)
				b.clobber(silicon.RAX)
				b.emit(i)
			})
			add(name+" r/m%d, imm", size, bothModes, func(b *builder) {
				b.emitImmediate(size, n, writes, 0x80|wide(size), width)
			})
			if size == 1 {
				add(name+" r/m%d, imm8 (82)", size, only32, func(b *builder) {
					b.emitImmediate(size, n, writes, 0x82, 1)
				})
				continue
			}
			add(name+" r/m%d, imm8", size, bothModes, func(b *builder) {
				b.emitImmediate(size, n, writes, 0x83, 1)
			})
		}
		add("test r/m%d, r%d", size, bothModes, func(b *builder) {
			b.emitRM(size, b.sourceOf(size), false, false, 0x84|wide(size))
		})
		add("test accumulator, imm%d", size, bothModes, func(b *builder) {
			i := b.integer(size, 0xa8|wide(size))
			i.imm = b.immediate(width)
			b.emit(i)
		})
		add("test r/m%d, imm", size, bothModes, func(b *builder) {
			b.emitImmediate(size, 0, false, 0xf6|wide(size), width)
		})
		for n, name := range []string{"inc", "dec"} {
			add(name+" r/m%d", size, bothModes, func(b *builder) { b.emitRM(size, n, true, true, 0xfe|wide(size)) })
			if size == 2 || size == 4 {
				add(name+" r%d (40+)", size, only32, func(b *builder) {
					i := b.integer(size, byte(0x40+8*n))
					i.low = b.destination()
					b.emit(i)
				})
			}
		}
		add("not r/m%d", size, bothModes, func(b *builder) { b.emitRM(size, 2, true, true, 0xf6|wide(size)) })
		add("neg r/m%d", size, bothModes, func(b *builder) { b.emitRM(size, 3, true, true, 0xf6|wide(size)) })
	}
	return forms
}

// emitImmediate emits opcode /n with an immediate of width bytes.
func (b *builder) emitImmediate(size, n int, writes bool, opcode byte, width int) {
	i := b.withRM(b.integer(size, opcode), size, writes, writes)
	i.reg, i.imm = n, b.immediate(width)
	b.emit(i)
}

func multiplyForms() []form {
	var forms []form
	for _, size := range sizes {
		for n, name := range []string{"mul", "imul"} {
			forms = append(forms, form{sized(name+" r/m%d", size), Multiply, sizeModes(size), func(b *builder) {
				b.emitRM(size, 4+n, false, false, 0xf6|wide(size))
				b.clobber(silicon.RAX, silicon.RDX)
			}})
		}
		for n, name := range []string{"div", "idiv"} {
			forms = append(forms,
				form{sized(name+" r/m%d", size), Divide, sizeModes(size), func(b *builder) {
					b.emitRM(size, 6+n, false, false, 0xf6|wide(size))
					b.clobber(silicon.RAX, silicon.RDX)
				}},
				form{sized(name+" r%d, small dividend", size), Divide, sizeModes(size), func(b *builder) {
					b.divideSafely(size, 6+n)
				}})
		}
		if size == 1 {
			continue
		}
		forms = append(forms,
			form{sized("imul r%d, r/m%d", size), Multiply, sizeModes(size), func(b *builder) {
				b.emitToRegister(size, size, 0x0f, 0xaf)
			}},
			form{sized("imul r%d, r/m%d, imm", size), Multiply, sizeModes(size), func(b *builder) {
				b.multiplyImmediate(size, 0x69, immediateWidth(size))
			}},
			form{sized("imul r%d, r/m%d, imm8", size), Multiply, sizeModes(size), func(b *builder) {
				b.multiplyImmediate(size, 0x6b, 1)
			}})
	}
	return forms
}

func (b *builder) multiplyImmediate(size int, opcode byte, width int) {
	i := b.withRM(b.integer(size, opcode), size, false, false)
	i.reg, i.imm = b.destination(), b.immediate(width)
	b.emit(i)
}

// divideSafely divides a small number by a small one that is not zero.
func (b *builder) divideSafely(size, extension int) {
	const divisor = silicon.RCX
	b.load(divisor, uint64(1+b.below(100)))
	b.load(silicon.RDX, 0)
	b.load(silicon.RAX, uint64(b.below(100)))
	if size == 8 && b.chance(50) {
		b.load(silicon.RAX, b.number()>>1)
	}
	i := b.integer(size, 0xf6|wide(size))
	i.modrm, i.reg, i.rm = true, extension, register(divisor)
	b.emit(i)
}
