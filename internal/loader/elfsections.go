package loader

import (
	"debug/elf"
	"fmt"
	"strings"
)

// section is a section header. SectionHeader.Name is set last, by nameSections.
type section struct {
	elf.SectionHeader
	nameOffset uint64 // sh_name, an offset into the section name table
}

// readSections reads the section header table. Linux runs a program without
// one, so its absence is no error; a table that the file cuts off is.
func (f *elfFile) readSections() error {
	h := &f.header
	if h.Shoff == 0 {
		return nil
	}
	if h.Shnum == 0 || h.Shnum > maxSections {
		return fmt.Errorf("%w: e_shnum is %d, expected 1 to %d", ErrBounds, h.Shnum, maxSections)
	}
	entry := uint64(40)
	if f.is64() {
		entry = 64
	}
	if uint64(h.Shentsize) != entry {
		return fmt.Errorf("%w: e_shentsize is %d, expected %d", ErrMalformed, h.Shentsize, entry)
	}
	raw, err := f.at(h.Shoff, entry*uint64(h.Shnum), "section header table")
	if err != nil {
		return err
	}
	f.sections = make([]section, h.Shnum)
	for i := range f.sections {
		f.sections[i] = decodeSection(raw[uint64(i)*entry:], f.is64())
		if _, err := f.sectionData(i); err != nil {
			return err
		}
	}
	return nil
}

func decodeSection(raw []byte, is64 bool) section {
	if is64 {
		var s elf.Section64
		decode(raw, &s)
		return section{elf.SectionHeader{
			Type: elf.SectionType(s.Type), Flags: elf.SectionFlag(s.Flags),
			Addr: s.Addr, Offset: s.Off, Size: s.Size, Link: s.Link, Info: s.Info,
			Addralign: s.Addralign, Entsize: s.Entsize,
		}, uint64(s.Name)}
	}
	var s elf.Section32
	decode(raw, &s)
	return section{elf.SectionHeader{
		Type: elf.SectionType(s.Type), Flags: elf.SectionFlag(s.Flags),
		Addr: uint64(s.Addr), Offset: uint64(s.Off), Size: uint64(s.Size), Link: s.Link, Info: s.Info,
		Addralign: uint64(s.Addralign), Entsize: uint64(s.Entsize),
	}, uint64(s.Name)}
}

// sectionData gives the bytes of section i in the file; none for .bss.
func (f *elfFile) sectionData(i int) ([]byte, error) {
	s := &f.sections[i]
	if s.Type == elf.SHT_NOBITS || s.Type == elf.SHT_NULL {
		return nil, nil
	}
	return f.at(s.Offset, s.Size, fmt.Sprintf("section %d", i))
}

// nameSections sets the names from the table that e_shstrndx names.
func (f *elfFile) nameSections(lim Limits) error {
	index := elf.SectionIndex(f.header.Shstrndx)
	if len(f.sections) == 0 || index == elf.SHN_UNDEF {
		return nil
	}
	table, err := f.stringTable(uint32(index), "e_shstrndx")
	if err != nil {
		return err
	}
	for i := range f.sections {
		s := &f.sections[i]
		if s.Name, err = stringAt(table, s.nameOffset, lim.Name); err != nil {
			return fmt.Errorf("name of section %d: %w", i, err)
		}
	}
	return nil
}

// stringTable gives the string table in section index, which
// the field called from names.
func (f *elfFile) stringTable(index uint32, from string) (string, error) {
	if uint64(index) >= uint64(len(f.sections)) {
		return "", fmt.Errorf("%w: %s is %d, of %d sections", ErrMalformed, from, index, len(f.sections))
	}
	if t := f.sections[index].Type; t != elf.SHT_STRTAB {
		return "", fmt.Errorf("%w: %s is %d, a section of type %s, expected a string table",
			ErrMalformed, from, index, t)
	}
	raw, err := f.sectionData(int(index))
	return string(raw), err
}

// stringAt reads the NUL-terminated string at off, of limit bytes at most, as
// a part of table: copies of overlapping strings could outgrow any file.
func stringAt(table string, off uint64, limit int) (string, error) {
	if off >= uint64(len(table)) {
		return "", fmt.Errorf("%w: string offset %#x in a table of %#x bytes", ErrMalformed, off, len(table))
	}
	b := table[off:]
	n := strings.IndexByte(b[:min(len(b), limit+1)], 0)
	switch {
	case n >= 0:
		return b[:n], nil
	case len(b) > limit:
		return "", fmt.Errorf("%w: string longer than %d bytes at offset %#x", ErrBounds, limit, off)
	}
	return "", fmt.Errorf("%w: string without end at offset %#x", ErrMalformed, off)
}
