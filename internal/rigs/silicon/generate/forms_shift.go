package generate

import "trapline/internal/rigs/silicon"

// shifts are the operations of opcodes C0, C1 and D0-D3 by their ModRM extension.
// Extension 6 is not documented.
var shifts = []struct {
	name      string
	extension int
}{{"rol", 0}, {"ror", 1}, {"rcl", 2}, {"rcr", 3}, {"shl", 4}, {"shr", 5}, {"sar", 7}}

func shiftForms() []form {
	var forms []form
	for _, size := range sizes {
		for _, s := range shifts {
			forms = append(forms,
				form{sized(s.name+" r/m%d, imm8", size), Shift, sizeModes(size), func(b *builder) {
					i := b.withRM(b.integer(size, 0xc0|wide(size)), size, true, false)
					i.reg, i.imm = s.extension, []byte{b.shiftCount()}
					b.emit(i)
				}},
				form{sized(s.name+" r/m%d, 1", size), Shift, sizeModes(size), func(b *builder) {
					b.emitRM(size, s.extension, true, false, 0xd0|wide(size))
				}},
				form{sized(s.name+" r/m%d, cl", size), Shift, sizeModes(size), func(b *builder) {
					if b.chance(60) {
						b.loadCount(b.shiftCount())
					}
					b.emitRM(size, s.extension, true, false, 0xd2|wide(size))
				}})
		}
		if size == 1 {
			continue
		}
		for _, d := range []struct {
			name   string
			opcode byte
		}{{"shld", 0xa4}, {"shrd", 0xac}} {
			forms = append(forms,
				form{sized(d.name+" r/m%d, r%d, imm8", size), Shift, sizeModes(size), func(b *builder) {
					i := b.withRM(b.integer(size, 0x0f, d.opcode), size, true, false)
					i.reg, i.imm = b.source(), []byte{b.doubleShiftCount(size)}
					b.emit(i)
				}},
				form{sized(d.name+" r/m%d, r%d, cl", size), Shift, sizeModes(size), func(b *builder) {
					b.loadCount(b.doubleShiftCount(size))
					b.emitRM(size, b.source(), true, false, 0x0f, d.opcode+1)
				}})
		}
	}
	return forms
}

// shiftCount returns a count, at times larger than any operand.
func (b *builder) shiftCount() byte {
	if b.chance(20) {
		return byte(b.below(256))
	}
	return byte(b.below(34))
}

// doubleShiftCount returns a count for which SHLD of size bytes has a defined result.
func (b *builder) doubleShiftCount(size int) byte {
	if size == 2 {
		return byte(b.below(17))
	}
	return b.shiftCount()
}

// loadCount emits mov cl, count.
func (b *builder) loadCount(count byte) {
	b.emit(instruction{opcode: []byte{0xb0}, low: silicon.RCX, imm: []byte{count}})
	b.clobber(silicon.RCX)
}

func bitForms() []form {
	var forms []form
	for n, name := range []string{"bt", "bts", "btr", "btc"} {
		writes := n != 0
		for _, size := range wordSizes {
			forms = append(forms,
				form{sized(name+" r/m%d, imm8", size), Bit, sizeModes(size), func(b *builder) {
					i := b.withRM(b.integer(size, 0x0f, 0xba), size, writes, writes)
					i.reg, i.imm = 4+n, b.immediate(1)
					b.emit(i)
				}},
				form{sized(name+" r%d, r%d", size), Bit, sizeModes(size), func(b *builder) {
					i := b.integer(size, 0x0f, byte(0xa3+8*n))
					i.modrm, i.reg, i.rm = true, b.source(), register(b.destination())
					b.emit(i)
				}},
				form{sized(name+" m%d, r%d", size), Bit, sizeModes(size), func(b *builder) {
					b.bitString(size, n, writes)
				}})
		}
	}
	for _, size := range wordSizes {
		for n, name := range []string{"bsf", "bsr"} {
			forms = append(forms, form{sized(name+" r%d, r/m%d", size), Bit, sizeModes(size), func(b *builder) {
				b.bitScan(size, byte(0xbc+n))
			}})
		}
		if size > 2 {
			forms = append(forms, form{sized("bswap r%d", size), Bit, sizeModes(size), func(b *builder) {
				i := b.integer(size, 0x0f, 0xc8)
				i.low = b.destination()
				b.emit(i)
			}})
		}
		for _, c := range []struct {
			name   string
			opcode byte
			group  Group
		}{{"popcnt", 0xb8, Popcnt}, {"lzcnt", 0xbd, LeadingZero}, {"tzcnt", 0xbc, LeadingZero}} {
			forms = append(forms, form{sized(c.name+" r%d, r/m%d", size), c.group, sizeModes(size), func(b *builder) {
				i := b.withRM(b.integer(size, 0x0f, c.opcode), size, false, false)
				i.mandatory, i.reg = rep, b.destination()
				b.emit(i)
			}})
		}
	}
	return forms
}

// bitString emits a bit test whose register offset reaches up to 256 bytes to either side of
// the memory operand.
func (b *builder) bitString(size, n int, writes bool) {
	const reach = 2048 // bits
	offset := b.source()
	for offset == silicon.RSP {
		offset = b.source()
	}
	b.load(offset, uint64(uint32(b.below(2*reach)-reach)))
	if size == 8 {
		b.load(offset, uint64(b.below(reach)))
	}
	i := b.integer(size, 0x0f, byte(0xa3+8*n))
	i.modrm, i.reg, i.rm = true, offset, b.memory(access{size: size})
	if writes && b.chance(20) {
		i.prefixes = []byte{lock}
	}
	b.emit(i)
}

// bitScan emits BSF or BSR of a source in which a bit was set before: of zero they leave the
// destination undefined.
func (b *builder) bitScan(size int, opcode byte) {
	set := b.withRM(b.integer(size, 0x83), size, true, false)
	set.reg, set.imm = 1, []byte{byte(1 + b.below(255))}
	b.emit(set)
	scan := b.integer(size, 0x0f, opcode)
	scan.modrm, scan.rm, scan.reg = true, set.rm, b.destination()
	b.emit(scan)
}
