// Package source reads what a program's debug information (DWARF) tells of its source: lines, functions and variables.
package source

import (
	"bytes"
	"cmp"
	"debug/dwarf"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-delve/delve/pkg/dwarf/frame"
)

// ErrNone means that a file has no debug information.
var ErrNone = errors.New("no debug information; expected a program compiled with -g")

// Bounds on what is read.
const (
	maxSection = 1 << 30 // bytes of a section, uncompressed
	maxRows    = 1 << 23 // of all line tables
)

// Program is what the debug information of an ELF file tells. Addresses are those of the file, without a load bias.
type Program struct {
	file  *elf.File
	data  *dwarf.Data
	units []*unit

	frames frame.FrameDescriptionEntries // of the unwinding tables, once they are read
}

// unit is a compilation unit.
type unit struct {
	program   *Program
	entry     *dwarf.Entry
	dir       string
	files     []*dwarf.LineFile
	rows      []dwarf.LineEntry // in order of addresses, of one address as the table has them
	functions []*Function
	moves     bool // some variable is in several places: the code was optimized
}

// Function is a subprogram that has code.
type Function struct {
	Name    string   // as the source names it
	Linkage string   // the symbol, "" where it is the name
	File    string   // where it is declared
	Line    int      // of its declaration, from 1
	Entry   uint64   // linear address, 0 if all of it is inlined
	Inlined []uint64 // where its copies in other functions begin

	unit   *unit
	entry  *dwarf.Entry
	ranges [][2]uint64
	copies [][2]uint64 // ranges of its copies
	moves  bool        // some variable in it is in several places
}

// Read reads an ELF file. A file without debug information is ErrNone.
func Read(data []byte) (p *Program, err error) {
	defer func() { // debug/elf and debug/dwarf trust much of what they read
		if x := recover(); x != nil {
			p, err = nil, fmt.Errorf("debug information: %v", x)
		}
	}()
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if f.Section(".debug_info") == nil && f.Section(".zdebug_info") == nil {
		return nil, ErrNone
	}
	for _, s := range f.Sections {
		if strings.Contains(s.Name, "debug") && s.Size > maxSection {
			return nil, fmt.Errorf("debug information: section %s has %d bytes, at most %d are read", s.Name, s.Size, maxSection)
		}
	}
	d, err := f.DWARF()
	if err != nil {
		return nil, fmt.Errorf("debug information: %w", err)
	}
	p = &Program{file: f, data: d}
	if err := p.readUnits(); err != nil {
		return nil, fmt.Errorf("debug information: %w", err)
	}
	return p, nil
}

func (p *Program) readUnits() error {
	r := p.data.Reader()
	rows := 0
	for {
		e, err := r.Next()
		if err != nil || e == nil {
			return err
		}
		if e.Tag != dwarf.TagCompileUnit {
			r.SkipChildren()
			continue
		}
		u := &unit{program: p, entry: e}
		u.dir, _ = e.Val(dwarf.AttrCompDir).(string)
		if err := u.readRows(); err != nil {
			return err
		}
		if rows += len(u.rows); rows > maxRows {
			return fmt.Errorf("more than %d rows of line tables", maxRows)
		}
		if err := u.readFunctions(r); err != nil {
			return err
		}
		p.units = append(p.units, u)
	}
}

func (u *unit) readRows() error {
	l, err := u.program.data.LineReader(u.entry)
	if err != nil || l == nil {
		return err
	}
	for len(u.rows) <= maxRows {
		var row dwarf.LineEntry
		err := l.Next(&row)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		u.rows = append(u.rows, row)
	}
	u.files = l.Files()
	slices.SortStableFunc(u.rows, func(a, b dwarf.LineEntry) int {
		switch {
		case a.Address != b.Address:
			return cmp.Compare(a.Address, b.Address)
		case a.EndSequence != b.EndSequence: // the end of one range is the beginning of the next
			if a.EndSequence {
				return -1
			}
			return 1
		}
		return 0
	})
	return nil
}

