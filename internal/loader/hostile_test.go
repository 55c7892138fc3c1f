package loader_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/loader"
)

// Offsets of fields in ELF64 files (System V gABI, ch. 4 and 5).
const (
	eType, eMachine, eEntry, ePhoff, eShoff = 16, 18, 24, 32, 40
	ePhentsize, ePhnum, eShentsize          = 54, 56, 58
	eShnum, eShstrndx                       = 60, 62

	phTable, phSize                                     = 64, 56 // the table's place in hello64.elf
	pType, pFlags, pOffset, pVaddr                      = 0, 4, 8, 16
	pFilesz, pMemsz, pAlign                             = 32, 40, 48
	shSize, shLink, shEntsize, shOffset, shType, shName = 32, 40, 56, 24, 4, 0
)

// edit is a change of one field.
type edit struct {
	at, size int // both in bytes
	value    uint64
}

func program(i, field, size int, value uint64) edit {
	return edit{phTable + i*phSize + field, size, value}
}

func apply(t *testing.T, name string, edits ...edit) []byte {
	data := slices.Clone(elfFile(t, name))
	for _, e := range edits {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], e.value)
		require.Equal(t, e.size, copy(data[e.at:], b[:e.size]))
	}
	return data
}

// section gives the file offset of the header of the first section of a type.
func section(t *testing.T, data []byte, typ uint32) int {
	table := int(binary.LittleEndian.Uint64(data[eShoff:]))
	for at := table; at < len(data); at += 64 {
		if binary.LittleEndian.Uint32(data[at+shType:]) == typ {
			return at
		}
	}
	t.Fatalf("no section of type %d", typ)
	return 0
}

