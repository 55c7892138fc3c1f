package generate

import "trapline/internal/rigs/silicon"

func flowForms() []form {
	var forms []form
	add := func(name string, build func(*builder)) {
		forms = append(forms, form{name, Flow, bothModes, build})
	}
	for cc, name := range conditionNames {
		add("j"+name+" rel8", func(b *builder) { b.jumpOver(1, byte(0x70+cc)) })
		add("j"+name+" rel32", func(b *builder) { b.jumpOver(4, 0x0f, byte(0x80+cc)) })
	}
	add("jmp rel8", func(b *builder) { b.jumpOver(1, 0xeb) })
	add("jmp rel32", func(b *builder) { b.jumpOver(4, 0xe9) })
	add("jcxz, jecxz or jrcxz", func(b *builder) {
		if b.chance(50) {
			b.load(silicon.RCX, uint64(b.below(2))<<16)
		}
		if b.chance(30) {
			b.jumpOver(1, addressSize, 0xe3)
		} else {
			b.jumpOver(1, 0xe3)
		}
	})
	for n, name := range []string{"loopne", "loope", "loop"} {
		add(name, func(b *builder) { b.loop(byte(0xe0 + n)) })
	}
	add("call rel32, left on the stack", func(b *builder) { b.jumpOver(4, 0xe8) })
	add("call, ret", func(b *builder) { b.callUnit(0xc3) })
	add("call, ret imm16", func(b *builder) { b.callUnit(0xc2, little(uint64(b.below(8)*8), 2)...) })
	add("push imm, ret", func(b *builder) {
		b.raw(0x68, 0, 0, 0, 0)
		b.jumpForward(4, true, b.below(2))
		b.raw(0xc3)
	})
	add("jmp r", func(b *builder) { b.indirect(4) })
	add("call r", func(b *builder) { b.indirect(2) })
	add("jmp m", func(b *builder) { b.indirectMemory(4) })
	add("call m", func(b *builder) { b.indirectMemory(2) })
	forms = append(forms, form{"jmp to an unmapped address", Fault, bothModes, func(b *builder) {
		r := b.destination()
		b.load(r, uint64(uint32(b.number()))&^0xff000000)
		b.emit(instruction{opcode: []byte{0xff}, modrm: true, reg: 4, rm: register(r), low: none})
	}})
	return append(forms, nonCanonicalForms()...)
}

// nonCanonicalForms are near branches to addresses that no processor goes to.
func nonCanonicalForms() []form {
	const call, jump = 2, 4
	through := func(b *builder, n int) {
		r := b.loadNonCanonical()
		b.emit(instruction{opcode: []byte{0xff}, modrm: true, reg: n, rm: register(r), low: none})
	}
	throughMemory := func(b *builder, n int) {
		r := b.loadNonCanonical()
		m := b.reach(b.target(access{size: 8}))
		b.emit(instruction{rexW: true, opcode: []byte{0x89}, modrm: true, reg: r, rm: m, low: none})
		b.emit(instruction{opcode: []byte{0xff}, modrm: true, reg: n, rm: m, low: none})
	}
	returns := func(b *builder, ret ...byte) {
		b.emit(instruction{opcode: []byte{0x50}, low: b.loadNonCanonical()})
		b.raw(ret...)
	}
	return []form{
		{"jmp r to a non-canonical address", Fault, only64, func(b *builder) { through(b, jump) }},
		{"call r to a non-canonical address", Fault, only64, func(b *builder) { through(b, call) }},
		{"jmp m to a non-canonical address", Fault, only64, func(b *builder) { throughMemory(b, jump) }},
		{"call m to a non-canonical address", Fault, only64, func(b *builder) { throughMemory(b, call) }},
		{"ret to a non-canonical address", Fault, only64, func(b *builder) { returns(b, 0xc3) }},
		{"ret imm16 to a non-canonical address", Fault, only64, func(b *builder) { returns(b, 0xc2, 16, 0) }},
	}
}

// loadNonCanonical emits a move of an address of which bits 47 to 63 are not
// alike into a register, which it returns.
func (b *builder) loadNonCanonical() int {
	edges := [...]uint64{1 << 47, 1 << 63, 0xffff_7fff_ffff_ffff, 1<<48 - 1}
	address := edges[b.below(len(edges))]
	if b.chance(50) {
		address = b.rng.Uint64()>>1 | 1<<62
	}
	r := b.destination()
	b.load(r, address)
	return r
}

// jumpOver emits a relative jump of a displacement of width bytes over up to two units.
func (b *builder) jumpOver(width int, opcode ...byte) {
	b.raw(append(opcode, make([]byte, width)...)...)
	b.jumpForward(width, false, b.below(3))
}

// simple emits one instruction that neither faults nor jumps.
func (b *builder) simple() {
	i := b.integer(4, byte(8*b.below(len(binaryOperations))|1))
	i.modrm, i.reg, i.rm = true, b.source(), register(b.destination())
	b.emit(i)
}

// loop emits a counted loop around one or two instructions. The body may alter the count, and
// then only the limit on steps ends it.
func (b *builder) loop(opcode byte) {
	b.load(silicon.RCX, uint64(b.below(5)))
	start := len(b.program.Code)
	for range 1 + b.below(2) {
		b.simple()
	}
	const length = 2 // of the loop instruction
	// A comparison that has to go before the instruction would move it.
	if b.undefined&silicon.ZF != 0 {
		b.raw(0x39, 0xc8)
	}
	b.raw(opcode, byte(start-len(b.program.Code)-length))
	b.clobber(silicon.RCX)
}

// callUnit emits a call to a function of one instruction that ends with ret, which lies right
// behind the jump over it.
func (b *builder) callUnit(ret byte, imm ...byte) {
	const jumpLength = 2
	b.raw(0xe8, jumpLength, 0, 0, 0)
	jump := len(b.program.Code)
	b.raw(0xeb, 0)
	b.simple()
	b.emit(instruction{opcode: []byte{ret}, imm: imm, low: none})
	b.program.Code[jump+1] = byte(len(b.program.Code) - jump - jumpLength)
}

// indirect emits a jump or call (FF /n) to a later unit through a register.
func (b *builder) indirect(n int) {
	r := b.destination()
	b.load(r, 0)
	b.jumpForward(4, true, b.below(3))
	b.emit(instruction{opcode: []byte{0xff}, modrm: true, reg: n, rm: register(r), low: none})
}

// indirectMemory is the same through memory.
func (b *builder) indirectMemory(n int) {
	m := b.reach(b.target(access{size: 8}))
	store := instruction{rexW: b.long, opcode: []byte{0xc7}, modrm: true, rm: m, imm: make([]byte, 4), low: none}
	b.emit(store)
	b.jumpForward(4, true, b.below(3))
	b.emit(instruction{opcode: []byte{0xff}, modrm: true, reg: n, rm: m, low: none})
}
