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
)

// vdsoImage is the i386 vDSO: an ELF shared object, linked at 0, of one segment, with the sections and the unwinding
// tables that debuggers and libgcc look for.
var vdsoImage = makeVDSO()

// VDSOSum is what tells the vDSOs of versions of this package apart: 16 digits of the image's SHA-256.
func VDSOSum() string {
	sum := sha256.Sum256(vdsoImage)
	return hex.EncodeToString(sum[:8])
}

// vdsoFunctions are its functions, in the order of their addresses.
var vdsoFunctions = []struct {
	name  string
	start uint32
	code  []byte
}{
	{"__kernel_vsyscall", vdsoVsyscall, codeVsyscall},
	{"__kernel_sigreturn", vdsoSigreturn, codeSigreturn},
	{"__kernel_rt_sigreturn", vdsoRTSigreturn, codeRTSigreturn},
}

// Names in the vDSO.
const (
	vdsoSoname  = "linux-gate.so.1"
	vdsoVersion = "LINUX_2.5"
)

// vdsoBuilder lays the sections of the vDSO out, one behind the other.
type vdsoBuilder struct {
	at       uint32
	parts    []any
	sections []elf.Section32
	names    []byte // .shstrtab
}

// Sections in their order, as indices.
const (
	sectionDynsym = 2
	sectionDynstr = 3
	sectionText   = 9
)

// section places a section's content and gives its address.
func (v *vdsoBuilder) section(name string, s elf.Section32, content any) uint32 {
	s.Addralign = max(s.Addralign, 4)
	if gap := -v.at & (s.Addralign - 1); gap > 0 {
		v.parts = append(v.parts, make([]byte, gap))
		v.at += gap
	}
	s.Name, s.Addr, s.Off, s.Size = uint32(len(v.names)), v.at, v.at, uint32(binary.Size(content))
	if s.Flags == 0 {
		s.Addr = 0
	}
	v.names = append(append(v.names, name...), 0)
	v.sections = append(v.sections, s)
	v.parts = append(v.parts, content)
	v.at += s.Size
	return s.Off
}

func makeVDSO() []byte {
	const programHeaders = 3
	header, phdr := uint32(binary.Size(elf.Header32{})), uint32(binary.Size(elf.Prog32{}))
	v := &vdsoBuilder{at: header + programHeaders*phdr, sections: []elf.Section32{{}}, names: []byte{0}}
	dynAt, dynSize := v.dynamicPart()
	framesAt := v.unwindPart()
	code := make([]byte, vdsoEnd-vdsoVsyscall)
	for _, f := range vdsoFunctions {
		copy(code[f.start-vdsoVsyscall:], f.code)
	}
	v.section(".text", elf.Section32{Type: uint32(elf.SHT_PROGBITS), Flags: uint32(elf.SHF_ALLOC | elf.SHF_EXECINSTR), Addralign: vdsoVsyscall}, code)
	const last = ".shstrtab"
	v.section(last, elf.Section32{Type: uint32(elf.SHT_STRTAB)}, slices.Concat(v.names, []byte(last+"\x00")))

	v.parts = append(v.parts, make([]byte, -v.at&3))
	v.at += -v.at & 3
	end := v.at + uint32(binary.Size(v.sections))
	e := elf.Header32{
		Type: uint16(elf.ET_DYN), Machine: uint16(elf.EM_386), Version: 1, Entry: vdsoVsyscall, Phoff: header, Shoff: v.at,
		Ehsize: uint16(header), Phentsize: uint16(phdr), Phnum: programHeaders,
		Shentsize: uint16(binary.Size(elf.Section32{})), Shnum: uint16(len(v.sections)), Shstrndx: uint16(len(v.sections) - 1),
	}
	copy(e.Ident[:], elf.ELFMAG+"\x01\x01\x01")
	segment := func(t elf.ProgType, at, size uint32, flags elf.ProgFlag, align uint32) elf.Prog32 {
		return elf.Prog32{Type: uint32(t), Off: at, Vaddr: at, Paddr: at, Filesz: size, Memsz: size, Flags: uint32(flags), Align: align}
	}
	var b bytes.Buffer
	for _, part := range slices.Concat([]any{
		e, segment(elf.PT_LOAD, 0, end, elf.PF_R|elf.PF_X, emu.PageSize), segment(elf.PT_DYNAMIC, dynAt, dynSize, elf.PF_R, 4),
		segment(elf.PT_GNU_EH_FRAME, framesAt, v.sections[sectionText-1].Size, elf.PF_R, 4),
	}, v.parts, []any{v.sections}) {
		_ = binary.Write(&b, le, part) // fixed-size values to memory: cannot fail
	}
	return b.Bytes()
}

