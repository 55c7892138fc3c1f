package linux

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// vdsoImages are the vDSOs of programs of each width: ELF shared objects, linked at 0, of one segment, with the sections
// and the unwinding tables that debuggers and libgcc look for.
var vdsoImages = map[x86.Arch][]byte{x86.I386: vdsoOfI386().image(), x86.AMD64: vdsoOfAMD64().image()}

// VDSOSum is what tells the vDSOs of versions of this package apart: 16 digits of the images' SHA-256.
func VDSOSum() string {
	sum := sha256.Sum256(slices.Concat(vdsoImages[x86.I386], vdsoImages[x86.AMD64]))
	return hex.EncodeToString(sum[:8])
}

// vdsoBuilder lays the sections of a vDSO out, one behind the other. Structures are those of 64 bits; the image has those
// of its width.
type vdsoBuilder struct {
	*vdso
	at       uint64
	parts    []any
	sections []elf.Section64
	names    []byte // .shstrtab
}

// Sections in their order, as indices.
const (
	sectionDynsym = 2
	sectionDynstr = 3
	sectionText   = 10
)

// section places a section's content and gives its address.
func (v *vdsoBuilder) section(name string, s elf.Section64, content any) uint64 {
	s.Addralign = max(s.Addralign, uint64(v.word))
	v.pad(s.Addralign)
	s.Name, s.Addr, s.Off, s.Size = uint32(len(v.names)), v.at, v.at, v.size(content)
	if s.Flags == 0 {
		s.Addr = 0
	}
	v.names = append(append(v.names, name...), 0)
	v.sections = append(v.sections, s)
	v.parts = append(v.parts, content)
	v.at += s.Size
	return s.Off
}

// pad goes on at a multiple of an alignment.
func (v *vdsoBuilder) pad(align uint64) {
	v.parts = append(v.parts, make([]byte, -v.at&(align-1)))
	v.at += -v.at & (align - 1)
}

// size is what content takes in the image, in bytes.
func (v *vdsoBuilder) size(content any) uint64 { return uint64(binary.Size(v.narrowed(content))) }

// image is the vDSO as a file.
func (d *vdso) image() []byte {
	v := &vdsoBuilder{vdso: d, sections: []elf.Section64{{}}, names: []byte{0}}
	header, phdr := v.size(elf.Header64{}), v.size([]elf.Prog64{{}})
	const programHeaders = 4
	v.at = header + programHeaders*phdr
	dynamic := v.dynamicPart()
	note := v.section(".note", elf.Section64{Type: uint32(elf.SHT_NOTE), Flags: uint64(elf.SHF_ALLOC)}, vdsoNote())
	frames := v.unwindPart()
	last := d.functions[len(d.functions)-1]
	code := make([]byte, last.start+uint64(len(last.code))-vdsoText)
	for _, f := range d.functions {
		copy(code[f.start-vdsoText:], f.code)
	}
	v.section(".text", elf.Section64{Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC | elf.SHF_EXECINSTR), Addralign: vdsoText}, code)
	const names = ".shstrtab"
	v.section(names, elf.Section64{Type: uint32(elf.SHT_STRTAB)}, slices.Concat(v.names, []byte(names+"\x00")))

	v.pad(uint64(d.word))
	e := elf.Header64{
		Type: uint16(elf.ET_DYN), Machine: uint16(d.machine), Version: 1, Entry: d.entry, Phoff: header, Shoff: v.at,
		Ehsize: uint16(header), Phentsize: uint16(phdr), Phnum: programHeaders,
		Shentsize: uint16(v.size([]elf.Section64{{}})), Shnum: uint16(len(v.sections)), Shstrndx: uint16(len(v.sections) - 1),
	}
	copy(e.Ident[:], elf.ELFMAG)
	copy(e.Ident[elf.EI_CLASS:], []byte{byte(d.word / 4), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)})
	segment := func(t elf.ProgType, at, size uint64, flags elf.ProgFlag, align uint64) elf.Prog64 {
		return elf.Prog64{Type: uint32(t), Off: at, Vaddr: at, Paddr: at, Filesz: size, Memsz: size, Flags: uint32(flags), Align: align}
	}
	sizeOf := func(at uint64) uint64 {
		return v.sections[slices.IndexFunc(v.sections, func(s elf.Section64) bool { return s.Off == at })].Size
	}
	segments := []elf.Prog64{
		segment(elf.PT_LOAD, 0, v.at+v.size(v.sections), elf.PF_R|elf.PF_X, emu.PageSize),
		segment(elf.PT_DYNAMIC, dynamic, sizeOf(dynamic), elf.PF_R, uint64(d.word)),
		segment(elf.PT_NOTE, note, sizeOf(note), elf.PF_R, 4),
		segment(elf.PT_GNU_EH_FRAME, frames, sizeOf(frames), elf.PF_R, 4),
	}
	var b bytes.Buffer
	for _, part := range slices.Concat([]any{e, segments}, v.parts, []any{v.sections}) {
		_ = binary.Write(&b, le, v.narrowed(part)) // fixed-size values to memory: cannot fail
	}
	return b.Bytes()
}