func TestHostileHeadersAreNamed(t *testing.T) {
	whole := elfFile(t, "hello64.elf")
	symtab, strtab := section(t, whole, 2), section(t, whole, 3)
	size := uint64(len(whole))
	const huge = 1<<64 - 1
	for name, c := range map[string]struct {
		edits []edit
		kind  error
		says  string
	}{
		"class":                {[]edit{{4, 1, 3}}, loader.ErrForeign, "class"},
		"class and machine":    {[]edit{{4, 1, 1}}, loader.ErrForeign, "x32"},
		"big endian":           {[]edit{{5, 1, 2}}, loader.ErrForeign, "byte order"},
		"ident version":        {[]edit{{6, 1, 9}}, loader.ErrMalformed, "e_ident version is 9"},
		"arm":                  {[]edit{{eMachine, 2, 183}}, loader.ErrForeign, "EM_AARCH64"},
		"core file":            {[]edit{{eType, 2, 4}}, loader.ErrForeign, "ET_CORE"},
		"library":              {[]edit{{eType, 2, 3}, {eEntry, 8, 0}}, loader.ErrForeign, "shared library"},
		"phentsize":            {[]edit{{ePhentsize, 2, 32}}, loader.ErrMalformed, "e_phentsize is 32, expected 56"},
		"phnum":                {[]edit{{ePhnum, 2, 0xffff}}, loader.ErrBounds, "e_phnum"},
		"no program headers":   {[]edit{{ePhnum, 2, 0}}, loader.ErrMalformed, "PT_LOAD"},
		"phoff past the end":   {[]edit{{ePhoff, 8, size}}, loader.ErrTruncated, "program header table at offset"},
		"phoff overflows":      {[]edit{{ePhoff, 8, huge}}, loader.ErrMalformed, "program header table"},
		"shentsize":            {[]edit{{eShentsize, 2, 63}}, loader.ErrMalformed, "e_shentsize"},
		"shnum":                {[]edit{{eShnum, 2, 0xffff}}, loader.ErrBounds, "e_shnum"},
		"shnum zero":           {[]edit{{eShnum, 2, 0}}, loader.ErrBounds, "e_shnum"},
		"shoff":                {[]edit{{eShoff, 8, size - 1}}, loader.ErrTruncated, "section header table"},
		"shstrndx":             {[]edit{{eShstrndx, 2, 99}}, loader.ErrMalformed, "e_shstrndx is 99"},
		"shstrndx no strings":  {[]edit{{eShstrndx, 2, 1}}, loader.ErrMalformed, "expected a string table"},
		"filesz over memsz":    {[]edit{program(0, pFilesz, 8, 0x18c)}, loader.ErrMalformed, "p_filesz 0x18c is over p_memsz"},
		"filesz past the end":  {[]edit{program(1, pFilesz, 8, 0x1390)}, loader.ErrTruncated, "program header 1 (PT_LOAD)"},
		"offset overflows":     {[]edit{program(1, pOffset, 8, huge-1)}, loader.ErrMalformed, "overflows"},
		"offset not congruent": {[]edit{program(0, pOffset, 8, 1)}, loader.ErrMalformed, "modulo the page size"},
		"memsz huge":           {[]edit{program(1, pMemsz, 8, 1<<40)}, loader.ErrBounds, "memory"},
		"memsz overflows":      {[]edit{program(1, pMemsz, 8, huge)}, loader.ErrMalformed, "outside the x86_64 address space"},
		"not canonical":        {[]edit{program(1, pVaddr, 8, 0x8000_0000_0ff8)}, loader.ErrMalformed, "outside the x86_64 address space"},
		"overlap":              {[]edit{program(1, pVaddr, 8, 0x3ffff8)}, loader.ErrMalformed, "not after the end"},
		"shared page":          {[]edit{program(1, pVaddr, 8, 0x400ff8)}, loader.ErrMalformed, "share a page"},
		"second TLS":           {[]edit{program(3, pType, 4, 7)}, loader.ErrMalformed, "a second one"},
		"TLS huge":             {[]edit{program(2, pMemsz, 8, 1<<50)}, loader.ErrBounds, "PT_TLS"},
		"TLS alignment":        {[]edit{program(2, pAlign, 8, 3)}, loader.ErrMalformed, "alignment 0x3"},
		"dynamic past the end": {[]edit{program(3, pType, 4, 2), program(3, pOffset, 8, size), program(3, pFilesz, 8, 16)}, loader.ErrTruncated, "PT_DYNAMIC"},
		"symtab entsize":       {[]edit{{symtab + shEntsize, 8, 0}}, loader.ErrMalformed, "entries of 0"},
		"symtab odd size":      {[]edit{{symtab + shSize, 8, 25}}, loader.ErrMalformed, "symbol table"},
		"symtab past the end":  {[]edit{{symtab + shSize, 8, 24 << 20}}, loader.ErrTruncated, "section"},
		"symtab link":          {[]edit{{symtab + shLink, 4, 77}}, loader.ErrMalformed, "sh_link"},
		"strtab short":         {[]edit{{strtab + shSize, 8, 10}}, loader.ErrMalformed, "string"},
		"section name":         {[]edit{{symtab + shName, 4, 1 << 30}}, loader.ErrMalformed, "name of section"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loader.ReadELF(apply(t, "hello64.elf", c.edits...), loader.Options{})
			require.Error(t, err)
			assert.ErrorIs(t, err, c.kind)
			assert.ErrorContains(t, err, c.says)
		})
	}
}

func TestSectionTableIsNotNeeded(t *testing.T) {
	m, err := loader.ReadELF(apply(t, "hello64.elf", edit{eShoff, 8, 0}), loader.Options{})
	require.NoError(t, err)
	assert.Len(t, m.Segments, 2)
	assert.Zero(t, m.Symbols.Len())
}

func TestEveryTruncationIsAnError(t *testing.T) {
	for _, name := range []string{"hello32.elf", "hello64.elf"} {
		whole := elfFile(t, name)
		for n := range whole {
			_, err := loader.ReadELF(whole[:n:n], loader.Options{})
			if n < 4 {
				assert.ErrorIs(t, err, loader.ErrNotELF, n)
			} else if !assert.ErrorIs(t, err, loader.ErrTruncated, n) {
				return
			}
		}
	}
}

func TestLimitsAreKept(t *testing.T) {
	for name, lim := range map[string]loader.Limits{
		"segments": {Segments: 1},
		"memory":   {Memory: 0x1000},
		"symbols":  {Symbols: 5},
		"string":   {Name: 3},
	} {
		_, err := loader.ReadELF(elfFile(t, "hello64.elf"), loader.Options{Limits: lim})
		assert.ErrorIs(t, err, loader.ErrBounds, name)
		assert.ErrorContains(t, err, name)
	}
}

