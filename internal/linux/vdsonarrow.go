package linux

import "debug/elf"

// narrowed is content in the structures of the vDSO's width.
func (v *vdso) narrowed(content any) any {
	if v.word == 8 {
		return content
	}
	switch x := content.(type) {
	case elf.Header64:
		return elf.Header32{
			Ident: x.Ident, Type: x.Type, Machine: x.Machine, Version: x.Version, Entry: uint32(x.Entry), Phoff: uint32(x.Phoff), Shoff: uint32(x.Shoff),
			Ehsize: x.Ehsize, Phentsize: x.Phentsize, Phnum: x.Phnum, Shentsize: x.Shentsize, Shnum: x.Shnum, Shstrndx: x.Shstrndx,
		}
	case []elf.Prog64:
		return each(x, func(p elf.Prog64) elf.Prog32 {
			return elf.Prog32{
				Type: p.Type, Off: uint32(p.Off), Vaddr: uint32(p.Vaddr), Paddr: uint32(p.Paddr), Filesz: uint32(p.Filesz), Memsz: uint32(p.Memsz), Flags: p.Flags, Align: uint32(p.Align),
			}
		})
	case []elf.Section64:
		return each(x, func(s elf.Section64) elf.Section32 {
			return elf.Section32{
				Name: s.Name, Type: s.Type, Flags: uint32(s.Flags), Addr: uint32(s.Addr), Off: uint32(s.Off), Size: uint32(s.Size),
				Link: s.Link, Info: s.Info, Addralign: uint32(s.Addralign), Entsize: uint32(s.Entsize),
			}
		})
	case []elf.Sym64:
		return each(x, func(s elf.Sym64) elf.Sym32 {
			return elf.Sym32{Name: s.Name, Value: uint32(s.Value), Size: uint32(s.Size), Info: s.Info, Other: s.Other, Shndx: s.Shndx}
		})
	case []elf.Dyn64:
		return each(x, func(d elf.Dyn64) elf.Dyn32 { return elf.Dyn32{Tag: int32(d.Tag), Val: uint32(d.Val)} })
	}
	return content
}

// each is list with f done to every element.
func each[A, B any](list []A, f func(A) B) []B {
	r := make([]B, len(list))
	for i, x := range list {
		r[i] = f(x)
	}
	return r
}
