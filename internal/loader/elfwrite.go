package loader

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"trapline/internal/x86"
)

// ELF writes a statically linked executable of an image: ELF32 for I386, ELF64
// for AMD64, with a section for each segment and the symbols. ReadELF gives an
// equal image back but for file offsets, source lines and where the program
// headers are, which no segment holds. It refuses what Check does.
func ELF(m *Image) ([]byte, error) {
	if err := m.Check(Limits{}); err != nil {
		return nil, err
	}
	if len(m.Segments) == 0 {
		return nil, fmt.Errorf("%w: no segments", ErrMalformed)
	}
	w := &elfWriter{image: m}
	if err := w.place(); err != nil {
		return nil, err
	}
	w.tables()
	return w.bytes(), nil
}

// elfWriter is a file in the making. Everything is put down in the 64-bit
// forms, which narrow turns into the 32-bit ones.
type elfWriter struct {
	image    *Image
	segments []elf.Prog64
	sections []elf.Section64
	names    bytes.Buffer // .shstrtab
	symbols  []elf.Sym64
	strings  bytes.Buffer // .strtab
	symAt    uint64       // file offset of .symtab, behind all segments
}

func (w *elfWriter) is64() bool { return w.image.Arch == x86.AMD64 }

// size is of a structure in the file's class.
func (w *elfWriter) size(v64, v32 any) uint64 {
	if w.is64() {
		return uint64(binary.Size(v64))
	}
	return uint64(binary.Size(v32))
}

// place gives the segments their file offsets, congruent to their addresses.
func (w *elfWriter) place() error {
	m := w.image
	count := len(m.Segments)
	if m.TLS != nil {
		count++
	}
	if m.Stack != StackDefault {
		count++
	}
	at := w.size(elf.Header64{}, elf.Header32{}) + uint64(count)*w.size(elf.Prog64{}, elf.Prog32{})
	w.section("", elf.Section64{})
	for i := range m.Segments {
		s := &m.Segments[i]
		at += (s.Addr - at) % PageSize
		w.segments = append(w.segments, elf.Prog64{
			Type: uint32(elf.PT_LOAD), Flags: uint32(flagsOf(s.Prot)), Off: at, Vaddr: s.Addr, Paddr: s.Addr,
			Filesz: uint64(len(s.Data)), Memsz: s.MemSize, Align: PageSize,
		})
		w.segmentSection(s, at)
		at += uint64(len(s.Data))
	}
	if m.Stack != StackDefault {
		flags := elf.PF_R | elf.PF_W
		if m.Stack == StackExec {
			flags |= elf.PF_X
		}
		w.segments = append(w.segments, elf.Prog64{Type: uint32(elf.PT_GNU_STACK), Flags: uint32(flags), Align: 16})
	}
	w.symAt = at + (-at)%8
	return w.placeTLS()
}

func flagsOf(p Prot) (f elf.ProgFlag) {
	for prot, flag := range map[Prot]elf.ProgFlag{ProtR: elf.PF_R, ProtW: elf.PF_W, ProtX: elf.PF_X} {
		if p&prot != 0 {
			f |= flag
		}
	}
	return f
}

// placeTLS finds the thread-local block's data in the segment that has it.
func (w *elfWriter) placeTLS() error {
	t := w.image.TLS
	if t == nil {
		return nil
	}
	p := elf.Prog64{
		Type: uint32(elf.PT_TLS), Flags: uint32(elf.PF_R), Vaddr: t.Addr, Paddr: t.Addr,
		Filesz: uint64(len(t.Data)), Memsz: t.MemSize, Align: t.Align,
	}
	i := slices.IndexFunc(w.image.Segments, func(s Segment) bool {
		at := t.Addr - s.Addr
		return at <= uint64(len(s.Data)) && uint64(len(t.Data)) <= uint64(len(s.Data))-at && bytes.Equal(s.Data[at:][:len(t.Data)], t.Data)
	})
	if i < 0 {
		return fmt.Errorf("%w: no segment holds the thread-local storage at %#x", ErrMalformed, t.Addr)
	}
	p.Off = w.segments[i].Off + t.Addr - w.image.Segments[i].Addr
	w.segments = append(w.segments, p)
	return nil
}

func (w *elfWriter) section(name string, s elf.Section64) {
	s.Name = uint32(w.names.Len())
	w.names.WriteString(name + "\x00")
	w.sections = append(w.sections, s)
}

// segmentSection describes a segment to tools that read sections, such as
// disassemblers.
func (w *elfWriter) segmentSection(s *Segment, off uint64) {
	h := elf.Section64{Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC), Addr: s.Addr, Off: off, Size: s.MemSize, Addralign: 1}
	name := ".rodata"
	switch {
	case s.Prot&ProtX != 0:
		name = ".text"
		h.Flags |= uint64(elf.SHF_EXECINSTR)
	case len(s.Data) == 0:
		name, h.Type = ".bss", uint32(elf.SHT_NOBITS)
	case s.Prot&ProtW != 0:
		name = ".data"
	}
	if s.Prot&ProtW != 0 {
		h.Flags |= uint64(elf.SHF_WRITE)
	}
	if h.Type == uint32(elf.SHT_PROGBITS) {
		h.Size = uint64(len(s.Data))
	}
	w.section(name, h)
}

