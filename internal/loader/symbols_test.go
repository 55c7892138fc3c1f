package loader_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/loader"
)

// kernelText is a small table: two functions with labels inside, one routine
// without a size, data.
func kernelText() loader.Symbols {
	return loader.NewSymbols([]loader.Symbol{
		{Name: "do_int3", Addr: 0x100, Size: 0x40, Kind: loader.Function, Binding: loader.Global},
		{Name: "retry", Addr: 0x110},
		{Name: "__do_trap", Addr: 0x140, Size: 0x20, Kind: loader.Function},
		{Name: "do_trap", Addr: 0x140, Size: 0x20, Kind: loader.Function},
		{Name: "a_label", Addr: 0x140, Binding: loader.Global},
		{Name: "routine", Addr: 0x170},
		{Name: "counter", Addr: 0x1000, Size: 8, Kind: loader.Object, Binding: loader.Global},
	})
}

func TestAtNamesTheFunctionThatCoversTheAddress(t *testing.T) {
	table := kernelText()
	for addr, want := range map[uint64]string{
		0x100:            "do_int3",
		0x10f:            "do_int3+0xf",
		0x110:            "do_int3+0x10", // not the label inside
		0x13f:            "do_int3+0x3f",
		0x140:            "do_trap", // a function before a global label, fewer underscores first
		0x15f:            "do_trap+0x1f",
		0x165:            "do_trap+0x25", // padding
		0x170:            "routine",
		0x180:            "routine+0x10",
		0x1007:           "counter+0x7",
		0x1008 + 0x10000: "counter+0x10008",
		0x1009 + 0x10000: "0x11009", // too far to be meant
		0xff:             "0xff",
	} {
		assert.Equal(t, want, table.Format(addr), "%#x", addr)
	}
}

func TestParseReadsWhatFormatWrites(t *testing.T) {
	table := kernelText()
	for _, addr := range []uint64{0, 0xff, 0x100, 0x111, 0x145, 0x171, 0x1003, 0xffffffffffffffff} {
		got, err := table.Parse(table.Format(addr))
		require.NoError(t, err)
		assert.Equal(t, addr, got)
	}
	got, err := table.Parse("do_int3+16")
	require.NoError(t, err)
	assert.Equal(t, uint64(0x110), got)
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	table := kernelText()
	for text, want := range map[string]string{
		"":                             "empty address",
		"nobody":                       `no such symbol: "nobody"`,
		"nobody+3":                     `no such symbol: "nobody"`,
		"12":                           "expected 0x",
		"0x":                           "expected 0x",
		"0x12345678123456789":          "at most 16",
		"do_int3+":                     `offset ""`,
		"do_int3+zz":                   `offset "zz"`,
		"do_int3+-1":                   `offset "-1"`,
		"do_int3+0xffffffffffffffff":   "past 64 bits",
		"do_int3+18446744073709551616": "expected a decimal number",
	} {
		_, err := table.Parse(text)
		assert.ErrorContains(t, err, want, text)
	}
	_, err := table.Parse("nobody")
	assert.ErrorIs(t, err, loader.ErrNoSymbol)
}

func TestNameWithPlusIsTriedWhole(t *testing.T) {
	table := loader.NewSymbols([]loader.Symbol{{Name: "operator+", Addr: 8}, {Name: "operator", Addr: 64}})
	addr, err := table.Parse("operator+")
	require.NoError(t, err)
	assert.Equal(t, uint64(8), addr)
	addr, err = table.Parse("operator++0x1")
	require.NoError(t, err)
	assert.Equal(t, uint64(9), addr)
}

func TestLookupPrefersGlobalAndNamedGivesAll(t *testing.T) {
	table := loader.NewSymbols([]loader.Symbol{
		{Name: "init", Addr: 1}, {Name: "init", Addr: 9, Binding: loader.Global}, {Name: "init", Addr: 5, Binding: loader.Weak},
		{Name: "initial", Addr: 3},
	})
	s, ok := table.Lookup("init")
	require.True(t, ok)
	assert.Equal(t, uint64(9), s.Addr)
	var addrs []uint64
	for s := range table.Named("init") {
		addrs = append(addrs, s.Addr)
	}
	assert.Equal(t, []uint64{9, 5, 1}, addrs)
	_, ok = table.Lookup("ini")
	assert.False(t, ok)
}

func TestMergeLeavesCopiesAlone(t *testing.T) {
	user := loader.NewSymbols([]loader.Symbol{{Name: "main", Addr: 0x1000}})
	both := user
	both.Merge(kernelText())
	both.Add(loader.Symbol{Name: "main", Addr: 0x1000})
	assert.Equal(t, 1, user.Len())
	assert.Equal(t, 8, both.Len(), "an equal symbol is kept once")
	assert.True(t, slices.IsSortedFunc(slices.Collect(both.All()), func(a, b loader.Symbol) int {
		return int(int64(a.Addr - b.Addr))
	}))
	assert.Equal(t, loader.Symbols{}, loader.NewSymbols(nil))
}

func TestEmptyTableNamesNothing(t *testing.T) {
	var table loader.Symbols
	_, _, ok := table.At(5)
	assert.False(t, ok)
	assert.Equal(t, "0x5", table.Format(5))
}

// TestAtEqualsASlowSearch: a second, naive implementation over tables small
// enough that no bound of At is met.
func TestAtEqualsASlowSearch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) loader.Symbol {
			return loader.Symbol{
				Name: rapid.StringMatching(`_?[a-c]`).Draw(t, "name"),
				Addr: rapid.Uint64Range(0, 20).Draw(t, "addr"),
				Size: rapid.Uint64Range(0, 8).Draw(t, "size"),
				Kind: rapid.SampledFrom([]loader.Kind{loader.NoType, loader.Function}).Draw(t, "kind"),
			}
		}), 0, 12).Draw(t, "symbols")
		addr := rapid.Uint64Range(0, 30).Draw(t, "address")
		table := loader.NewSymbols(list)

		want, found := uint64(0), false // the address that names addr
		for _, s := range list {
			if s.Addr <= addr && (!found || s.Addr > want) {
				want, found = s.Addr, true
			}
		}
		covered := false
		for _, s := range list {
			if s.Kind == loader.Function && s.Addr <= addr && addr < s.Addr+s.Size && (!covered || s.Addr > want) {
				want, covered = s.Addr, true
			}
		}
		got, offset, ok := table.At(addr)
		if ok != found || ok && (got.Addr != want || got.Addr+offset != addr) {
			t.Fatalf("At(%d) = %+v+%d %t, expected a symbol at %d %t", addr, got, offset, ok, want, found)
		}
	})
}
