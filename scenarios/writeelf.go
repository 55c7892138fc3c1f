package scenarios

import (
	"bytes"
	"debug/elf"
	"encoding/binary"

	"trapline/emu/loader"
)

// writeELF makes the ELF file of an image: header, program headers, and each
// segment's bytes at its offset.
func writeELF(m *loader.Image) []byte {
	h := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT), Entry: m.Entry,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: uint16(len(m.Segments)),
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	var out bytes.Buffer
	put := func(v any) { _ = binary.Write(&out, binary.LittleEndian, v) } // to memory
	if m.Arch == loader.AMD64 {
		put(&h)
	} else {
		h.Ident[elf.EI_CLASS] = byte(elf.ELFCLASS32)
		put(&elf.Header32{
			Ident: h.Ident, Type: h.Type, Machine: uint16(elf.EM_386), Version: h.Version, Entry: uint32(h.Entry),
			Phoff: 52, Ehsize: 52, Phentsize: 32, Phnum: h.Phnum,
		})
	}
	for i := range m.Segments {
		s := &m.Segments[i]
		flags := uint32(0)
		for prot, flag := range map[loader.Prot]elf.ProgFlag{loader.ProtR: elf.PF_R, loader.ProtW: elf.PF_W, loader.ProtX: elf.PF_X} {
			if s.Prot&prot != 0 {
				flags |= uint32(flag)
			}
		}
		if m.Arch == loader.AMD64 {
			put(&elf.Prog64{
				Type: uint32(elf.PT_LOAD), Flags: flags, Off: s.Offset, Vaddr: s.Addr, Paddr: s.Addr,
				Filesz: uint64(len(s.Data)), Memsz: s.MemSize, Align: loader.PageSize,
			})
			continue
		}
		put(&elf.Prog32{
			Type: uint32(elf.PT_LOAD), Flags: flags, Off: uint32(s.Offset), Vaddr: uint32(s.Addr), Paddr: uint32(s.Addr),
			Filesz: uint32(len(s.Data)), Memsz: uint32(s.MemSize), Align: loader.PageSize,
		})
	}
	data := out.Bytes()
	for i := range m.Segments {
		s := &m.Segments[i]
		if end := int(s.Offset) + len(s.Data); end > len(data) {
			data = append(data, make([]byte, end-len(data))...)
		}
		copy(data[s.Offset:], s.Data)
	}
	return data
}
