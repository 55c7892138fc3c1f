package loader_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/loader"
	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// lesson is an image made by hand, with everything a listing carries.
func lesson() (*loader.Image, string) {
	source := "_start: push %ebp\n nop; nop\n\tret\ncounter: .long 5\n"
	return &loader.Image{
		Arch: x86.I386, Entry: 0xc0100000,
		Segments: []loader.Segment{
			{Addr: 0xc0100000, Data: []byte{0x55, 0x90, 0x90, 0xc3}, MemSize: 4, Prot: codeProt, Offset: 0x1000},
			{Addr: 0xc0102000, Data: append([]byte{5, 0, 0, 0}, bytes.Repeat([]byte{0xcc}, 100)...), MemSize: 0x200,
				Prot: loader.ProtR | loader.ProtW, Offset: 0x3000},
			{Addr: 0xc0103000, MemSize: 0x1000, Prot: loader.ProtR | loader.ProtW, Offset: 0x4000},
		},
		Symbols: loader.NewSymbols([]loader.Symbol{
			{Name: "_start", Addr: 0xc0100000, Size: 4, Kind: loader.Function, Binding: loader.Global},
			{Name: "end", Addr: 0xc0100004},
			{Name: "two words\n\xff", Addr: 0xc0100002, Binding: loader.Weak},
			{Name: "counter", Addr: 0xc0102000, Size: 4, Kind: loader.Object},
			{Name: "stack_top", Addr: 0xc0104000},
		}),
		Lines: loader.NewLineMap([]loader.LineRange{
			{Addr: 0xc0100000, Size: 1, Line: 1}, {Addr: 0xc0100001, Size: 2, Line: 2},
			{Addr: 0xc0100003, Size: 1, Line: 3}, {Addr: 0xc0102000, Size: 4, Line: 4},
		}),
	}, source
}

func TestListingOfAnImage(t *testing.T) {
	m, source := lesson()
	got, err := loader.WriteListing(m, source)
	require.NoError(t, err)
	testkit.Golden(t, filepath.Join("testdata", "lesson.lst"), string(got))

	again, hash, err := loader.ReadListing(got)
	require.NoError(t, err)
	assert.Equal(t, m, again)
	assert.Equal(t, loader.HashSource(source), hash)
}

func TestWriteListingRefusesWhatItCannotCarry(t *testing.T) {
	real64, err := loader.ReadELF(elfFile(t, "hello64.elf"), loader.Options{})
	require.NoError(t, err)
	_, err = loader.WriteListing(real64, "")
	assert.ErrorContains(t, err, "only assembled text")

	m, source := lesson()
	m.Lines = loader.NewLineMap([]loader.LineRange{{Addr: 0xc0103000, Size: 4, Line: 1}})
	_, err = loader.WriteListing(m, source)
	assert.ErrorContains(t, err, "line 1 has bytes at 0xc0103000")

	m.Segments = nil
	_, err = loader.WriteListing(m, source)
	assert.ErrorContains(t, err, "no segments")
}

