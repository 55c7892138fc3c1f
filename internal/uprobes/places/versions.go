package places

import (
	"bytes"
	"debug/elf"
	"strings"

	"trapline/internal/loader"
)

// version is that of a dynamic symbol: name@VERSION, or name@@VERSION for the one that a program is bound to.
type version struct {
	name      string
	byDefault bool
}

// nameAt is a symbol by its name and its address.
type nameAt struct {
	name string
	addr uint64
}

// versions are those of the file's dynamic symbols, read once.
func (f *File) versions() map[nameAt]version {
	if f.versioned == nil {
		f.versioned = map[nameAt]version{}
		for _, s := range dynamicSymbols(f.data) {
			if s.HasVersion && s.Version != "" {
				f.versioned[nameAt{s.Name, s.Value}] = version{s.Version, !s.VersionIndex.IsHidden()}
			}
		}
	}
	return f.versioned
}

func dynamicSymbols(data []byte) (l []elf.Symbol) {
	defer func() { _ = recover() }() // debug/elf trusts what it reads
	e, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	l, _ = e.DynamicSymbols()
	return l
}

// ofVersion lists the symbols of a name with a version as nm writes it, name@VERSION or name@@VERSION, or those that the name alone
// is bound to.
func (f *File) ofVersion(text string) []loader.Symbol {
	name, want, asked := strings.Cut(text, "@")
	want = strings.TrimPrefix(want, "@")
	var l, others []loader.Symbol
	for s := range f.Image.Symbols.Named(name) {
		v, known := f.versions()[nameAt{s.Name, s.Addr}]
		switch {
		case asked && v.name == want && known, !asked && (!known || v.byDefault):
			l = append(l, s)
		case !asked:
			others = append(others, s)
		}
	}
	if len(l) == 0 {
		return others
	}
	return l
}
