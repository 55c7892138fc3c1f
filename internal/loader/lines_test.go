package loader_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/loader"
)

func TestLineMapIsMadeCanonical(t *testing.T) {
	m := loader.NewLineMap([]loader.LineRange{
		{Addr: 20, Size: 5, Line: 3},
		{Addr: 10, Size: 100, Line: 1}, // cut at 20
		{Addr: 25, Size: 5, Line: 3},   // joined to the one at 20
		{Addr: 40, Size: 0, Line: 4},   // empty
		{Addr: 50, Size: 5, Line: 0},   // no line
		{Addr: 60, Size: 5, Line: 1},
	})
	assert.Equal(t, []loader.LineRange{
		{Addr: 10, Size: 10, Line: 1}, {Addr: 20, Size: 10, Line: 3}, {Addr: 60, Size: 5, Line: 1},
	}, slices.Collect(m.All()))

	for addr, want := range map[uint64]int{9: 0, 10: 1, 19: 1, 20: 3, 29: 3, 30: 0, 60: 1, 64: 1, 65: 0} {
		line, ok := m.LineAt(addr)
		assert.Equal(t, want, line, addr)
		assert.Equal(t, want != 0, ok, addr)
	}
	addr, ok := m.AddrOfLine(1)
	assert.True(t, ok)
	assert.Equal(t, uint64(10), addr, "the lowest")
	_, ok = m.AddrOfLine(2)
	assert.False(t, ok)
}

func TestReadLinesReadsDWARF(t *testing.T) {
	data := elfFile(t, "lines64.elf")
	lines, err := loader.ReadLines(data, loader.Limits{})
	require.NoError(t, err)
	m, err := loader.ReadELF(data, loader.Options{})
	require.NoError(t, err)
	for symbol, want := range map[string]int{"_start": 3, "where": 13} {
		s, ok := m.Symbols.Lookup(symbol)
		require.True(t, ok)
		line, ok := lines.LineAt(s.Addr)
		assert.True(t, ok)
		assert.Equal(t, want, line, symbol)
	}
}

func TestProgramWithoutDebugInformationHasNoLines(t *testing.T) {
	lines, err := loader.ReadLines(elfFile(t, "hello64.elf"), loader.Limits{})
	require.NoError(t, err)
	assert.Zero(t, lines.Len())
}