// dynamicPart places what a dynamic linker reads, and gives where .dynamic is.
func (v *vdsoBuilder) dynamicPart() uint64 {
	text := "\x00" + v.soname + "\x00"
	definitions := []versionDef{{1, uint16(elf.VER_FLG_BASE), 1, 1, elfHash(v.soname), 20, 28, 1, 0}}
	for i, name := range v.versions {
		definitions = append(definitions, versionDef{1, 0, uint16(i + 2), 1, elfHash(name), 20, 28, uint32(len(text)), 0})
		text += name + "\x00"
	}
	definitions[len(definitions)-1].Next = 0
	symbols, versions := []elf.Sym64{{}}, []uint16{0}
	for _, f := range v.functions {
		s := elf.Sym64{Value: f.start, Size: uint64(len(f.code)), Shndx: sectionText}
		for _, name := range []struct {
			text string
			bind elf.SymBind
		}{{f.name, elf.STB_GLOBAL}, {f.alias, elf.STB_WEAK}} {
			if name.text == "" {
				continue
			}
			s.Name, s.Info = uint32(len(text)), elf.ST_INFO(name.bind, elf.STT_FUNC)
			symbols = append(symbols, s)
			versions = append(versions, uint16(slices.Index(v.versions, f.version)+2))
			text += name.text + "\x00"
		}
	}
	count := uint32(len(symbols))
	hash := []uint32{1, count, 1, 0} // one bucket, a chain through all symbols
	for i := range count - 1 {
		hash = append(hash, (i+2)%count)
	}
	text += strings.Repeat("\x00", -len(text)&(v.word-1))

	alloc := func(t elf.SectionType, link, info uint32, entry uint64) elf.Section64 {
		return elf.Section64{Type: uint32(t), Flags: uint64(elf.SHF_ALLOC), Link: link, Info: info, Entsize: entry}
	}
	const firstGlobal = 1
	symbolSize := v.size([]elf.Sym64{{}})
	dyn := []elf.Dyn64{
		{Tag: int64(elf.DT_SONAME), Val: 1},
		{Tag: int64(elf.DT_HASH), Val: v.section(".hash", alloc(elf.SHT_HASH, sectionDynsym, 0, 4), hash)},
		{Tag: int64(elf.DT_SYMTAB), Val: v.section(".dynsym", alloc(elf.SHT_DYNSYM, sectionDynstr, firstGlobal, symbolSize), symbols)},
		{Tag: int64(elf.DT_SYMENT), Val: symbolSize},
		{Tag: int64(elf.DT_STRTAB), Val: v.section(".dynstr", alloc(elf.SHT_STRTAB, 0, 0, 0), []byte(text))},
		{Tag: int64(elf.DT_STRSZ), Val: uint64(len(text))},
		{Tag: int64(elf.DT_VERSYM), Val: v.section(".gnu.version", alloc(elf.SHT_GNU_VERSYM, sectionDynsym, 0, 2), versions)},
		{Tag: int64(elf.DT_VERDEF), Val: v.section(".gnu.version_d", alloc(elf.SHT_GNU_VERDEF, sectionDynstr, uint32(len(definitions)), 0), definitions)},
		{Tag: int64(elf.DT_VERDEFNUM), Val: uint64(len(definitions))}, {},
	}
	return v.section(".dynamic", alloc(elf.SHT_DYNAMIC, sectionDynstr, 0, v.size([]elf.Dyn64{{}})), dyn)
}

// versionDef is an Elf32_Verdef or Elf64_Verdef and its one Verdaux.
type versionDef struct {
	Version, Flags, Index, Count uint16
	Hash, Aux, Next              uint32
	Name, NextAux                uint32
}

// elfHash is the hash of names in ELF (System V ABI, chapter 5).
func elfHash(name string) uint32 {
	var h uint32
	for _, c := range []byte(name) {
		h = h<<4 + uint32(c)
		h = (h ^ h>>24&0xf0) & 0x0fffffff
	}
	return h
}
