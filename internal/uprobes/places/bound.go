package places

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"slices"

	"trapline/internal/loader"
)

// Indirect is an indirect function (STT_GNU_IFUNC) of which a probe is on the code that chooses its implementation.
type Indirect struct {
	Path string // its file, from the root on
	Name string
	file *File
	at   loader.Symbol
	from []loader.Symbol // what it chooses from, as far as its code tells
}

// Implementation is the function at a file offset of the indirect function's file; false if that is none which it may choose.
func (i *Indirect) Implementation(offset uint64) (loader.Symbol, bool) {
	addr, ok := i.file.Image.AddrOfOffset(offset)
	if s, into, known := i.file.Image.Symbols.At(addr); ok && len(i.from) == 0 && known && into == 0 && s.Kind == loader.Function {
		return s, true
	}
	n := slices.IndexFunc(i.from, func(s loader.Symbol) bool { return s.Addr == addr })
	if !ok || n < 0 {
		return loader.Symbol{}, false
	}
	return i.from[n], true
}

// relocation is an entry of a relocation table: a word that a dynamic linker fills.
type relocation struct {
	at     uint64 // linear address in the image
	kind   uint32
	symbol uint32
	addend uint64
}

// relocations reads a section of them.
func (f *File) relocations(s *elf.Section, class elf.Class) (l []relocation) {
	data, err := s.Data()
	if err != nil {
		return nil
	}
	r := bytes.NewReader(data)
	for {
		switch {
		case s.Type == elf.SHT_RELA && class == elf.ELFCLASS64:
			var x elf.Rela64
			if binary.Read(r, binary.LittleEndian, &x) != nil {
				return l
			}
			l = append(l, relocation{x.Off, elf.R_TYPE64(x.Info), elf.R_SYM64(x.Info), uint64(x.Addend)})
		case s.Type == elf.SHT_REL && class == elf.ELFCLASS32:
			var x elf.Rel32
			if binary.Read(r, binary.LittleEndian, &x) != nil {
				return l
			}
			l = append(l, relocation{uint64(x.Off), elf.R_TYPE32(x.Info), elf.R_SYM32(x.Info), f.word32(uint64(x.Off))})
		default:
			return nil
		}
	}
}

// word32 are the four bytes of the image at an address; 0 where there are none.
func (f *File) word32(addr uint64) uint64 {
	if s := f.Image.SegmentAt(addr); s != nil && addr-s.Addr+4 <= uint64(len(s.Data)) {
		return uint64(binary.LittleEndian.Uint32(s.Data[addr-s.Addr:]))
	}
	return 0
}

// BoundTo lists the words of f, linear addresses in its image, that a dynamic linker fills with the implementation of an
// indirect function: those that name it and, in its own file, those that name its code.
func (f *File) BoundTo(i *Indirect, own bool) (l []uint64) {
	file, err := elf.NewFile(bytes.NewReader(f.data))
	if err != nil {
		return nil
	}
	indirect, named := uint32(elf.R_X86_64_IRELATIVE), []uint32{uint32(elf.R_X86_64_JMP_SLOT), uint32(elf.R_X86_64_GLOB_DAT), uint32(elf.R_X86_64_64)}
	if file.Class == elf.ELFCLASS32 {
		indirect, named = uint32(elf.R_386_IRELATIVE), []uint32{uint32(elf.R_386_JMP_SLOT), uint32(elf.R_386_GLOB_DAT), uint32(elf.R_386_32)}
	}
	symbols := dynamicSymbols(f.data)
	for _, s := range file.Sections {
		if s.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		for _, r := range f.relocations(s, file.Class) {
			n := int(r.symbol)
			if r.kind == indirect && own && r.addend == i.at.Addr ||
				slices.Contains(named, r.kind) && 0 < n && n <= len(symbols) && symbols[n-1].Name == i.Name {
				l = append(l, r.at)
			}
		}
	}
	return l
}
