package places

import (
	"maps"
	"slices"

	"trapline/internal/emu/insn"
)

// Function is the extent of a function's code.
type Function struct {
	Name  string // its symbol, or ""
	Entry uint64 // linear address of the first instruction
	End   uint64 // of the byte behind the last one
}

// Function finds the function that an address lies in: by the symbol table, or as far as the sweep tells.
func (p *Program) Function(addr uint64) (Function, bool) {
	if s, _, ok := p.image.Symbols.At(addr); ok && s.Kind.IsCode() {
		if s.Size > 0 {
			return Function{s.Name, s.Addr, s.Addr + s.Size}, addr-s.Addr < s.Size
		}
		return p.extent(s.Name, s.Addr, addr)
	}
	i, found := slices.BinarySearch(p.entries, addr)
	if !found {
		i--
	}
	if i < 0 {
		return Function{}, false
	}
	return p.extent("", p.entries[i], addr)
}

// extent is the function at entry, of which only the beginning is known, if its body holds addr.
func (p *Program) extent(name string, entry, addr uint64) (Function, bool) {
	body := p.Body(entry)
	if len(body) == 0 {
		return Function{}, false
	}
	last := body[len(body)-1]
	in, _ := p.at(last)
	f := Function{name, entry, in.Next(last)}
	return f, addr < f.End
}

// Instructions lists where the sweep saw instructions begin, in order: linear addresses in all executable segments.
func (p *Program) Instructions() []uint64 { return slices.Sorted(maps.Keys(p.starts)) }

// InstructionsOf lists the instructions of a function as they follow each other from its entry on: linear addresses.
// Behind a byte that begins no instruction the next byte is tried.
func (p *Program) InstructionsOf(f Function) []uint64 {
	var l []uint64
	for pc := f.Entry; pc < f.End; {
		in, ok := p.at(pc)
		if !ok {
			pc++
			continue
		}
		l = append(l, pc)
		pc = in.Next(pc)
	}
	return l
}

// Begins reports whether an instruction begins at addr, and where the one begins that addr is inside of; false and addr
// itself where the code does not tell.
func (p *Program) Begins(addr uint64) (yes bool, start uint64) {
	if f, ok := p.Function(addr); ok {
		return BeginsAmong(p.InstructionsOf(f), addr)
	}
	before := addr
	if !p.starts[addr] {
		for back := uint64(1); back < insn.MaxLen && before == addr; back++ {
			if in, ok := p.at(addr - back); ok && p.starts[addr-back] && in.Len > int(back) {
				before = addr - back
			}
		}
		return false, before
	}
	return before == addr, before
}

// BeginsAmong is Begins with the instructions of the function that addr lies in.
func BeginsAmong(instructions []uint64, addr uint64) (yes bool, start uint64) {
	i, found := slices.BinarySearch(instructions, addr)
	if found || i == 0 {
		return true, addr
	}
	return false, instructions[i-1]
}

// UsesRedZone reports whether the function at entry accesses memory below its stack pointer, where the psABI lets x86-64
// code keep up to 128 bytes. The stack pointer is followed as for TouchesReturnAddress.
func (p *Program) UsesRedZone(f Function) bool {
	if !p.mode.Is64() {
		return false
	}
	where := frame{knownSP: true}
	for _, pc := range p.InstructionsOf(f) {
		in, _ := p.at(pc)
		if where.below(in) {
			return true
		}
		where = where.after(in)
	}
	return false
}

// below reports whether an instruction accesses memory below the stack pointer by a plain operand. Pushes do not count.
func (f frame) below(in insn.Inst) bool {
	const lea = 0x8d
	if !in.HasMemory() || in.Attr().Has(insn.NopModRM|insn.HintNop) || in.Map == insn.OneByte && in.Opcode == lea {
		return false
	}
	switch base, ok := plainBase(in); {
	case ok && base == stackPointer:
		return in.Disp < 0
	case ok && base == framePointer:
		return f.knownFP && f.knownSP && in.Disp < f.fromFP-f.fromSP
	}
	return false
}
