package loader_test

import (
	"bytes"
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/loader"
	"trapline/internal/x86"
)

// What ELF writes, ReadELF and debug/elf read: the same image.
func TestELFIsReadBack(t *testing.T) {
	for _, name := range []string{"hello32.elf", "hello64.elf", "execstack64.elf", "stripped64.elf"} {
		t.Run(name, func(t *testing.T) {
			want, err := loader.ReadELF(elfFile(t, name), loader.Options{})
			require.NoError(t, err)
			data, err := loader.ELF(want)
			require.NoError(t, err)
			got, err := loader.ReadELF(data, loader.Options{})
			require.NoError(t, err)
			path := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.WriteFile(path, data, 0o644))
			if want.Symbols.Len() > 0 {
				compareWithDebugELF(t, got, path, 0)
			}
			require.Equal(t, want.TLS, got.TLS)
			require.Equal(t, want.Stack, got.Stack)
			require.Equal(t, slices.Collect(want.Symbols.All()), slices.Collect(got.Symbols.All()))
			for i := range got.Segments {
				require.Equal(t, got.Segments[i].Addr%loader.PageSize, got.Segments[i].Offset%loader.PageSize)
				got.Segments[i].Offset = want.Segments[i].Offset
			}
			require.Equal(t, want.Segments, got.Segments)
		})
	}
}

func TestELFSectionsNameTheSegments(t *testing.T) {
	image := &loader.Image{Arch: x86.I386, Entry: 0x8048010, Segments: []loader.Segment{
		{Addr: 0x8048000, Data: make([]byte, 32), MemSize: 32, Prot: loader.ProtR | loader.ProtX},
		{Addr: 0x8049000, Data: []byte{1, 2}, MemSize: 2, Prot: loader.ProtR | loader.ProtW},
		{Addr: 0x804a000, MemSize: 64, Prot: loader.ProtR | loader.ProtW},
	}}
	image.Symbols.Add(loader.Symbol{Name: "_start", Addr: 0x8048010, Binding: loader.Global})
	data, err := loader.ELF(image)
	require.NoError(t, err)
	f, err := elf.NewFile(bytes.NewReader(data))
	require.NoError(t, err)
	require.Equal(t, elf.EM_386, f.Machine)
	require.Equal(t, uint64(0x8048010), f.Entry)
	for name, addr := range map[string]uint64{".text": 0x8048000, ".data": 0x8049000, ".bss": 0x804a000} {
		require.Equal(t, addr, f.Section(name).Addr)
	}
	symbols, err := f.Symbols()
	require.NoError(t, err)
	require.Equal(t, "_start", symbols[0].Name)
	require.Equal(t, ".text", f.Sections[symbols[0].Section].Name)
}

func TestELFRefusesWhatCannotBeMapped(t *testing.T) {
	_, err := loader.ELF(&loader.Image{Arch: x86.I386, Segments: []loader.Segment{{Addr: 0xfffff000, MemSize: 0x2000}}})
	require.ErrorIs(t, err, loader.ErrMalformed)
}