// TestOverlappingNamesAreBounded: every symbol may name a suffix of one long
// string, so that small files hold very long names.
func TestOverlappingNamesAreBounded(t *testing.T) {
	whole := elfFile(t, "hello64.elf")
	symtab, strtab := section(t, whole, 2), section(t, whole, 3)
	const symbols, nameSize = 1 << 15, 4000
	table, names := len(whole), len(whole)+24*symbols
	data := slices.Concat(apply(t, "hello64.elf",
		edit{symtab + shOffset, 8, uint64(table)}, edit{symtab + shSize, 8, 24 * symbols},
		edit{strtab + shOffset, 8, uint64(names)}, edit{strtab + shSize, 8, nameSize + 2},
	), make([]byte, 24*symbols), slices.Repeat([]byte("a"), nameSize+1), []byte{0})
	for i := range symbols {
		entry := data[table+24*i:]
		entry[0], entry[6] = 1, 1 // st_name, st_shndx of .text
	}
	_, err := loader.ReadELF(data, loader.Options{})
	assert.ErrorIs(t, err, loader.ErrBounds)
	assert.ErrorContains(t, err, "together")
}

// FuzzReadELF is run with -fuzzminimizetime 1x: by default the engine spends a
// minute shortening each of its first finds, files of 5 KB, and tries no others.
func FuzzReadELF(f *testing.F) {
	for _, name := range []string{
		"hello32.elf", "hello64.elf", "pie32.elf", "pie64.elf", "stripped64.elf",
		"execstack64.elf", "interp64.elf", "needed64.elf", "object64.elf", "x32.elf", "lines64.elf",
	} {
		f.Add(elfFile(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lim := loader.Limits{Memory: 1 << 30}
		m, err := loader.ReadELF(data, loader.Options{Limits: lim, Bias: 0x10000})
		if err != nil {
			require.Nil(t, m)
			return
		}
		require.NoError(t, m.Check(lim))
		for i := range m.Segments {
			s := &m.Segments[i]
			require.Same(t, s, m.SegmentAt(s.Addr))
			require.Same(t, s, m.SegmentAt(s.Addr+s.MemSize-1))
		}
		for s := range m.Symbols.All() {
			_, ok := m.Symbols.Lookup(s.Name)
			require.True(t, ok)
			m.Symbols.At(s.Addr)
		}
		if lines, err := loader.ReadLines(data, lim); err == nil {
			for r := range lines.All() {
				require.Positive(t, r.Line)
			}
		}
	})
}

// What Linux does not look at keeps no program from running: it has no names then, and the image tells why.
func TestWrongSectionTables(t *testing.T) {
	whole := elfFile(t, "hello64.elf")
	sound, err := loader.ReadELF(whole, loader.Options{Interpreter: true})
	require.NoError(t, err)
	require.NoError(t, sound.NoNames)
	require.Positive(t, sound.Symbols.Len())
	table := int(binary.LittleEndian.Uint64(whole[eShoff:]))
	symtab := section(t, whole, 2)
	for name, data := range map[string][]byte{
		"outside":   apply(t, "hello64.elf", edit{eShoff, 8, 1 << 40}),
		"many":      apply(t, "hello64.elf", edit{eShnum, 2, 60000}),
		"narrow":    apply(t, "hello64.elf", edit{eShentsize, 2, 7}),
		"no names":  apply(t, "hello64.elf", edit{eShstrndx, 2, 5000}),
		"long":      apply(t, "hello64.elf", edit{symtab + shSize, 8, 1 << 62}),
		"no string": apply(t, "hello64.elf", edit{symtab + shLink, 4, 77}),
		"cut":       whole[:table+100],
		"gone":      whole[:table],
	} {
		_, err := loader.ReadELF(data, loader.Options{})
		require.Error(t, err, name)
		m, err := loader.ReadELF(data, loader.Options{Interpreter: true})
		require.NoError(t, err, name)
		assert.Error(t, m.NoNames, name)
		assert.Zero(t, m.Symbols.Len(), name)
		require.Len(t, m.Segments, len(sound.Segments), name)
		assert.Equal(t, sound.Entry, m.Entry, name)
	}
	const version = 6 // of e_ident
	data := apply(t, "hello64.elf", edit{version, 1, 9})
	_, err = loader.ReadELF(data, loader.Options{})
	require.ErrorIs(t, err, loader.ErrMalformed)
	m, err := loader.ReadELF(data, loader.Options{Interpreter: true})
	require.NoError(t, err)
	require.Equal(t, sound.Symbols.Len(), m.Symbols.Len())
}
