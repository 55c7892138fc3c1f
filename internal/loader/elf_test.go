package loader_test

import (
	"debug/elf"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/loader"
)

// elfFile reads one of the small programs of testdata.
func elfFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return data
}

func TestReadELFAgreesWithDebugELF(t *testing.T) {
	for _, name := range []string{"hello32.elf", "hello64.elf", "pie32.elf", "pie64.elf", "execstack64.elf"} {
		t.Run(name, func(t *testing.T) {
			m, err := loader.ReadELF(elfFile(t, name), loader.Options{})
			require.NoError(t, err)
			compareWithDebugELF(t, m, filepath.Join("testdata", name), 0)
		})
	}
}

// compareWithDebugELF holds an image read with a load bias against what the
// standard library reads from the file.
func compareWithDebugELF(t *testing.T, m *loader.Image, path string, bias uint64) {
	t.Helper()
	f, err := elf.Open(path)
	require.NoError(t, err)
	defer f.Close()
	assert.Equal(t, f.Entry+bias, m.Entry)

	var want []loader.Segment
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		s := loader.Segment{Addr: p.Vaddr + bias, MemSize: p.Memsz, Offset: p.Off, Data: make([]byte, p.Filesz)}
		_, err := p.ReadAt(s.Data, 0)
		require.NoError(t, err)
		for flag, prot := range map[elf.ProgFlag]loader.Prot{
			elf.PF_R: loader.ProtR, elf.PF_W: loader.ProtW, elf.PF_X: loader.ProtX,
		} {
			if p.Flags&flag != 0 {
				s.Prot |= prot
			}
		}
		want = append(want, s)
	}
	assert.Equal(t, want, m.Segments)

	symbols, err := f.Symbols()
	require.NoError(t, err)
	type place struct {
		name       string
		addr, size uint64
	}
	wanted, got := make(map[place]bool), make(map[place]bool)
	for _, s := range symbols {
		typ := elf.ST_TYPE(s.Info)
		if s.Section != elf.SHN_UNDEF && s.Section < elf.SHN_LORESERVE && s.Name != "" &&
			typ != elf.STT_TLS && typ != elf.STT_SECTION && typ != elf.STT_FILE {
			wanted[place{s.Name, s.Value + bias, s.Size}] = true
		}
	}
	for s := range m.Symbols.All() {
		got[place{s.Name, s.Addr, s.Size}] = true
	}
	assert.Equal(t, wanted, got)
}

func TestSymbolKindsAndBindings(t *testing.T) {
	m, err := loader.ReadELF(elfFile(t, "hello64.elf"), loader.Options{})
	require.NoError(t, err)
	for _, want := range []loader.Symbol{
		{Name: "_start", Addr: 0x400158, Size: 31, Kind: loader.Function, Binding: loader.Global},
		{Name: "where", Addr: 0x400177, Size: 14, Kind: loader.Function, Binding: loader.Local},
		{Name: "counter", Addr: 0x402000, Size: 4, Kind: loader.Object, Binding: loader.Global},
		{Name: "message", Addr: 0x400185, Kind: loader.NoType, Binding: loader.Local},
	} {
		got, ok := m.Symbols.Lookup(want.Name)
		assert.True(t, ok, want.Name)
		assert.Equal(t, want, got)
	}
	_, ok := m.Symbols.Lookup("per_thread")
	assert.False(t, ok, "a TLS symbol is an offset, not an address")
}

func TestStaticPIEIsMovedByTheBias(t *testing.T) {
	for name, bias := range map[string]uint64{"pie64.elf": 0x555555554000, "pie32.elf": 0x56555000} {
		m, err := loader.ReadELF(elfFile(t, name), loader.Options{Bias: bias})
		require.NoError(t, err)
		compareWithDebugELF(t, m, filepath.Join("testdata", name), bias)
		assert.NotZero(t, m.TLS.Addr&bias)
		assert.Equal(t, m.Segments[0].Addr+uint64(map[string]int{"pie64.elf": 64, "pie32.elf": 52}[name]), m.Headers.Addr)
	}
}

func TestBiasDoesNotMoveFixedPrograms(t *testing.T) {
	m, err := loader.ReadELF(elfFile(t, "hello64.elf"), loader.Options{Bias: 0x10000})
	require.NoError(t, err)
	compareWithDebugELF(t, m, filepath.Join("testdata", "hello64.elf"), 0)
}

