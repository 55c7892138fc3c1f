package walk

import (
	"fmt"
	"slices"

	"trapline/internal/loader"
	"trapline/internal/uprobes/places"
)

// nameFunctions gives the functions of a stripped program names by their
// addresses, as far as a sweep of its code finds them.
func (w *programSide) nameFunctions() {
	img := w.guest.Image()
	if img.Symbols.Len() > 0 {
		return
	}
	entries := places.Read(img).Entries()
	list := append(slices.Collect(w.names.Symbols.All()), loader.Symbol{Name: "_start", Addr: img.Entry, Kind: loader.Function})
	for i, at := range entries {
		s := loader.Symbol{Name: fmt.Sprintf("sub_%x", at), Addr: at, Kind: loader.Function}
		if i+1 < len(entries) {
			s.Size = entries[i+1] - at
		}
		list = append(list, s)
	}
	w.names.Symbols = loader.NewSymbols(list)
}

// Lookup finds a symbol by name.
func (w *Walk) Lookup(name string) (uint64, bool) {
	s, ok := w.names.Symbols.Lookup(name)
	return s.Addr, ok
}