func TestListingErrorsHaveAPlace(t *testing.T) {
	const (
		hash   = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
		header = "trapline-listing 1\narch i386\nbase 0x1000\nentry 0x1000\nsource " + hash + "\n"
		text   = header + ".text r-x 0x1000 file+0x1000\n"
	)
	for listing, want := range map[string]string{
		"":                                  "1:1: not a listing of this version",
		"trapline-listing 2\n":              "1:1: not a listing of this version",
		"trapline-listing 1\n\narch arm\n":  "3:6: architecture \"arm\": expected i386 or x86_64",
		"trapline-listing 1\nbase 0x1000\n": "2:1: unexpected \"base\", expected \"arch\"",
		"trapline-listing 1\narch i386\n":   "2:1: listing ends early, expected \"base\"",
		"trapline-listing 1\narch i386\nbase 0x1000 x\n":            "3:13: unexpected \"x\", expected base VALUE",
		strings.Replace(header, "sha256", "md5", 1):                 "5:8: source hash",
		header + "00001000 90 1\n":                                  "6:1: unexpected \"00001000\", expected .text, .rodata or .data first",
		header + ".text rx 0x1000 file+0x1000\n":                    "6:7: protection \"rx\"",
		header + ".text r-x 1000 file+0x1000\n":                     "6:11: address \"1000\"",
		header + ".text r-x 0x1000 0x1000\n":                        "6:18: file offset \"0x1000\"",
		header + ".text r-x 0x1000\n":                               "6:17: line ends early",
		text + "1000 90 1\n":                                        "7:1: unexpected \"1000\", expected a section or an address of 8",
		text + "00001001 90 1\n":                                    "7:1: address 0x1001 does not follow the row before, expected 0x1000",
		text + "00001000 9 1\n":                                     "7:10: bytes \"9\"",
		text + "00001000 9090*4 1\n":                                "7:10: bytes \"9090*4\"",
		text + "00001000 90*0 1\n":                                  "7:10: bytes \"90*0\"",
		text + "00001000 90*99999999 1\n":                           "7:10: image over 0x1000000 bytes of memory",
		text + "00001000 90 0\n":                                    "7:13: source line \"0\"",
		text + "00001000 90\n":                                      "7:12: line ends early, expected ADDRESS BYTES LINE",
		text + ".bss 0x4\n00001000 90 1\n":                          "8:1: bytes after .bss",
		text + ".bss 0x4\n.bss 0x4\n":                               "8:1: a second .bss",
		text + ".bss 4\n":                                           "7:6: address \"4\"",
		text + ".bss 0xfffffffff\n":                                 "7:6: image over",
		text + "00001000 <a b> func local\n":                        "7:10: symbol name <a",
		text + "00001000 <\"a\"b> func local\n":                     "7:10: symbol name",
		text + "00001000 <a> thing local\n":                         "7:14: symbol kind \"thing\": expected one of [notype func object ifunc]",
		text + "00001000 <a> func everywhere\n":                     "7:19: symbol binding",
		text + "00001000 <a> func local size\n":                     "7:25: unexpected \"size\"",
		text + "00001000 <a> func local size 4\n":                   "7:30: address \"4\"",
		text + strings.Repeat("x", 40000):                           "7:32769: line over 32768 bytes",
		text + strings.Repeat(strings.TrimPrefix(text, header), 64): "70:1: more than 64 segments",
	} {
		_, _, err := loader.ReadListing([]byte(listing))
		var place *loader.ListingError
		if assert.ErrorAs(t, err, &place, "%.200q", listing) {
			assert.True(t, strings.HasPrefix(err.Error(), want), "got %s, expected %s", err, want)
		}
	}
}

func TestUnsoundListingIsRefused(t *testing.T) {
	m, source := lesson()
	listing, err := loader.WriteListing(m, source)
	require.NoError(t, err)
	for from, to := range map[string]string{
		"base 0xc0100000":                  "base 0xc0100004",
		".data rw- 0xc0103000":             ".data rw- 0xc0100000",
		".data rw- 0xc0103000 file+0x4000": ".data r-- 0xc0102800 file+0x4000",
	} {
		_, _, err := loader.ReadListing(bytes.Replace(listing, []byte(from), []byte(to), 1))
		assert.ErrorIs(t, err, loader.ErrMalformed, to)
	}
	_, _, err = loader.ReadListing(make([]byte, loader.MaxListing+1))
	assert.ErrorIs(t, err, loader.ErrBounds)
}

// TestAnyImageIsReadBackFromItsListing: byte-exact for arbitrary contents.
func TestAnyImageIsReadBackFromItsListing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawImage(t)
		source := rapid.StringN(0, 200, -1).Draw(t, "source")
		listing, err := loader.WriteListing(m, source)
		require.NoError(t, err)
		again, _, err := loader.ReadListing(listing)
		require.NoError(t, err, "%s", listing)
		require.Equal(t, m, again, "%s", listing)
		rewritten, err := loader.WriteListing(again, source)
		require.NoError(t, err)
		require.Equal(t, string(listing), string(rewritten))
	})
}

