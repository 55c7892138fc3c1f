package generate

import "trapline/internal/rigs/silicon"

// format is how an SSE instruction sees its operands.
type format struct {
	suffix    string
	mandatory byte
	size      int // bytes in memory
	align     int
	zone      zone
}

var (
	packedSingle = format{"ps", 0, 16, 16, singles}
	packedDouble = format{"pd", operandSize, 16, 16, doubles}
	scalarSingle = format{"ss", rep, 4, 1, singles}
	scalarDouble = format{"sd", repne, 8, 1, doubles}

	everyFormat = []format{packedSingle, packedDouble, scalarSingle, scalarDouble}
	packed      = everyFormat[:2]
)

// floatOperations are SSE and SSE2 instructions xmm, xmm/m of the 0F opcode map.
var floatOperations = []struct {
	name      string
	opcode    byte
	formats   []format
	immediate int // exclusive bound of an immediate byte, or zero for none
}{
	{"sqrt", 0x51, everyFormat, 0}, {"add", 0x58, everyFormat, 0}, {"mul", 0x59, everyFormat, 0},
	{"sub", 0x5c, everyFormat, 0}, {"min", 0x5d, everyFormat, 0}, {"div", 0x5e, everyFormat, 0},
	{"max", 0x5f, everyFormat, 0}, {"cmp", 0xc2, everyFormat, 8},
	{"and", 0x54, packed, 0}, {"andn", 0x55, packed, 0}, {"or", 0x56, packed, 0}, {"xor", 0x57, packed, 0},
	{"unpckl", 0x14, packed, 0}, {"unpckh", 0x15, packed, 0}, {"shuf", 0xc6, packed, 256},
	{"movu load ", 0x10, unaligned(packed), 0}, {"mova load ", 0x28, packed, 0},
}

// unaligned returns formats without their alignment.
func unaligned(formats []format) []format {
	var out []format
	for _, f := range formats {
		f.align = 1
		out = append(out, f)
	}
	return out
}

// scalarComparisons write EFLAGS; their scalar forms have the packed prefixes.
var scalarComparisons = []format{
	{"ss", 0, 4, 1, singles},
	{"sd", operandSize, 8, 1, doubles},
}

// conversions are xmm, xmm/m; size and zone are those of the source.
var conversions = []struct {
	name   string
	opcode byte
	source format
}{
	{"cvtps2pd", 0x5a, format{"", 0, 8, 1, singles}},
	{"cvtpd2ps", 0x5a, packedDouble},
	{"cvtss2sd", 0x5a, scalarSingle},
	{"cvtsd2ss", 0x5a, scalarDouble},
	{"cvtdq2ps", 0x5b, format{"", 0, 16, 16, anyData}},
	{"cvtps2dq", 0x5b, format{"", operandSize, 16, 16, singles}},
	{"cvttps2dq", 0x5b, format{"", rep, 16, 16, singles}},
	{"cvttpd2dq", 0xe6, packedDouble},
	{"cvtdq2pd", 0xe6, format{"", rep, 8, 1, anyData}},
	{"cvtpd2dq", 0xe6, format{"", repne, 16, 16, doubles}},
}

