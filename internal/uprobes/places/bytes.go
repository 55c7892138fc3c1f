package places

import (
	"bytes"
	"debug/elf"
)

// maxCode is how many bytes uprobes keep of a place (MAX_UINSN_BYTES).
const maxCode = 16

// Code is what the file has from an offset on, at most the 16 bytes that uprobes look at; empty behind its end.
func (f *File) Code(offset uint64) []byte {
	if offset >= uint64(len(f.data)) {
		return nil
	}
	return f.data[offset:][:min(maxCode, uint64(len(f.data))-offset)]
}

// Program reads the file's code, once: its sections of instructions, if it has a table of sections.
func (f *File) Program() *Program {
	if f.code != nil {
		return f.code
	}
	var code []Range
	if file, err := elf.NewFile(bytes.NewReader(f.data)); err == nil {
		for _, s := range file.Sections {
			if s.Flags&elf.SHF_EXECINSTR != 0 && s.Type == elf.SHT_PROGBITS {
				code = append(code, Range{s.Addr, s.Addr + s.Size})
			}
		}
	}
	f.code = Read(f.Image, code...)
	return f.code
}

// UsesAny gives the first of some functions that the file defines or imports; "" if it has none of them.
func (f *File) UsesAny(functions []string) string {
	if f.imports == nil {
		f.imports = map[string]bool{}
		if file, err := elf.NewFile(bytes.NewReader(f.data)); err == nil {
			symbols, _ := file.ImportedSymbols() // of a static file there are none
			for _, s := range symbols {
				f.imports[s.Name] = true
			}
		}
	}
	for _, name := range functions {
		if _, defined := f.Image.Symbols.Lookup(name); defined || f.imports[name] {
			return name
		}
	}
	return ""
}