// tables makes the symbol table and the string tables, local symbols first.
func (w *elfWriter) tables() {
	w.strings.WriteByte(0)
	w.symbols = []elf.Sym64{{}}
	locals := uint32(1)
	for _, local := range []bool{true, false} {
		for s := range w.image.Symbols.All() {
			if (s.Binding == Local) == local {
				w.symbols = append(w.symbols, w.symbol(s))
			}
		}
		if local {
			locals = uint32(len(w.symbols))
		}
	}
	entry := w.size(elf.Sym64{}, elf.Sym32{})
	size := uint64(len(w.symbols)) * entry
	at := w.symAt
	w.section(".symtab", elf.Section64{
		Type: uint32(elf.SHT_SYMTAB), Off: at, Size: size, Link: uint32(len(w.sections)) + 1, Info: locals, Addralign: 8, Entsize: entry,
	})
	at += size
	w.section(".strtab", elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: at, Size: uint64(w.strings.Len()), Addralign: 1})
	at += uint64(w.strings.Len())
	const name = ".shstrtab"
	w.section(name, elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: at, Size: uint64(w.names.Len() + len(name) + 1), Addralign: 1})
}

func (w *elfWriter) symbol(s Symbol) elf.Sym64 {
	section := uint16(1) // the last segment's that begins at or below it, as linkers have it for _end
	for i := range w.image.Segments {
		if w.image.Segments[i].Addr <= s.Addr {
			section = uint16(i + 1)
		}
	}
	kind := map[Kind]elf.SymType{NoType: elf.STT_NOTYPE, Function: elf.STT_FUNC, Object: elf.STT_OBJECT, Indirect: elf.STT_GNU_IFUNC}[s.Kind]
	bind := map[Binding]elf.SymBind{Local: elf.STB_LOCAL, Weak: elf.STB_WEAK, Global: elf.STB_GLOBAL}[s.Binding]
	name := uint32(w.strings.Len())
	w.strings.WriteString(s.Name + "\x00")
	return elf.Sym64{Name: name, Info: elf.ST_INFO(bind, kind), Shndx: section, Value: s.Addr, Size: s.Size}
}

// bytes puts the file together.
func (w *elfWriter) bytes() []byte {
	var b bytes.Buffer
	last := w.sections[len(w.sections)-1]
	shoff := last.Off + last.Size
	shoff += (-shoff) % 8
	w.put(&b, w.header(shoff))
	for _, p := range w.segments {
		w.put(&b, p)
	}
	pad := func(to uint64) { b.Write(make([]byte, to-uint64(b.Len()))) }
	for i := range w.image.Segments {
		pad(w.segments[i].Off)
		b.Write(w.image.Segments[i].Data)
	}
	pad(w.symAt)
	for _, s := range w.symbols {
		w.put(&b, s)
	}
	b.Write(w.strings.Bytes())
	b.Write(w.names.Bytes())
	pad(shoff)
	for _, s := range w.sections {
		w.put(&b, s)
	}
	return b.Bytes()
}

func (w *elfWriter) header(shoff uint64) elf.Header64 {
	h := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT), Entry: w.image.Entry,
		Phoff: w.size(elf.Header64{}, elf.Header32{}), Shoff: shoff,
		Ehsize:    uint16(w.size(elf.Header64{}, elf.Header32{})),
		Phentsize: uint16(w.size(elf.Prog64{}, elf.Prog32{})), Phnum: uint16(len(w.segments)),
		Shentsize: uint16(w.size(elf.Section64{}, elf.Section32{})), Shnum: uint16(len(w.sections)), Shstrndx: uint16(len(w.sections) - 1),
	}
	class := elf.ELFCLASS64
	if !w.is64() {
		class, h.Machine = elf.ELFCLASS32, uint16(elf.EM_386)
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(class), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	return h
}

// put writes a structure in the file's class.
func (w *elfWriter) put(to io.Writer, v any) {
	if !w.is64() {
		v = narrow(v)
	}
	_ = binary.Write(to, binary.LittleEndian, v) // a fixed-size value to memory: cannot fail
}

// narrow is the 32-bit form of a structure whose values fit.
func narrow(v any) any {
	switch v := v.(type) {
	case elf.Header64:
		return elf.Header32{
			Ident: v.Ident, Type: v.Type, Machine: v.Machine, Version: v.Version, Entry: uint32(v.Entry),
			Phoff: uint32(v.Phoff), Shoff: uint32(v.Shoff), Ehsize: v.Ehsize, Phentsize: v.Phentsize, Phnum: v.Phnum,
			Shentsize: v.Shentsize, Shnum: v.Shnum, Shstrndx: v.Shstrndx,
		}
	case elf.Prog64:
		return elf.Prog32{
			Type: v.Type, Off: uint32(v.Off), Vaddr: uint32(v.Vaddr), Paddr: uint32(v.Paddr),
			Filesz: uint32(v.Filesz), Memsz: uint32(v.Memsz), Flags: v.Flags, Align: uint32(v.Align),
		}
	case elf.Section64:
		return elf.Section32{
			Name: v.Name, Type: v.Type, Flags: uint32(v.Flags), Addr: uint32(v.Addr), Off: uint32(v.Off), Size: uint32(v.Size),
			Link: v.Link, Info: v.Info, Addralign: uint32(v.Addralign), Entsize: uint32(v.Entsize),
		}
	}
	s := v.(elf.Sym64)
	return elf.Sym32{Name: s.Name, Value: uint32(s.Value), Size: uint32(s.Size), Info: s.Info, Other: s.Other, Shndx: s.Shndx}
}
