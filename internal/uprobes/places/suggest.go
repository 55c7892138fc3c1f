package places

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/loader"
	"trapline/internal/nearest"
	"trapline/internal/uprobes/names"
)

// sourceName is a function's name as its source has it, also without parameters.
func sourceName(symbol string, short bool) string {
	n, ok := names.Of(symbol)
	switch {
	case !ok:
		return symbol
	case short:
		return n.Short()
	}
	return n.Readable()
}

// maxNames bounds the names that a message proposes.
const maxNames = 3

// suggestions names the symbols that a wrong one may have meant, as the rest of a message.
func (f *File) suggestions(name string) string {
	near := f.sameButArguments(name)
	if len(near) == 0 {
		var all []string
		for s := range f.Image.Symbols.All() {
			if n, ok := f.source(s.Name); ok {
				all = append(all, n.Short())
			}
			if s.Kind != loader.Object {
				all = append(all, s.Name)
			}
		}
		if f.Image.NoNames != nil {
			return fmt.Sprintf(": its names cannot be read: %v; expected PATH:0xOFFSET", f.Image.NoNames)
		}
		if len(all) == 0 {
			return ": the file is stripped; expected PATH:0xOFFSET (trace --functions lists the offsets of functions)"
		}
		for len(near) < maxNames {
			n := nearest.Word(name, all)
			if n == "" {
				break
			}
			near = append(near, n)
			all = slices.DeleteFunc(all, func(o string) bool { return o == n })
		}
	}
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + someOf(near) + "?"
}

// sameButArguments lists the functions that a name names without what is in its brackets.
func (f *File) sameButArguments(name string) (l []string) {
	for i := range len(name) {
		if i == 0 || strings.IndexByte("([<", name[i]) < 0 || strings.HasSuffix(name[:i], "operator") {
			continue
		}
		groups, _ := f.functionsOf(name[:i], false)
		if len(groups) == 0 {
			groups, _ = f.functionsOf(name[:i], true)
		}
		for _, g := range groups {
			for _, s := range g {
				if n := sourceName(s.Name, false); s.Kind != loader.Object && !slices.Contains(l, n) {
					l = append(l, n)
				}
			}
		}
	}
	return l
}
