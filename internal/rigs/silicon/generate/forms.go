package generate

import "fmt"

// sizes are the operand sizes of general registers, in bytes.
var sizes = [...]int{1, 2, 4, 8}

// wordSizes are those of instructions without an 8-bit form.
var wordSizes = sizes[1:]

// sizeModes says where a form with operands of size bytes exists.
func sizeModes(size int) modes {
	if size == 8 {
		return only64
	}
	return bothModes
}

// sized names an operand form: sized("add r/m%d, r%d", 2) is "add r/m16, r16".
func sized(format string, size int) string {
	args := []any{size * 8, size * 8}
	n := 0
	for _, c := range format {
		if c == '%' {
			n++
		}
	}
	return fmt.Sprintf(format, args[:n]...)
}

// integer returns an instruction on operands of size bytes. In an opcode with an 8-bit form
// the lowest bit selects the wider ones.
func (b *builder) integer(size int, opcode ...byte) instruction {
	return instruction{size16: size == 2, rexW: size == 8, rex: b.long && b.chance(20), opcode: opcode, low: none}
}

// wide is the lowest opcode bit of an operand of size bytes.
func wide(size int) byte {
	if size == 1 {
		return 0
	}
	return 1
}

// immediateWidth is the width of an immediate for an operand of size bytes: 64-bit operands
// take 32 bits, sign-extended.
func immediateWidth(size int) int { return min(size, 4) }

// withRM returns i with a register or memory operand. lockable says that LOCK is allowed when
// the operand is in memory; writes, that the operand is changed.
func (b *builder) withRM(i instruction, size int, writes, lockable bool) instruction {
	i.modrm = true
	switch {
	case b.chance(50):
		i.rm = b.memory(access{size: size})
		if lockable && b.chance(20) {
			i.prefixes = append(i.prefixes, lock)
		}
	case writes:
		i.rm = register(b.destinationOf(size))
	default:
		i.rm = register(b.sourceOf(size))
	}
	return i
}

// emitRM emits opcode with a register-or-memory operand and extension or register reg.
func (b *builder) emitRM(size, reg int, writes, lockable bool, opcode ...byte) {
	i := b.withRM(b.integer(size, opcode...), size, writes, lockable)
	i.reg = reg
	b.emit(i)
}

// emitToRegister emits opcode with a source in register or memory and a destination register,
// each of their own size.
func (b *builder) emitToRegister(size, from int, opcode ...byte) {
	i := b.withRM(b.integer(size, opcode...), from, false, false)
	i.reg = b.destinationOf(size)
	b.emit(i)
}

// load emits a move of value into register r, in 4 bytes where they do.
func (b *builder) load(r int, value uint64) {
	size := 4
	if value>>32 != 0 {
		size = 8
	}
	i := b.integer(size, 0xb8)
	i.low, i.imm = r, little(value, size)
	b.emit(i)
	b.clobber(r)
}
