package loader

import (
	"debug/elf"
	"fmt"
)

// symbols reads the symbol table, or the dynamic one of a stripped program and, if it is one of Go, its functions.
// Only names for addresses are kept: functions, objects and labels that some
// section holds; not absolute constants, files, sections or TLS offsets.
func (f *elfFile) symbols(lim Limits) ([]Symbol, error) {
	for _, want := range []elf.SectionType{elf.SHT_SYMTAB, elf.SHT_DYNSYM} {
		for i := range f.sections {
			if f.sections[i].Type == want {
				list, err := f.symbolTable(i, lim)
				if want == elf.SHT_SYMTAB || err != nil {
					return list, err
				}
				more, err := f.goFunctions(lim)
				return append(list, more...), err
			}
		}
	}
	return f.goFunctions(lim)
}

// symbolTable reads the table in section index.
func (f *elfFile) symbolTable(index int, lim Limits) ([]Symbol, error) {
	s := &f.sections[index]
	entry := uint64(16)
	if f.is64() {
		entry = 24
	}
	if s.Entsize != entry || s.Size%entry != 0 {
		return nil, fmt.Errorf("%w: symbol table (section %d) has %#x bytes in entries of %d, expected entries of %d",
			ErrMalformed, index, s.Size, s.Entsize, entry)
	}
	count := s.Size / entry
	if count > uint64(lim.Symbols) {
		return nil, fmt.Errorf("%w: %d symbols in section %d, at most %d are allowed",
			ErrBounds, count, index, lim.Symbols)
	}
	raw, err := f.sectionData(index)
	if err != nil {
		return nil, err
	}
	names, err := f.stringTable(s.Link, fmt.Sprintf("sh_link of section %d", index))
	if err != nil {
		return nil, err
	}
	var list []Symbol
	var nameBytes int
	for i := range count {
		sym, keep, err := f.symbol(decodeSymbol(raw[i*entry:], f.is64()), names, lim)
		if err != nil {
			return nil, fmt.Errorf("symbol %d of section %d: %w", i, index, err)
		}
		if !keep {
			continue
		}
		if nameBytes += len(sym.Name); nameBytes > maxNameBytes {
			return nil, fmt.Errorf("%w: symbol names of section %d are over %#x bytes together",
				ErrBounds, index, maxNameBytes)
		}
		list = append(list, sym)
	}
	return list, nil
}

func decodeSymbol(raw []byte, is64 bool) elf.Sym64 {
	if is64 {
		var s elf.Sym64
		decode(raw, &s)
		return s
	}
	var s elf.Sym32
	decode(raw, &s)
	return elf.Sym64{
		Name: s.Name, Info: s.Info, Other: s.Other, Shndx: s.Shndx,
		Value: uint64(s.Value), Size: uint64(s.Size),
	}
}

// symbol turns an entry into a Symbol; keep is false for one that names no
// address.
func (f *elfFile) symbol(e elf.Sym64, names string, lim Limits) (sym Symbol, keep bool, err error) {
	switch index := elf.SectionIndex(e.Shndx); {
	case index == elf.SHN_UNDEF, index >= elf.SHN_LORESERVE:
		return Symbol{}, false, nil
	case int(index) >= len(f.sections):
		return Symbol{}, false, fmt.Errorf("%w: st_shndx is %d, of %d sections", ErrMalformed, index, len(f.sections))
	}
	kind, ok := kindOf(elf.ST_TYPE(e.Info))
	if !ok || e.Name == 0 || f.sections[e.Shndx].Flags&elf.SHF_ALLOC == 0 {
		return Symbol{}, false, nil
	}
	name, err := stringAt(names, uint64(e.Name), lim.Name)
	if err != nil || name == "" {
		return Symbol{}, false, err
	}
	return Symbol{
		Name: name, Addr: e.Value, Size: e.Size, Kind: kind, Binding: bindingOf(elf.ST_BIND(e.Info)),
	}, true, nil
}

func kindOf(t elf.SymType) (Kind, bool) {
	switch t {
	case elf.STT_NOTYPE:
		return NoType, true
	case elf.STT_FUNC:
		return Function, true
	case elf.STT_GNU_IFUNC:
		return Indirect, true
	case elf.STT_OBJECT, elf.STT_COMMON:
		return Object, true
	}
	return NoType, false
}

// bindingOf takes STB_GNU_UNIQUE, C++'s, as the global that it is.
func bindingOf(b elf.SymBind) Binding {
	switch b {
	case elf.STB_LOCAL:
		return Local
	case elf.STB_WEAK:
		return Weak
	}
	return Global
}
