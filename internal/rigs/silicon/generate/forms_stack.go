package generate

import "trapline/internal/rigs/silicon"

// pushSizes are the operand sizes of PUSH and POP in each mode.
var pushSizes = []struct {
	size int
	in   modes
}{{2, bothModes}, {4, only32}, {8, only64}}

func stackForms() []form {
	var forms []form
	add := func(name string, m modes, build func(*builder)) {
		forms = append(forms, form{name, Stack, m, build})
	}
	for _, p := range pushSizes {
		size := p.size
		add(sized("push r%d", size), p.in, func(b *builder) { b.pushRegister(size, 0x50, b.source()) })
		add(sized("pop r%d", size), p.in, func(b *builder) { b.pushRegister(size, 0x58, b.destination()) })
		add(sized("push rsp, pop rsp of %d bits", size), p.in, func(b *builder) {
			b.pushRegister(size, 0x50, silicon.RSP)
			b.pushRegister(size, 0x58, silicon.RSP)
		})
		add(sized("push r/m%d", size), p.in, func(b *builder) {
			i := b.withRM(b.implicit(size, 0xff), size, false, false)
			i.reg = 6
			b.emit(i)
		})
		add(sized("pop r/m%d", size), p.in, func(b *builder) {
			b.emit(b.withRM(b.implicit(size, 0x8f), size, true, false))
		})
		add(sized("push imm8 as %d bits", size), p.in, func(b *builder) {
			i := b.implicit(size, 0x6a)
			i.imm = b.immediate(1)
			b.emit(i)
		})
		add(sized("push imm as %d bits", size), p.in, func(b *builder) {
			i := b.implicit(size, 0x68)
			i.imm = b.immediate(immediateWidth(size))
			b.emit(i)
		})
		add(sized("enter, leave of %d bits", size), p.in, func(b *builder) { b.frame(size) })
	}
	for _, size := range []int{2, 4} {
		add(sized("pusha of %d bits", size), only32, func(b *builder) { b.emit(b.implicit(size, 0x60)) })
		add(sized("pusha, popa of %d bits", size), only32, func(b *builder) {
			b.emit(b.implicit(size, 0x60))
			b.emit(b.implicit(size, 0x61))
			if b.chance(30) {
				b.emit(b.implicit(size, 0x61))
				b.pointers, b.indices = 0, 0
			}
		})
	}
	add("leave", bothModes, func(b *builder) {
		b.raw(0xc9)
		b.clobber(silicon.RBP)
	})
	add("lea rsp, [rsp+disp8]", bothModes, func(b *builder) {
		i := b.integer(8, 0x8d)
		i.rexW = b.long
		i.modrm, i.reg = true, silicon.RSP
		i.rm = rm{isMemory: true, base: silicon.RSP, index: none, disp: int64(b.below(16)-8) * 8}
		b.emit(i)
	})
	return forms
}

// implicit returns an instruction whose operand size is the stack's without a prefix.
func (b *builder) implicit(size int, opcode ...byte) instruction {
	return instruction{size16: size == 2, opcode: opcode, low: none}
}

func (b *builder) pushRegister(size int, opcode byte, r int) {
	i := b.implicit(size, opcode)
	i.low = r
	b.emit(i)
}

// frame emits ENTER, at times with nested frames, and mostly LEAVE.
func (b *builder) frame(size int) {
	const deepest = 4
	i := b.implicit(size, 0xc8)
	level := 0
	if b.chance(40) {
		level = b.below(deepest)
		move := b.integer(8, 0x89) // nested frames read through the frame pointer
		move.rexW = b.long
		move.modrm, move.reg, move.rm = true, silicon.RSP, register(silicon.RBP)
		b.emit(move)
	}
	i.imm = append(little(uint64(b.below(64)), 2), byte(level))
	b.clobber(silicon.RBP)
	b.emit(i)
	if size != 2 && b.chance(70) {
		b.emit(b.implicit(size, 0xc9))
	}
}

func stringForms() []form {
	var forms []form
	for _, op := range []struct {
		name     string
		opcode   byte
		prefixes []byte // repeat prefixes that mean something
	}{
		{"movs", 0xa4, []byte{rep}},
		{"cmps", 0xa6, []byte{rep, repne}},
		{"stos", 0xaa, []byte{rep}},
		{"lods", 0xac, []byte{rep}},
		{"scas", 0xae, []byte{rep, repne}},
	} {
		for _, size := range sizes {
			forms = append(forms, form{sized(op.name+" of %d bits", size), String, sizeModes(size), func(b *builder) {
				b.stringUnit(size, op.opcode, nil)
			}})
			for _, prefix := range op.prefixes {
				name := map[byte]string{rep: "rep ", repne: "repne "}[prefix] + op.name
				forms = append(forms, form{sized(name+" of %d bits", size), String, sizeModes(size), func(b *builder) {
					b.stringUnit(size, op.opcode, []byte{prefix})
				}})
			}
		}
	}
	return forms
}

// stringUnit emits a string instruction with its pointers inside the regions and, when repeated,
// a small count, in either direction.
func (b *builder) stringUnit(size int, opcode byte, prefixes []byte) {
	const longest = 12 // iterations
	for _, r := range []int{silicon.RSI, silicon.RDI} {
		if b.pointers>>r&1 == 0 || b.chance(50) {
			b.load(r, b.target(access{size: size * longest}))
		}
	}
	if prefixes != nil {
		b.load(silicon.RCX, uint64(b.below(longest)))
	}
	if b.chance(40) {
		b.raw(0xfc | byte(b.below(2))) // cld, std
	}
	i := b.integer(size, opcode|wide(size))
	i.prefixes = prefixes
	b.emit(i)
	b.clobber(silicon.RSI, silicon.RDI, silicon.RCX)
	if opcode == 0xac {
		b.clobber(silicon.RAX)
	}
	if b.chance(50) {
		b.raw(0xfc)
	}
}
