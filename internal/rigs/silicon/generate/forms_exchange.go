package generate

import "trapline/internal/rigs/silicon"

func exchangeForms() []form {
	var forms []form
	add := func(name string, g Group, m modes, build func(*builder)) {
		forms = append(forms, form{name, g, m, build})
	}
	for _, size := range sizes {
		in := sizeModes(size)
		add(sized("xchg r/m%d, r%d", size), Exchange, in, func(b *builder) {
			b.emitRM(size, b.destinationOf(size), true, true, 0x86|wide(size))
		})
		add(sized("xadd r/m%d, r%d", size), Exchange, in, func(b *builder) {
			b.emitRM(size, b.destinationOf(size), true, true, 0x0f, 0xc0|wide(size))
		})
		add(sized("cmpxchg r/m%d, r%d", size), Exchange, in, func(b *builder) { b.compareExchange(size) })
		if size > 1 {
			add(sized("xchg accumulator, r%d", size), Exchange, in, func(b *builder) {
				i := b.integer(size, 0x90)
				i.low = b.destination()
				b.clobber(silicon.RAX)
				b.emit(i)
			})
		}
	}
	add("cmpxchg8b m64", Exchange, bothModes, func(b *builder) { b.compareExchangeWide(false) })
	add("cmpxchg16b m128", Exchange16, only64, func(b *builder) { b.compareExchangeWide(true) })
	return forms
}

// compareExchange emits CMPXCHG, half the time after loading the accumulator with what it
// compares to.
func (b *builder) compareExchange(size int) {
	i := b.withRM(b.integer(size, 0x0f, 0xb0|wide(size)), size, true, true)
	if b.chance(50) {
		same := b.integer(size, 0x8a|wide(size))
		same.rex = i.rex || i.rexByte() != 0 // an 8-bit register must mean the same in both
		same.modrm, same.rm, same.reg = true, i.rm, silicon.RAX
		b.emit(same)
	}
	i.reg = b.sourceOf(size)
	b.clobber(silicon.RAX)
	b.emit(i)
}

// compareExchangeWide emits CMPXCHG8B or CMPXCHG16B.
func (b *builder) compareExchangeWide(sixteen bool) {
	size := 4
	a := access{size: 8}
	if sixteen {
		size, a = 8, access{size: 16, align: 16}
	}
	i := b.integer(size, 0x0f, 0xc7)
	i.modrm, i.reg, i.rm = true, 1, b.memory(a)
	if i.rm.isMemory && i.rm.base != silicon.RAX && i.rm.index != silicon.RAX && !i.rm.ripRelative &&
		i.rm.base != none && b.chance(50) {
		b.loadPair(size, i.rm)
	}
	if b.chance(40) {
		i.prefixes = []byte{lock}
	}
	b.clobber(silicon.RAX, silicon.RDX)
	b.emit(i)
}

// loadPair loads the accumulator pair from m, so that the comparison succeeds.
func (b *builder) loadPair(size int, m rm) {
	high := m
	high.disp += int64(size)
	load := b.integer(size, 0x8b)
	load.modrm, load.rm, load.reg = true, high, silicon.RDX
	if m.base == silicon.RDX || m.index == silicon.RDX {
		return
	}
	b.emit(load)
	load.rm, load.reg = m, silicon.RAX
	b.emit(load)
}