func TestBiasIsWholePagesWithinTheAddressSpace(t *testing.T) {
	_, err := loader.ReadELF(elfFile(t, "pie64.elf"), loader.Options{Bias: 0x10})
	assert.ErrorContains(t, err, "bias 0x10 is not a multiple")
	_, err = loader.ReadELF(elfFile(t, "pie32.elf"), loader.Options{Bias: 0xfffff000})
	assert.ErrorIs(t, err, loader.ErrMalformed)
	_, err = loader.ReadELF(elfFile(t, "pie64.elf"), loader.Options{Bias: 0x7ffffffff000})
	assert.ErrorIs(t, err, loader.ErrMalformed)
}

func TestThreadLocalStorageAndStackAndHeaders(t *testing.T) {
	for name, c := range map[string]struct {
		stack   loader.StackKind
		headers loader.ProgramHeaders
		tls     uint64
	}{
		"hello64.elf":     {loader.StackNoExec, loader.ProgramHeaders{Addr: 0x400040, EntrySize: 56, Count: 5}, 0x401ff8},
		"execstack64.elf": {loader.StackExec, loader.ProgramHeaders{Addr: 0x400040, EntrySize: 56, Count: 5}, 0x401ff8},
		"hello32.elf":     {loader.StackNoExec, loader.ProgramHeaders{Addr: 0x8048034, EntrySize: 32, Count: 5}, 0x8049ff8},
	} {
		m, err := loader.ReadELF(elfFile(t, name), loader.Options{})
		require.NoError(t, err)
		assert.Equal(t, c.stack, m.Stack, name)
		assert.Equal(t, c.headers, m.Headers, name)
		require.NotNil(t, m.TLS, name)
		assert.Equal(t, loader.TLS{Addr: c.tls, Data: []byte{7, 0, 0, 0}, MemSize: 16, Align: 8}, *m.TLS, name)
	}
}

func TestStrippedProgramHasNoSymbols(t *testing.T) {
	m, err := loader.ReadELF(elfFile(t, "stripped64.elf"), loader.Options{})
	require.NoError(t, err)
	assert.Zero(t, m.Symbols.Len())
	assert.Equal(t, uint64(0x400158), m.Entry)
}

func TestFileOffsetsMapToAddresses(t *testing.T) {
	m, err := loader.ReadELF(elfFile(t, "hello64.elf"), loader.Options{})
	require.NoError(t, err)
	off, ok := m.OffsetOfAddr(0x400177)
	assert.True(t, ok)
	assert.Equal(t, uint64(0x177), off)
	addr, ok := m.AddrOfOffset(0x177)
	assert.True(t, ok)
	assert.Equal(t, uint64(0x400177), addr)
	addr, ok = m.AddrOfOffset(0x1000) // .data
	assert.True(t, ok)
	assert.Equal(t, uint64(0x402000), addr)

	_, ok = m.OffsetOfAddr(0x402004) // .bss is not in the file
	assert.False(t, ok)
	_, ok = m.OffsetOfAddr(0x3fffff)
	assert.False(t, ok)
	_, ok = m.AddrOfOffset(0x10000000)
	assert.False(t, ok)
}

func TestOffsetMappedTwiceIsTakenFromTheCode(t *testing.T) {
	m := loader.Image{Segments: []loader.Segment{
		{Addr: 0x1000, Data: make([]byte, 16), MemSize: 16, Prot: loader.ProtR, Offset: 0x100},
		{Addr: 0x2000, Data: make([]byte, 16), MemSize: 16, Prot: loader.ProtR | loader.ProtX, Offset: 0x100},
	}}
	addr, ok := m.AddrOfOffset(0x10f)
	assert.True(t, ok)
	assert.Equal(t, uint64(0x200f), addr)
}

func TestForeignFilesAreToldApart(t *testing.T) {
	for name, want := range map[string]error{
		"interp64.elf": loader.ErrDynamic,
		"needed64.elf": loader.ErrDynamic,
		"object64.elf": loader.ErrForeign,
		"x32.elf":      loader.ErrForeign,
		"build.sh":     loader.ErrNotELF,
	} {
		_, err := loader.ReadELF(elfFile(t, name), loader.Options{})
		assert.ErrorIs(t, err, want, name)
	}
	_, err := loader.ReadELF(elfFile(t, "interp64.elf"), loader.Options{})
	assert.ErrorContains(t, err, "link it with -static")
	_, err = loader.ReadELF(nil, loader.Options{})
	assert.ErrorIs(t, err, loader.ErrNotELF)
}
