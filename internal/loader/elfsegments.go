package loader

import (
	"bytes"
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
)

// checkStatic refuses a program that another program has to finish loading.
func (f *elfFile) checkStatic() error {
	for i, p := range f.segments {
		switch p.Type {
		case elf.PT_INTERP:
			return fmt.Errorf("%w: program header %d asks for an interpreter (PT_INTERP)", ErrDynamic, i)
		case elf.PT_DYNAMIC:
			needed, err := f.needsLibrary(p, i)
			if err != nil {
				return err
			}
			if needed {
				return fmt.Errorf("%w: it needs shared libraries (DT_NEEDED)", ErrDynamic)
			}
		}
	}
	if elf.Type(f.header.Type) == elf.ET_DYN && f.header.Entry == 0 {
		return fmt.Errorf("%w: it is a shared library, it has no entry point", ErrForeign)
	}
	return nil
}

// maxInterpreter bounds PT_INTERP's path with its NUL (the kernel's PATH_MAX).
const maxInterpreter = 4096

// interpreter is the path that the first PT_INTERP names, or "" (binfmt_elf.c,
// load_elf_binary).
func (f *elfFile) interpreter() (string, error) {
	for i, p := range f.segments {
		if p.Type != elf.PT_INTERP {
			continue
		}
		what := fmt.Sprintf("PT_INTERP of program header %d", i)
		if p.Filesz < 2 || p.Filesz > maxInterpreter {
			return "", fmt.Errorf("%w: %s has %d bytes, expected 2 to %d", ErrMalformed, what, p.Filesz, maxInterpreter)
		}
		raw, err := f.at(p.Off, p.Filesz, what)
		if err != nil {
			return "", err
		}
		if raw[len(raw)-1] != 0 {
			return "", fmt.Errorf("%w: %s does not end in a NUL", ErrMalformed, what)
		}
		name, _, _ := bytes.Cut(raw, []byte{0})
		return string(name), nil
	}
	return "", nil
}

// needsLibrary reports whether the dynamic section p, program header i, has a
// DT_NEEDED entry. A static-PIE has the section without one.
func (f *elfFile) needsLibrary(p elf.ProgHeader, i int) (bool, error) {
	raw, err := f.at(p.Off, p.Filesz, fmt.Sprintf("PT_DYNAMIC of program header %d", i))
	if err != nil {
		return false, err
	}
	entry := 8
	if f.is64() {
		entry = 16
	}
	for ; len(raw) >= entry; raw = raw[entry:] {
		var tag elf.DynTag
		if f.is64() {
			var d elf.Dyn64
			decode(raw, &d)
			tag = elf.DynTag(d.Tag)
		} else {
			var d elf.Dyn32
			decode(raw, &d)
			tag = elf.DynTag(d.Tag)
		}
		switch tag {
		case elf.DT_NULL:
			return false, nil
		case elf.DT_NEEDED:
			return true, nil
		}
	}
	return false, nil
}

// loadSegments fills in what the program headers say.
func (f *elfFile) loadSegments(m *Image, bias uint64, lim Limits) error {
	for i, p := range f.segments {
		var err error
		switch p.Type {
		case elf.PT_LOAD:
			err = f.loadSegment(m, p, bias)
			if err == nil && len(m.Segments) > lim.Segments {
				err = fmt.Errorf("%w: more than %d loadable segments", ErrBounds, lim.Segments)
			}
		case elf.PT_TLS:
			err = f.loadTLS(m, p, bias, lim)
		case elf.PT_GNU_STACK:
			m.Stack = StackNoExec
			if p.Flags&elf.PF_X != 0 {
				m.Stack = StackExec
			}
		}
		if err != nil {
			return fmt.Errorf("program header %d (%s): %w", i, p.Type, err)
		}
	}
	if len(m.Segments) == 0 {
		return fmt.Errorf("%w: no program header loads anything (PT_LOAD)", ErrMalformed)
	}
	slices.SortStableFunc(m.Segments, func(a, b Segment) int { return cmp.Compare(a.Addr, b.Addr) })
	f.locateHeaders(m)
	return nil
}

// loadSegment adds one PT_LOAD; an empty one is left out.
func (f *elfFile) loadSegment(m *Image, p elf.ProgHeader, bias uint64) error {
	data, err := f.programData(p)
	if err != nil || p.Memsz == 0 {
		return err
	}
	if (p.Vaddr-p.Off)%PageSize != 0 {
		return fmt.Errorf("%w: address %#x and file offset %#x differ modulo the page size, it cannot be mapped",
			ErrMalformed, p.Vaddr, p.Off)
	}
	if !holds(m.Arch, p.Vaddr, p.Memsz) || !holds(m.Arch, p.Vaddr+bias, p.Memsz) {
		return fmt.Errorf("%w: address %#x (bias %#x) of %#x bytes is outside the %s address space",
			ErrMalformed, p.Vaddr, bias, p.Memsz, m.Arch)
	}
	m.Segments = append(m.Segments, Segment{
		Addr: p.Vaddr + bias, Data: data, MemSize: p.Memsz, Prot: protOf(p.Flags), Offset: p.Off,
	})
	return nil
}

func (f *elfFile) loadTLS(m *Image, p elf.ProgHeader, bias uint64, lim Limits) error {
	data, err := f.programData(p)
	switch {
	case err != nil:
		return err
	case m.TLS != nil:
		return fmt.Errorf("%w: a second one", ErrMalformed)
	case p.Memsz > lim.Memory:
		return fmt.Errorf("%w: %#x bytes, at most %#x are allowed", ErrBounds, p.Memsz, lim.Memory)
	case p.Align&(p.Align-1) != 0 || p.Align > PageSize:
		return fmt.Errorf("%w: alignment %#x, expected a power of two up to %#x", ErrMalformed, p.Align, PageSize)
	}
	m.TLS = &TLS{Addr: p.Vaddr + bias, Data: data, MemSize: p.Memsz, Align: max(p.Align, 1)}
	return nil
}

// programData gives the file's bytes of a program header.
func (f *elfFile) programData(p elf.ProgHeader) ([]byte, error) {
	if p.Filesz > p.Memsz {
		return nil, fmt.Errorf("%w: p_filesz %#x is over p_memsz %#x", ErrMalformed, p.Filesz, p.Memsz)
	}
	return f.at(p.Off, p.Filesz, "its data")
}

// locateHeaders finds the program header table in memory as Linux since 5.18
// does: through the segment that maps its file offset.
func (f *elfFile) locateHeaders(m *Image) {
	m.Headers = ProgramHeaders{EntrySize: uint64(f.header.Phentsize), Count: uint64(f.header.Phnum)}
	for i := range m.Segments {
		s := &m.Segments[i]
		if delta := f.header.Phoff - s.Offset; delta < uint64(len(s.Data)) {
			m.Headers.Addr = s.Addr + delta
			return
		}
	}
}

func protOf(flags elf.ProgFlag) Prot {
	var p Prot
	for flag, prot := range map[elf.ProgFlag]Prot{elf.PF_R: ProtR, elf.PF_W: ProtW, elf.PF_X: ProtX} {
		if flags&flag != 0 {
			p |= prot
		}
	}
	return p
}
