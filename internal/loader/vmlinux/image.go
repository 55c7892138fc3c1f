package vmlinux

import (
	"bytes"
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"slices"

	"trapline/internal/loader"
	"trapline/internal/x86"
)

// Kernel is an image, ready to be mapped.
type Kernel struct {
	Arch     x86.Arch
	Banner   string           // "Linux version …", "" if there is none
	Segments []loader.Segment // as the kernel is linked, without the per-CPU one
	// PerCPU is the initial content of a CPU's variables. Their symbols are
	// offsets into it.
	PerCPU  []byte
	Symbols []loader.Symbol // by address, sized up to the next one
}

// Read takes a vmlinux or bzImage apart. symbols is the text of kallsyms or
// System.map; nil: the image's own tables are read.
func Read(data, symbols []byte) (*Kernel, error) {
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%w: %d bytes; expected at most %d", ErrNotKernel, len(data), MaxFile)
	}
	data, err := unpack(data)
	if err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotKernel, err)
	}
	k := &Kernel{}
	switch {
	case f.Machine == elf.EM_X86_64 && f.Class == elf.ELFCLASS64:
		k.Arch = x86.AMD64
	case f.Machine == elf.EM_386 && f.Class == elf.ELFCLASS32:
		k.Arch = x86.I386
	default:
		return nil, fmt.Errorf("%w: an ELF file for %v; expected x86-64 or i386", ErrNotKernel, f.Machine)
	}
	if err := k.segments(f); err != nil {
		return nil, err
	}
	if err := k.symbols(f, symbols); err != nil {
		return nil, err
	}
	k.Banner = k.find([]byte("Linux version "))
	return k, nil
}

func (k *Kernel) word() int {
	if k.Arch == x86.AMD64 {
		return 8
	}
	return 4
}

// lowest is where kernel memory begins at least, by architecture.
func (k *Kernel) lowest() uint64 {
	if k.Arch == x86.AMD64 {
		return 0xffffffff80000000
	}
	return 0xc0000000
}

func (k *Kernel) segments(f *elf.File) error {
	total := uint64(0)
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Memsz == 0 {
			continue
		}
		if total += p.Memsz; p.Filesz > p.Memsz || p.Memsz > MaxImage || total > MaxImage {
			return fmt.Errorf("%w: segments of %d bytes; expected at most %d", ErrNotKernel, total, MaxImage)
		}
		data, err := io.ReadAll(io.LimitReader(p.Open(), int64(p.Filesz)))
		if err != nil || uint64(len(data)) != p.Filesz {
			return fmt.Errorf("%w: the segment at %#x ends early", ErrNotKernel, p.Vaddr)
		}
		switch {
		case p.Vaddr < loader.PageSize && k.PerCPU == nil && k.Arch == x86.AMD64:
			k.PerCPU = append(data, make([]byte, p.Memsz-p.Filesz)...)
		case p.Vaddr < k.lowest() || p.Vaddr+p.Memsz < p.Vaddr:
			return fmt.Errorf("%w: a segment at %#x; expected kernel addresses", ErrNotKernel, p.Vaddr)
		default:
			s := loader.Segment{Addr: p.Vaddr, Data: data, MemSize: p.Memsz, Prot: loader.ProtR, Offset: p.Off}
			if p.Flags&elf.PF_W != 0 {
				s.Prot |= loader.ProtW
			}
			if p.Flags&elf.PF_X != 0 {
				s.Prot |= loader.ProtX
			}
			k.Segments = append(k.Segments, s)
		}
	}
	slices.SortFunc(k.Segments, func(a, b loader.Segment) int { return cmp.Compare(a.Addr, b.Addr) })
	for i, s := range k.Segments {
		if i > 0 && k.Segments[i-1].End() > s.Addr {
			return fmt.Errorf("%w: segments overlap at %#x", ErrNotKernel, s.Addr)
		}
	}
	if len(k.Segments) == 0 {
		return fmt.Errorf("%w: no memory in it", ErrNotKernel)
	}
	return nil
}

// symbols takes the text, the ELF file's table, or the kernel's own.
func (k *Kernel) symbols(f *elf.File, text []byte) error {
	var err error
	switch list, elfErr := f.Symbols(); {
	case text != nil:
		k.Symbols, err = ParseSymbols(text)
	case elfErr == nil && len(list) > 0:
		k.Symbols = fromELF(list)
	default:
		err = ErrNoKallsyms
		for _, s := range k.Segments {
			if k.Symbols, err = findKallsyms(s.Data, k.word(), k.lowest()); err == nil {
				break
			}
		}
	}
	if errors.Is(err, ErrNoKallsyms) {
		return fmt.Errorf("%w: give the symbols as a file, such as System.map", err)
	}
	if err != nil {
		return err
	}
	slices.SortStableFunc(k.Symbols, func(a, b loader.Symbol) int { return cmp.Compare(a.Addr, b.Addr) })
	k.size()
	return nil
}

func fromELF(list []elf.Symbol) []loader.Symbol {
	var out []loader.Symbol
	for _, s := range list {
		if s.Section == elf.SHN_UNDEF {
			continue
		}
		kind := loader.NoType
		switch elf.ST_TYPE(s.Info) {
		case elf.STT_FUNC:
			kind = loader.Function
		case elf.STT_OBJECT:
			kind = loader.Object
		case elf.STT_SECTION, elf.STT_FILE:
			continue
		}
		binding := loader.Local
		switch elf.ST_BIND(s.Info) {
		case elf.STB_GLOBAL:
			binding = loader.Global
		case elf.STB_WEAK:
			binding = loader.Weak
		}
		if out = append(out, loader.Symbol{Name: s.Name, Addr: s.Value, Kind: kind, Binding: binding}); len(out) > maxKallsyms {
			break
		}
	}
	return out
}

// size ends each symbol where the next address begins, as kallsyms does. Numbers
// low in the address space, such as a per-CPU variable's, do not reach up to the
// kernel.
func (k *Kernel) size() {
	kernelHalf := uint64(1) << 31
	if k.Arch == x86.AMD64 {
		kernelHalf = 1 << 63
	}
	next := uint64(0)
	for i := len(k.Symbols) - 1; i >= 0; i-- {
		s := &k.Symbols[i]
		if i+1 < len(k.Symbols) && k.Symbols[i+1].Addr != s.Addr {
			next = k.Symbols[i+1].Addr
		}
		if next > s.Addr && (s.Addr >= kernelHalf || next < kernelHalf) {
			s.Size = next - s.Addr
		}
	}
}

// Lookup finds a function, or any symbol, by name.
func (k *Kernel) Lookup(name string) (loader.Symbol, bool) {
	found := -1
	for i, s := range k.Symbols {
		if s.Name != name {
			continue
		}
		if s.Kind == loader.Function {
			return s, true
		}
		found = i
	}
	if found < 0 {
		return loader.Symbol{}, false
	}
	return k.Symbols[found], true
}

// maxBanner bounds the kernel's version text.
const maxBanner = 512

// find gives the line that begins with text.
func (k *Kernel) find(text []byte) string {
	for _, s := range k.Segments {
		if i := bytes.Index(s.Data, text); i >= 0 {
			line := s.Data[i:min(i+maxBanner, len(s.Data))]
			line, _, _ = bytes.Cut(line, []byte{0})
			line, _, _ = bytes.Cut(line, []byte{'\n'})
			return string(line)
		}
	}
	return ""
}
