package loader

import (
	"bytes"
	"debug/elf"
	"fmt"

	"trapline/internal/x86"
)

// readIdent judges the first 16 bytes and sets the class.
func (f *elfFile) readIdent() error {
	if !bytes.HasPrefix(f.data, []byte(elf.ELFMAG)) {
		return fmt.Errorf("%w: it starts with %x, expected %x", ErrNotELF,
			f.data[:min(len(f.data), len(elf.ELFMAG))], elf.ELFMAG)
	}
	ident, err := f.at(0, elf.EI_NIDENT, "e_ident")
	if err != nil {
		return err
	}
	switch class := elf.Class(ident[elf.EI_CLASS]); class {
	case elf.ELFCLASS32:
		f.arch = x86.I386
	case elf.ELFCLASS64:
		f.arch = x86.AMD64
	default:
		return fmt.Errorf("%w: class is %s", ErrForeign, class)
	}
	if order := elf.Data(ident[elf.EI_DATA]); order != elf.ELFDATA2LSB {
		return fmt.Errorf("%w: byte order is %s, expected little endian", ErrForeign, order)
	}
	return nil
}

func (f *elfFile) checkVersion() error {
	if v := elf.Version(f.data[elf.EI_VERSION]); v != elf.EV_CURRENT {
		return fmt.Errorf("%w: e_ident version is %d, expected %d", ErrMalformed, v, elf.EV_CURRENT)
	}
	return nil
}

// readHeader reads the ELF header and judges type and machine.
func (f *elfFile) readHeader() error {
	const size32, size64 = 52, 64
	size := uint64(size32)
	if f.is64() {
		size = size64
	}
	raw, err := f.at(0, size, "ELF header")
	if err != nil {
		return err
	}
	if f.is64() {
		decode(raw, &f.header)
	} else {
		var h elf.Header32
		decode(raw, &h)
		f.header = elf.Header64{
			Ident: h.Ident, Type: h.Type, Machine: h.Machine, Version: h.Version,
			Entry: uint64(h.Entry), Phoff: uint64(h.Phoff), Shoff: uint64(h.Shoff), Flags: h.Flags,
			Ehsize: h.Ehsize, Phentsize: h.Phentsize, Phnum: h.Phnum,
			Shentsize: h.Shentsize, Shnum: h.Shnum, Shstrndx: h.Shstrndx,
		}
	}
	return f.checkHeader()
}

func (f *elfFile) checkHeader() error {
	machine, class := elf.Machine(f.header.Machine), elf.Class(f.header.Ident[elf.EI_CLASS])
	switch want := map[x86.Arch]elf.Machine{x86.I386: elf.EM_386, x86.AMD64: elf.EM_X86_64}[f.arch]; {
	case machine == want:
	case machine == elf.EM_X86_64:
		return fmt.Errorf("%w: it is an x32 program (%s in %s)", ErrForeign, machine, class)
	default:
		return fmt.Errorf("%w: machine is %s in %s", ErrForeign, machine, class)
	}
	switch t := elf.Type(f.header.Type); t {
	case elf.ET_EXEC, elf.ET_DYN:
	case elf.ET_REL:
		return fmt.Errorf("%w: it is an object file (%s), link it first", ErrForeign, t)
	default:
		return fmt.Errorf("%w: type is %s", ErrForeign, t)
	}
	return nil
}

// readProgramHeaders reads the program header table.
func (f *elfFile) readProgramHeaders() error {
	entry := uint64(32)
	if f.is64() {
		entry = 56
	}
	h := &f.header
	if uint64(h.Phentsize) != entry {
		return fmt.Errorf("%w: e_phentsize is %d, expected %d", ErrMalformed, h.Phentsize, entry)
	}
	if h.Phnum > maxProgramHeaders {
		return fmt.Errorf("%w: e_phnum is %d, at most %d are allowed", ErrBounds, h.Phnum, maxProgramHeaders)
	}
	raw, err := f.at(h.Phoff, entry*uint64(h.Phnum), "program header table")
	if err != nil {
		return err
	}
	f.segments = make([]elf.ProgHeader, h.Phnum)
	for i := range f.segments {
		f.segments[i] = decodeProgramHeader(raw[uint64(i)*entry:], f.is64())
	}
	return nil
}

func decodeProgramHeader(raw []byte, is64 bool) elf.ProgHeader {
	if is64 {
		var p elf.Prog64
		decode(raw, &p)
		return elf.ProgHeader{
			Type: elf.ProgType(p.Type), Flags: elf.ProgFlag(p.Flags), Off: p.Off,
			Vaddr: p.Vaddr, Paddr: p.Paddr, Filesz: p.Filesz, Memsz: p.Memsz, Align: p.Align,
		}
	}
	var p elf.Prog32
	decode(raw, &p)
	return elf.ProgHeader{
		Type: elf.ProgType(p.Type), Flags: elf.ProgFlag(p.Flags), Off: uint64(p.Off),
		Vaddr: uint64(p.Vaddr), Paddr: uint64(p.Paddr),
		Filesz: uint64(p.Filesz), Memsz: uint64(p.Memsz), Align: uint64(p.Align),
	}
}