// dynamicPart places what a dynamic linker reads, and gives where .dynamic is and its size.
func (v *vdsoBuilder) dynamicPart() (at, size uint32) {
	text := "\x00" + vdsoSoname + "\x00" + vdsoVersion + "\x00"
	symbols := []elf.Sym32{{}}
	count := uint32(1 + len(vdsoFunctions))
	hash := []uint32{1, count, 1, 0} // one bucket, a chain through all symbols
	versions := []uint16{0}
	for i, f := range vdsoFunctions {
		symbols = append(symbols, elf.Sym32{
			Name: uint32(len(text)), Value: f.start, Size: uint32(len(f.code)),
			Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: sectionText,
		})
		text += f.name + "\x00"
		hash = append(hash, uint32(i+2)%count)
		versions = append(versions, 2)
	}
	definitions := []versionDef{
		{1, uint16(elf.VER_FLG_BASE), 1, 1, elfHash(vdsoSoname), 20, 28, 1, 0},
		{1, 0, 2, 1, elfHash(vdsoVersion), 20, 0, 1 + uint32(len(vdsoSoname)+1), 0},
	}
	text += strings.Repeat("\x00", -len(text)&3)

	alloc := func(t elf.SectionType, link, info, entry uint32) elf.Section32 {
		return elf.Section32{Type: uint32(t), Flags: uint32(elf.SHF_ALLOC), Link: link, Info: info, Entsize: entry}
	}
	const firstGlobal = 1
	dyn := []elf.Dyn32{
		{Tag: int32(elf.DT_SONAME), Val: 1},
		{Tag: int32(elf.DT_HASH), Val: v.section(".hash", alloc(elf.SHT_HASH, sectionDynsym, 0, 4), hash)},
		{Tag: int32(elf.DT_SYMTAB), Val: v.section(".dynsym", alloc(elf.SHT_DYNSYM, sectionDynstr, firstGlobal, elf.Sym32Size), symbols)},
		{Tag: int32(elf.DT_SYMENT), Val: elf.Sym32Size},
		{Tag: int32(elf.DT_STRTAB), Val: v.section(".dynstr", alloc(elf.SHT_STRTAB, 0, 0, 0), []byte(text))},
		{Tag: int32(elf.DT_STRSZ), Val: uint32(len(text))},
		{Tag: int32(elf.DT_VERSYM), Val: v.section(".gnu.version", alloc(elf.SHT_GNU_VERSYM, sectionDynsym, 0, 2), versions)},
		{Tag: int32(elf.DT_VERDEF), Val: v.section(".gnu.version_d", alloc(elf.SHT_GNU_VERDEF, sectionDynstr, uint32(len(definitions)), 0), definitions)},
		{Tag: int32(elf.DT_VERDEFNUM), Val: uint32(len(definitions))}, {},
	}
	return v.section(".dynamic", alloc(elf.SHT_DYNAMIC, sectionDynstr, 0, uint32(binary.Size(elf.Dyn32{}))), dyn), uint32(binary.Size(dyn))
}

// DWARF's call frame instructions and pointer encodings (DWARF 5, 7.24; LSB 5.0, 10.5).
const (
	cfaDefCFA       = 0x0c
	cfaDefCFAOffset = 0x0e
	cfaAdvance      = 0x40
	cfaOffset       = 0x80
	cfaRestore      = 0xc0

	pointerRelative = 0x1b // to its place, in four bytes
	dataRelative    = 0x3b // to .eh_frame_hdr, in four bytes
	plainCount      = 0x03
)

// unwindPart places .eh_frame and .eh_frame_hdr, which tell how to get out of __kernel_vsyscall at each of its
// instructions, and gives where .eh_frame_hdr is.
func (v *vdsoBuilder) unwindPart() uint32 {
	const esp, ecx, edx, ebp, eip = 4, 1, 2, 5, 8
	program := []byte{}
	for i, r := range []byte{ecx, edx, ebp} { // pushes of one byte
		below := byte(i + 2)
		program = append(program, cfaAdvance|1, cfaDefCFAOffset, 4*below, cfaOffset|r, below)
	}
	landing := byte(vdsoLanding - vdsoVsyscall)
	for i, r := range []byte{ebp, edx, ecx} {
		advance := byte(1)
		if i == 0 {
			advance = landing + 1 - 3
		}
		program = append(program, cfaAdvance|advance, cfaDefCFAOffset, byte(4*(3-i)), cfaRestore|r)
	}
	common := padded(slices.Concat(
		[]byte{0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x7c, eip, 1, pointerRelative}, // code by 1, data by -4
		[]byte{cfaDefCFA, esp, 4, cfaOffset | eip, 1}))
	frame := v.at + -v.at&3
	description := frame + uint32(len(common))
	entry := le.AppendUint32(nil, description+4-frame)
	entry = le.AppendUint32(entry, vdsoVsyscall-(description+8))
	entry = le.AppendUint32(entry, uint32(len(codeVsyscall)))
	entry = padded(append(append(entry, 0), program...))
	alloc := elf.Section32{Type: uint32(elf.SHT_PROGBITS), Flags: uint32(elf.SHF_ALLOC)}
	v.section(".eh_frame", alloc, slices.Concat(common, entry, make([]byte, 4)))

	at := v.at + -v.at&3
	index := []byte{1, pointerRelative, plainCount, dataRelative}
	for _, word := range []uint32{frame - (at + 4), 1, vdsoVsyscall - at, description - at} {
		index = le.AppendUint32(index, word)
	}
	return v.section(".eh_frame_hdr", alloc, index)
}

// padded puts an entry of .eh_frame behind its length, which is a multiple of four.
func padded(entry []byte) []byte {
	entry = append(entry, make([]byte, -len(entry)&3)...) // DW_CFA_nop
	return append(le.AppendUint32(nil, uint32(len(entry))), entry...)
}

// versionDef is an Elf32_Verdef and its one Elf32_Verdaux.
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