func drawImage(t *rapid.T) *loader.Image {
	m := &loader.Image{Arch: rapid.SampledFrom([]x86.Arch{x86.I386, x86.AMD64}).Draw(t, "arch")}
	m.Entry = rapid.Uint64().Draw(t, "entry")
	var symbols []loader.Symbol
	var lines []loader.LineRange
	addr := uint64(0x10000)
	for range rapid.IntRange(1, 4).Draw(t, "segments") {
		s := loader.Segment{
			Addr:   addr,
			Data:   drawBytes(t),
			Prot:   loader.Prot(rapid.IntRange(0, 7).Draw(t, "prot")),
			Offset: rapid.Uint64().Draw(t, "offset"),
		}
		s.MemSize = uint64(len(s.Data)) + rapid.Uint64Range(0, 0x900).Draw(t, "zeros")
		if s.MemSize == 0 {
			s.MemSize = 1
		}
		addr += (s.MemSize + 2*loader.PageSize - 1) / loader.PageSize * loader.PageSize
		for range rapid.IntRange(0, 6).Draw(t, "symbols") {
			symbols = append(symbols, loader.Symbol{
				Name:    rapid.OneOf(rapid.StringN(1, 8, -1), rapid.StringMatching(`[a-z_.$]{1,8}`)).Draw(t, "name"),
				Addr:    s.Addr + rapid.Uint64Range(0, 2*s.MemSize).Draw(t, "symbol offset"),
				Size:    rapid.Uint64Range(0, 9).Draw(t, "symbol size"),
				Kind:    loader.Kind(rapid.IntRange(0, 2).Draw(t, "kind")),
				Binding: loader.Binding(rapid.IntRange(0, 2).Draw(t, "binding")),
			})
		}
		for at := uint64(0); at < uint64(len(s.Data)); {
			size := rapid.Uint64Range(1, uint64(len(s.Data))-at).Draw(t, "line size")
			lines = append(lines, loader.LineRange{
				Addr: s.Addr + at, Size: size, Line: rapid.IntRange(0, 9).Draw(t, "line"),
			})
			at += size
		}
		m.Segments = append(m.Segments, s)
	}
	m.Symbols, m.Lines = loader.NewSymbols(symbols), loader.NewLineMap(lines)
	return m
}

// drawBytes gives bytes with some long runs in them, or nil.
func drawBytes(t *rapid.T) []byte {
	var data []byte
	for range rapid.IntRange(0, 4).Draw(t, "pieces") {
		data = append(data, rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "bytes")...)
		data = append(data, bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, rapid.IntRange(0, 40).Draw(t, "run"))...)
	}
	return data
}

func FuzzReadListing(f *testing.F) {
	m, source := lesson()
	listing, err := loader.WriteListing(m, source)
	require.NoError(f, err)
	f.Add(listing)
	for i, line := range slices.Collect(strings.Lines(string(listing))) {
		f.Add([]byte(strings.Replace(string(listing), line, fmt.Sprintf("; %d\n", i), 1)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, _, err := loader.ReadListing(data)
		if err != nil {
			return
		}
		written, err := loader.WriteListing(m, "")
		require.NoError(t, err)
		again, _, err := loader.ReadListing(written)
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}

// A text put together of files has rows with their names.
func TestListingOfFiles(t *testing.T) {
	m, source := lesson()
	m.Files = []loader.SourceFile{{Name: "a.S", Line: 1}, {Name: "b.c", Line: 3}}
	got, err := loader.WriteListing(m, source)
	require.NoError(t, err)
	assert.Contains(t, string(got), "file a.S 1\nfile b.c 3\n")
	assert.Contains(t, string(got), "a.S:2")
	assert.Contains(t, string(got), "b.c:1")
	again, _, err := loader.ReadListing(got)
	require.NoError(t, err)
	assert.Equal(t, m, again)
	file, n := again.FileLine(4)
	assert.Equal(t, "b.c", file)
	assert.Equal(t, 2, n)

	for bad, want := range map[string]string{
		"file b.c 3":   "7:10: first line \"3\": expected a number above 3",
		"file c.c x":   "7:10: first line \"x\"",
		"file b.c 3 4": "7:12: unexpected \"4\"",
	} {
		_, _, err := loader.ReadListing([]byte(strings.Replace(string(got), "file a.S 1\nfile b.c 3", "file b.c 3\n"+bad, 1)))
		assert.ErrorContains(t, err, strings.Replace(want, "7:", "8:", 1))
	}
	_, _, err = loader.ReadListing([]byte(strings.Replace(string(got), "a.S:2", "c.S:2", 1)))
	assert.ErrorContains(t, err, "expected a positive number, FILE:NUMBER or -")
}
