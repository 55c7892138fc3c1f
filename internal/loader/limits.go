package loader

import (
	"cmp"
	"errors"
)

// What ReadELF and Check say of an input; test with errors.Is.
var (
	ErrNotELF    = errors.New("not an ELF file")
	ErrTruncated = errors.New("truncated ELF file")
	ErrDynamic   = errors.New("dynamically linked program, link it with -static")
	ErrForeign   = errors.New("not an i386 or x86-64 Linux executable")
	ErrMalformed = errors.New("malformed image")
	ErrBounds    = errors.New("image over a limit")
)

// Limits bounds what a reader accepts. A zero field takes its default.
type Limits struct {
	Segments int    // loadable segments
	Memory   uint64 // bytes of memory of all segments together, and of the TLS block
	Symbols  int    // entries of the symbol table
	Name     int    // bytes of one symbol or section name
}

// The defaults of Limits.
const (
	DefaultSegments = 64
	DefaultMemory   = 512 << 20
	DefaultSymbols  = 1 << 20
	DefaultName     = 4096
)

// Fixed bounds of the ELF tables.
const (
	maxProgramHeaders = 256
	maxSections       = 1 << 14
	maxNameBytes      = 64 << 20 // of all symbol names together, which may overlap in the file
)

func (l Limits) withDefaults() Limits {
	l.Segments = cmp.Or(l.Segments, DefaultSegments)
	l.Memory = cmp.Or(l.Memory, DefaultMemory)
	l.Symbols = cmp.Or(l.Symbols, DefaultSymbols)
	l.Name = cmp.Or(l.Name, DefaultName)
	return l
}
