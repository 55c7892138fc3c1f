package loader_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"trapline/internal/loader"
	"trapline/internal/x86"
)

const codeProt = loader.ProtR | loader.ProtX

func TestCheckNamesWhatIsUnsound(t *testing.T) {
	for name, c := range map[string]struct {
		image loader.Image
		kind  error
		says  string
	}{
		"arch": {loader.Image{Arch: 9}, loader.ErrForeign, "Arch(9)"},
		"empty segment": {loader.Image{Segments: []loader.Segment{{Addr: 0x1000}}},
			loader.ErrMalformed, "is empty or outside"},
		"data over memory": {loader.Image{Segments: []loader.Segment{{Addr: 0x1000, Data: []byte{1, 2}, MemSize: 1}}},
			loader.ErrMalformed, "0x2 bytes of data for 0x1 bytes"},
		"over 4 GiB": {loader.Image{Segments: []loader.Segment{{Addr: 0xfffff000, MemSize: 0x1001}}},
			loader.ErrMalformed, "outside the i386 address space"},
		"out of order": {loader.Image{Segments: []loader.Segment{{Addr: 0x2000, MemSize: 1}, {Addr: 0x1000, MemSize: 1}}},
			loader.ErrMalformed, "not after the end"},
		"in one page": {loader.Image{Segments: []loader.Segment{{Addr: 0x1000, MemSize: 1, Prot: codeProt}, {Addr: 0x1ffc, MemSize: 1}}},
			loader.ErrMalformed, "share a page"},
		"segments": {loader.Image{Segments: make([]loader.Segment, loader.DefaultSegments+1)},
			loader.ErrBounds, "65 segments, at most 64"},
	} {
		err := c.image.Check(loader.Limits{})
		assert.ErrorIs(t, err, c.kind, name)
		assert.ErrorContains(t, err, c.says, name)
	}
}

func TestSegmentsMayReachTheTopOfTheAddressSpace(t *testing.T) {
	for _, m := range []loader.Image{
		{Arch: x86.I386, Segments: []loader.Segment{{Addr: 0xfffff000, MemSize: 0x1000, Prot: codeProt}}},
		{Arch: x86.AMD64, Segments: []loader.Segment{{Addr: 0xfffffffffffff000, MemSize: 0x1000, Prot: codeProt}}},
		{Arch: x86.AMD64, Segments: []loader.Segment{{Addr: 0x7ffffffff000, MemSize: 0x1000, Prot: codeProt}}},
	} {
		assert.NoError(t, m.Check(loader.Limits{}))
		s := &m.Segments[0]
		assert.Same(t, s, m.SegmentAt(s.Addr+s.MemSize-1))
		assert.Nil(t, m.SegmentAt(s.Addr-1))
		assert.Nil(t, m.SegmentAt(0))
	}
}

func TestArchAndProtWordsAreReadBack(t *testing.T) {
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		got, err := x86.ParseArch(a.String())
		assert.NoError(t, err)
		assert.Equal(t, a, got)
	}
	_, err := x86.ParseArch("arm")
	assert.ErrorContains(t, err, "expected i386 or x86_64")
	for p := range loader.Prot(8) {
		got, err := loader.ParseProt(p.String())
		assert.NoError(t, err)
		assert.Equal(t, p, got)
	}
	_, err = loader.ParseProt("xwr")
	assert.ErrorContains(t, err, "such as r-x")
}