// readFunctions reads the unit's subprograms, also those inside others and in namespaces.
func (u *unit) readFunctions(r *dwarf.Reader) error {
	copies := map[dwarf.Offset][]inlined{} // of what entry
	defer func() {
		for _, f := range u.functions {
			for _, c := range copies[f.entry.Offset] {
				f.Inlined, f.copies = append(f.Inlined, c.entry), append(f.copies, c.ranges...)
			}
		}
		u.functions = slices.DeleteFunc(u.functions, func(f *Function) bool { return len(f.ranges)+len(f.copies) == 0 })
	}()
	var last *Function // whose entries are read, if they are deeper than its own
	lastDepth := 0
	for depth := 1; depth > 0; {
		e, err := r.Next()
		switch {
		case err != nil:
			return err
		case e == nil:
			return nil
		case e.Tag == 0:
			depth--
			continue
		case e.Tag == dwarf.TagSubprogram:
			ranges, err := u.program.data.Ranges(e)
			if err != nil {
				return err
			}
			if _, named := u.attr(e, dwarf.AttrName).(string); named && (len(ranges) > 0 || e.Val(dwarf.AttrInline) != nil) {
				last, lastDepth = u.function(e, ranges), depth
				u.functions = append(u.functions, last)
			}
		case e.Tag == dwarf.TagVariable || e.Tag == dwarf.TagFormalParameter:
			l := e.AttrField(dwarf.AttrLocation)
			moves := l != nil && (l.Class == dwarf.ClassLocListPtr || l.Class == dwarf.ClassLocList)
			u.moves = u.moves || moves
			if last != nil && depth > lastDepth {
				last.moves = last.moves || moves
			}
		case e.Tag == dwarf.TagInlinedSubroutine:
			origin, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
			ranges, err := u.program.data.Ranges(e)
			if err != nil {
				return err
			}
			if ok && len(ranges) > 0 {
				copies[origin] = append(copies[origin], inlined{entryOf(e, ranges), ranges})
			}
		}
		if e.Children {
			depth++
		}
	}
	return nil
}

func (u *unit) function(e *dwarf.Entry, ranges [][2]uint64) *Function {
	f := &Function{unit: u, entry: e, ranges: ranges}
	if len(ranges) > 0 {
		f.Entry = entryOf(e, ranges)
	}
	f.Name, _ = u.attr(e, dwarf.AttrName).(string)
	f.Linkage, _ = u.attr(e, dwarf.AttrLinkageName).(string)
	if n, ok := u.attr(e, dwarf.AttrDeclLine).(int64); ok {
		f.Line = int(n)
	}
	if n, ok := u.attr(e, dwarf.AttrDeclFile).(int64); ok {
		f.File = u.fileName(int(n))
	}
	return f
}

// inlined is a copy of a function in another one.
type inlined struct {
	entry  uint64
	ranges [][2]uint64
}

// entryOf is where code is entered that has an entry's ranges.
func entryOf(e *dwarf.Entry, ranges [][2]uint64) uint64 {
	switch at := e.Val(dwarf.AttrEntrypc).(type) {
	case uint64:
		return at
	case int64: // from the lowest address on
		return ranges[0][0] + uint64(at)
	}
	if low, ok := e.Val(dwarf.AttrLowpc).(uint64); ok {
		return low
	}
	return ranges[0][0]
}

// attr is an attribute of an entry or of what it stands for: its abstract origin, its declaration.
func (u *unit) attr(e *dwarf.Entry, a dwarf.Attr) any {
	for range maxOrigins {
		if v := e.Val(a); v != nil {
			return v
		}
		off, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
		if !ok {
			if off, ok = e.Val(dwarf.AttrSpecification).(dwarf.Offset); !ok {
				return nil
			}
		}
		r := u.program.data.Reader()
		r.Seek(off)
		next, err := r.Next()
		if err != nil || next == nil {
			return nil
		}
		e = next
	}
	return nil
}

// maxOrigins bounds a chain of entries that stand for each other.
const maxOrigins = 8

func (u *unit) fileName(n int) string {
	if n < 0 || n >= len(u.files) || u.files[n] == nil {
		return ""
	}
	return u.files[n].Name
}

// has tells whether the function's code has an address, apart from its copies in other functions.
func (f *Function) has(addr uint64) bool { return within(f.ranges, addr) }

func within(ranges [][2]uint64, addr uint64) bool {
	return slices.ContainsFunc(ranges, func(r [2]uint64) bool { return r[0] <= addr && addr < r[1] })
}

// Functions lists the functions of a name, in source or as symbols.
func (p *Program) Functions(name string) []*Function {
	var l []*Function
	for _, u := range p.units {
		for _, f := range u.functions {
			if f.Name == name || f.Linkage == name {
				l = append(l, f)
			}
		}
	}
	return l
}

// At is the function whose code has an address; nil if none is known.
func (p *Program) At(addr uint64) *Function {
	for _, u := range p.units {
		for _, f := range u.functions {
			if f.has(addr) {
				return f
			}
		}
	}
	return nil
}

// Offset is the file offset of the byte at an address.
func (p *Program) Offset(addr uint64) (offset uint64, ok bool) {
	for _, s := range p.file.Progs {
		if s.Type == elf.PT_LOAD && addr-s.Vaddr < s.Filesz {
			return s.Off + addr - s.Vaddr, true
		}
	}
	return 0, false
}

// wordSize is that of an address, in bytes.
func (p *Program) wordSize() int {
	if p.file.Class == elf.ELFCLASS64 {
		return 8
	}
	return 4
}

// Address is the linear address of the byte at a file offset.
func (p *Program) Address(offset uint64) (addr uint64, ok bool) {
	for _, s := range p.file.Progs {
		if s.Type == elf.PT_LOAD && offset-s.Off < s.Filesz {
			if addr, ok = s.Vaddr+offset-s.Off, true; s.Flags&elf.PF_X != 0 {
				return addr, true
			}
		}
	}
	return addr, ok
}
