package places

import (
	"bytes"
	"debug/elf"
	"encoding/binary"

	"trapline/internal/emu/insn"
)

// through is the function that a linkage table's entry (PLT) at an address leads to in the file itself, or the address.
func (f *File) through(addr uint64) uint64 {
	slot, ok := f.slotOf(addr)
	if !ok {
		return addr
	}
	if s, ok := f.Image.Symbols.Lookup(f.slots()[slot]); ok {
		return s.Addr
	}
	return addr
}

// slotOf is the word that the code at an address jumps through, as an entry of an x86-64 linkage table does (psABI, figure 5.2).
func (f *File) slotOf(addr uint64) (slot uint64, ok bool) {
	const opcodeGroup5 = 0xff
	for range 2 { // behind endbr64
		in, found := f.Program().at(addr)
		if !found {
			return 0, false
		}
		if in.Opcode == opcodeGroup5 && in.Map == insn.OneByte && in.Attr().Has(insn.JmpInd) && in.RIPRelative {
			return in.Next(addr) + uint64(in.Disp), true
		}
		addr = in.Next(addr)
	}
	return 0, false
}

// relocationSize is that of Elf64_Rela, in bytes.
const relocationSize = 24

// slots are the words of the global offset table by the symbols whose addresses they hold, read once.
func (f *File) slots() map[uint64]string {
	if f.jumpSlots != nil {
		return f.jumpSlots
	}
	f.jumpSlots = map[uint64]string{}
	symbols := dynamicSymbols(f.data)
	file, err := elf.NewFile(bytes.NewReader(f.data))
	if err != nil {
		return f.jumpSlots
	}
	for _, s := range file.Sections {
		data, err := s.Data()
		if s.Type != elf.SHT_RELA || err != nil || file.Class != elf.ELFCLASS64 {
			continue
		}
		for ; len(data) >= relocationSize; data = data[relocationSize:] {
			var r elf.Rela64
			_, _ = binary.Decode(data, binary.LittleEndian, &r) // it is long enough
			kind, i := elf.R_X86_64(r.Info&0xffffffff), int(r.Info>>32)
			if (kind == elf.R_X86_64_JMP_SLOT || kind == elf.R_X86_64_GLOB_DAT) && 0 < i && i <= len(symbols) {
				f.jumpSlots[r.Off] = symbols[i-1].Name
			}
		}
	}
	return f.jumpSlots
}
