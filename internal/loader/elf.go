package loader

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"

	"trapline/internal/x86"
)

// Options of ReadELF.
type Options struct {
	Limits Limits
	// Bias is added to every address of a position-independent program
	// (static-PIE, ET_DYN); a multiple of PageSize. Others ignore it.
	Bias uint64
	// Interpreter lets a program need other files, Image.Interpreter naming the
	// one that the kernel maps beside it, and takes shared libraries. What
	// Linux does not look at may be wrong then: the section table, which
	// Image.NoNames tells, and the version in e_ident.
	Interpreter bool
}

// ReadELF reads a Linux program, ELF32 or ELF64, little endian, for i386 or
// x86-64; a dynamically linked one only with Options.Interpreter. Segment data
// aliases data, which must not change afterwards.
//
// It refuses what Linux' binfmt_elf refuses, what it could not map, and what
// contradicts itself. Errors wrap ErrNotELF, ErrTruncated, ErrDynamic,
// ErrForeign, ErrMalformed or ErrBounds.
func ReadELF(data []byte, opt Options) (*Image, error) {
	lim := opt.Limits.withDefaults()
	f, err := parseELF(data)
	if err != nil {
		return nil, err
	}
	noNames := f.parseSections(lim)
	if !opt.Interpreter {
		if err := errors.Join(f.checkVersion(), noNames); err != nil {
			return nil, err
		}
	}
	m := &Image{Arch: f.arch, Entry: f.header.Entry}
	var bias uint64
	if elf.Type(f.header.Type) == elf.ET_DYN {
		if opt.Bias%PageSize != 0 {
			return nil, fmt.Errorf("load bias %#x is not a multiple of %#x", opt.Bias, PageSize)
		}
		bias = opt.Bias
		m.Entry += bias
	}
	if opt.Interpreter {
		m.Interpreter, err = f.interpreter()
	} else {
		err = f.checkStatic()
	}
	if err != nil {
		return nil, err
	}
	if err := f.loadSegments(m, bias, lim); err != nil {
		return nil, err
	}
	var list []Symbol
	if noNames == nil {
		list, noNames = f.symbols(lim)
	}
	if noNames != nil && !opt.Interpreter {
		return nil, noNames
	}
	m.NoNames = noNames
	for i := range list {
		list[i].Addr += bias
	}
	m.Symbols = NewSymbols(list)
	if err := m.Check(lim); err != nil {
		return nil, err
	}
	return m, nil
}

// elfFile is an ELF file whose tables were read and lie within the file. The
// 32-bit forms are widened. debug/elf gives the wire structures only: its own
// reader trusts sizes (one name may span the whole string table) and needs a
// section table, which Linux does not.
type elfFile struct {
	data     []byte
	arch     x86.Arch
	header   elf.Header64
	segments []elf.ProgHeader
	sections []section
}

// parseELF reads the header and the program headers.
func parseELF(data []byte) (*elfFile, error) {
	f := &elfFile{data: data}
	for _, step := range []func() error{f.readIdent, f.readHeader, f.readProgramHeaders} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// parseSections reads the section table; with an error the file has no sections.
func (f *elfFile) parseSections(lim Limits) error {
	err := f.readSections()
	if err == nil {
		err = f.nameSections(lim)
	}
	if err != nil {
		f.sections = nil
	}
	return err
}

func (f *elfFile) is64() bool { return f.arch == x86.AMD64 }

// at returns the size bytes at file offset off, nil for none, or an error that
// names what.
func (f *elfFile) at(off, size uint64, what string) ([]byte, error) {
	end := off + size
	if size == 0 {
		return nil, nil
	}
	if end < off {
		return nil, fmt.Errorf("%w: %s at offset %#x of %#x bytes overflows", ErrMalformed, what, off, size)
	}
	if end > uint64(len(f.data)) {
		return nil, fmt.Errorf("%w: %s at offset %#x of %#x bytes ends past the file's %#x bytes",
			ErrTruncated, what, off, size, len(f.data))
	}
	return f.data[off:end:end], nil
}

// decode reads the little-endian structure v from the start of b, which is
// long enough.
func decode(b []byte, v any) {
	if _, err := binary.Decode(b, binary.LittleEndian, v); err != nil {
		panic(fmt.Sprintf("loader: decode %T from %d bytes: %v", v, len(b), err))
	}
}
