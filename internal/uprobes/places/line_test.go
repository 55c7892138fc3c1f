package places_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/loader"
	"trapline/internal/uprobes/places"
	"trapline/internal/x86"
)

// files have one program, /bin/x.
type files struct{ image *loader.Image }

func (files) Absolute(path string) string {
	if path == "./x" {
		return "/bin/x"
	}
	return path
}

func (f files) File(path string) (*places.File, error) {
	if path != "/bin/x" {
		return nil, errors.New("no such file")
	}
	return places.NewFile(f.image, nil), nil
}

func code(names ...loader.Symbol) files {
	return files{&loader.Image{
		Arch:     x86.AMD64,
		Segments: []loader.Segment{{Addr: 0x401000, Data: make([]byte, 0x100), MemSize: 0x100, Prot: loader.ProtR | loader.ProtX, Offset: 0x1000}},
		Symbols:  loader.NewSymbols(names),
	}}
}

// U16: the file takes offsets only; symbols are the user's.
func TestU16Resolve(t *testing.T) {
	f := code(loader.Symbol{Name: "work", Addr: 0x401010}, loader.Symbol{Name: "_ZN2ns4workEi", Addr: 0x401020},
		loader.Symbol{Name: "same", Addr: 0x401030}, loader.Symbol{Name: "same", Addr: 0x401040})
	for in, want := range map[string]string{
		"p /bin/x:work":               "p /bin/x:0x1010",
		"p:g/e ./x:work+4 a=%di":      "p:g/e /bin/x:0x1014 a=%di",
		"r /bin/x:work%return":        "r /bin/x:0x1010%return",
		"p /bin/x:work(0x8)":          "p /bin/x:0x1010(0x8)",
		"p\t./x:ns::work  %ax":        "p /bin/x:0x1020 %ax",
		"p ./x:0x99%return":           "p /bin/x:0x99%return",
		"p /absent:16":                "p /absent:16",
		"-:g/e ./x:work":              "-:g/e ./x:work",
		"p ./x":                       "p ./x",
		"p":                           "p",
		"p:x ./x:work+0x10 x=\"a b\"": "p:x /bin/x:0x1020 x=\"a b\"",
	} {
		got, err := places.Resolve(in, f)
		require.NoError(t, err, in)
		require.Len(t, got, 1, in)
		require.Equal(t, want, got[0].Text, in)
		require.Empty(t, got[0].Remark, in)
	}
	_, err := places.Resolve("p ./x:same", f)
	require.EqualError(t, err, "/bin/x has 2 functions named same: 0x1030, 0x1040; expected the file offset of one")
}

// An error knows where in the line the place is.
func TestResolveErrors(t *testing.T) {
	f := code(loader.Symbol{Name: "work", Addr: 0x401010})
	for in, want := range map[string]struct {
		at   int
		text string
	}{
		"p ./x:wrok":           {6, `/bin/x has no symbol "wrok"; did you mean work?`},
		"p:p  ./x:entirely":    {9, `/bin/x has no symbol "entirely"`},
		"p ./x:work+z":         {6, `offset "z" behind the symbol; expected a number`},
		"p ./x:work+0x1000":    {6, `/bin/x: work+0x1000 is not in the file`},
		"p /absent:work %ax":   {10, "no such file"},
		"p:p/x /absent:p/x:p ": {18, "no such file"},
	} {
		_, err := places.Resolve(in, f)
		var flaw *places.Error
		require.ErrorAs(t, err, &flaw, in)
		require.Equal(t, want.text, err.Error(), in)
		require.Equal(t, want.at, flaw.At, in)
	}
	_, err := places.Resolve("p ./x:work", code())
	require.ErrorContains(t, err, "the file is stripped; expected PATH:0xOFFSET")
}