func floatForms() []form {
	var forms []form
	add := func(name string, m modes, build func(*builder)) {
		forms = append(forms, form{name, SSE, m, build})
	}
	for _, op := range floatOperations {
		for _, f := range op.formats {
			add(op.name+f.suffix, bothModes, func(b *builder) {
				i := b.vector(f, true, 0x0f, op.opcode)
				if op.immediate != 0 {
					i.imm = []byte{byte(b.below(op.immediate))}
				}
				b.emit(i)
			})
		}
	}
	for _, f := range scalarComparisons {
		add("ucomi"+f.suffix, bothModes, func(b *builder) { b.emit(b.vector(f, true, 0x0f, 0x2e)) })
		add("comi"+f.suffix, bothModes, func(b *builder) { b.emit(b.vector(f, true, 0x0f, 0x2f)) })
	}
	for _, c := range conversions {
		add(c.name, bothModes, func(b *builder) { b.emit(b.vector(c.source, true, 0x0f, c.opcode)) })
	}
	for _, f := range everyFormat[2:] {
		add("mov"+f.suffix+" load", bothModes, func(b *builder) { b.emit(b.vector(f, true, 0x0f, 0x10)) })
		add("mov"+f.suffix+" store", bothModes, func(b *builder) { b.emit(b.vector(f, true, 0x0f, 0x11)) })
		for _, size := range []int{4, 8} {
			in := sizeModes(size)
			add(sized("cvtsi2"+f.suffix+" xmm, r/m%d", size), in, func(b *builder) {
				i := b.withRM(b.integer(size, 0x0f, 0x2a), size, false, false)
				i.mandatory, i.reg = f.mandatory, b.xmm()
				b.emit(i)
			})
			for _, t := range []struct {
				name   string
				opcode byte
			}{{"cvtt", 0x2c}, {"cvt", 0x2d}} {
				add(sized(t.name+f.suffix+"2si r%d, xmm/m", size), in, func(b *builder) {
					i := b.vector(f, true, 0x0f, t.opcode)
					i.rexW, i.reg = size == 8, b.destination()
					b.emit(i)
				})
			}
		}
	}
	for _, f := range packed {
		half := format{f.suffix, f.mandatory, 8, 1, f.zone}
		add("movu"+f.suffix+" store", bothModes, func(b *builder) {
			b.emit(b.vector(unaligned([]format{f})[0], true, 0x0f, 0x11))
		})
		add("mova"+f.suffix+" store", bothModes, func(b *builder) { b.emit(b.vector(f, true, 0x0f, 0x29)) })
		add("movnt"+f.suffix, bothModes, func(b *builder) { b.emit(b.vectorMemory(f, 0x0f, 0x2b)) })
		add("movmsk"+f.suffix, bothModes, func(b *builder) {
			i := b.vectorRegisters(f.mandatory, 0x0f, 0x50)
			i.reg = b.destination()
			b.emit(i)
		})
		for _, m := range []struct {
			name   string
			opcode byte
		}{{"movl", 0x12}, {"movh", 0x16}} {
			add(m.name+f.suffix+" load", bothModes, func(b *builder) { b.emit(b.vectorMemory(half, 0x0f, m.opcode)) })
			add(m.name+f.suffix+" store", bothModes, func(b *builder) { b.emit(b.vectorMemory(half, 0x0f, m.opcode+1)) })
		}
	}
	add("movhlps", bothModes, func(b *builder) { b.emit(b.vectorRegisters(0, 0x0f, 0x12)) })
	add("movlhps", bothModes, func(b *builder) { b.emit(b.vectorRegisters(0, 0x0f, 0x16)) })
	add("stmxcsr", bothModes, func(b *builder) { b.emitMemory(3, 4, 0x0f, 0xae) })
	add("ldmxcsr", bothModes, func(b *builder) { b.loadControl() })
	return forms
}

// xmm returns an XMM register.
func (b *builder) xmm() int { return b.below(b.mode.Registers()) }

// floatRegister returns an XMM register that probably holds values of zone z: even registers start
// with singles, odd ones with doubles.
func (b *builder) floatRegister(z zone) int {
	r := b.xmm()
	if b.chance(80) {
		switch z {
		case singles:
			r &^= 1
		case doubles:
			r |= 1
		}
	}
	return r
}

// vector returns an instruction xmm, xmm/m.
func (b *builder) vector(f format, memory bool, opcode ...byte) instruction {
	i := b.vectorRegisters(f.mandatory, opcode...)
	i.reg, i.rm = b.floatRegister(f.zone), register(b.floatRegister(f.zone))
	if memory && b.chance(50) {
		i.rm = b.memory(access{size: f.size, align: f.align, zone: f.zone})
	}
	return i
}

// vectorMemory returns an instruction xmm, m.
func (b *builder) vectorMemory(f format, opcode ...byte) instruction {
	i := b.vector(f, false, opcode...)
	i.rm = b.memory(access{size: f.size, align: f.align, zone: f.zone})
	return i
}

// vectorRegisters returns an instruction xmm, xmm.
func (b *builder) vectorRegisters(mandatory byte, opcode ...byte) instruction {
	return instruction{mandatory: mandatory, opcode: opcode, modrm: true,
		reg: b.xmm(), rm: register(b.xmm()), low: none}
}

// emitMemory emits opcode /n with a memory operand of size bytes.
func (b *builder) emitMemory(n, size int, opcode ...byte) {
	b.emit(instruction{opcode: opcode, modrm: true, reg: n, rm: b.memory(access{size: size}), low: none})
}

// loadControl loads MXCSR with another rounding mode, exceptions masked, and with
// flush-to-zero at times.
func (b *builder) loadControl() {
	const rounding, flushToZero = 13, 15
	value := uint32(silicon.ResetMXCSR) | uint32(b.below(4))<<rounding
	if b.config.Groups&FloatSpecials != 0 {
		value |= uint32(b.below(2)) << flushToZero
	}
	m := b.reach(b.target(access{size: 4}))
	b.emit(instruction{opcode: []byte{0xc7}, modrm: true, rm: m, imm: little(uint64(value), 4), low: none})
	b.emit(instruction{opcode: []byte{0x0f, 0xae}, modrm: true, reg: 2, rm: m, low: none})
}
