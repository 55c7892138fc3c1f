package loader

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// Kind is what a symbol names.
type Kind uint8

// The kinds of symbols, STT_* of ELF.
const (
	NoType   Kind = iota // a plain label
	Function             // STT_FUNC
	Object               // STT_OBJECT
	Indirect             // STT_GNU_IFUNC: code that chooses a function when a program is bound
)

// IsCode tells whether a symbol of the kind is at code that is entered there.
func (k Kind) IsCode() bool { return k == Function || k == Indirect }

// Binding is a symbol's visibility between object files, STB_* of ELF.
type Binding uint8

// The bindings, in rising order of preference.
const (
	Local Binding = iota
	Weak
	Global
)

// Symbol is a name for an address.
type Symbol struct {
	Name    string
	Addr    uint64
	Size    uint64 // in bytes; 0 if not known
	Kind    Kind
	Binding Binding
}

// Symbols is a symbol table. The zero value is an empty table. It is a value:
// adding to one copy leaves the others as they were.
type Symbols struct {
	byAddr []Symbol // by address, the preferred name of an address first
	byName []int32  // indices into byAddr by name, the preferred one first
}

// NewSymbols makes a table of list, in which the order does not matter and of
// equal entries one is kept.
func NewSymbols(list []Symbol) Symbols {
	var t Symbols
	t.Add(list...)
	return t
}

// Add puts symbols into the table. Adding one by one costs a sort each time.
func (t *Symbols) Add(list ...Symbol) {
	if len(list) == 0 {
		return
	}
	all := slices.Concat(t.byAddr, list)
	slices.SortFunc(all, func(a, b Symbol) int {
		return cmp.Or(cmp.Compare(a.Addr, b.Addr), comparePreference(a, b))
	})
	all = slices.Compact(all)
	names := make([]int32, len(all))
	for i := range names {
		names[i] = int32(i)
	}
	slices.SortFunc(names, func(i, j int32) int {
		a, b := all[i], all[j]
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(b.Binding, a.Binding), cmp.Compare(i, j))
	})
	t.byAddr, t.byName = all, names
}

// Merge adds every symbol of other.
func (t *Symbols) Merge(other Symbols) { t.Add(other.byAddr...) }

// comparePreference orders the names of one address: functions before the
// rest, then global before weak before local, then, as kallsyms has it, the
// name with fewer leading underscores. What follows makes the order total.
func comparePreference(a, b Symbol) int {
	return cmp.Or(
		cmp.Compare(boolRank(b.Kind.IsCode()), boolRank(a.Kind.IsCode())),
		cmp.Compare(b.Binding, a.Binding),
		cmp.Compare(underscores(a.Name), underscores(b.Name)),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(b.Kind, a.Kind),
		cmp.Compare(b.Size, a.Size),
	)
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func underscores(name string) int { return len(name) - len(strings.TrimLeft(name, "_")) }

// Len is the number of symbols.
func (t Symbols) Len() int { return len(t.byAddr) }

// All yields the symbols in address order, the preferred name of an address
// first.
func (t Symbols) All() iter.Seq[Symbol] { return slices.Values(t.byAddr) }

// Named yields the symbols of one name: global, weak, local, and in address
// order within each. Static functions of several files may share a name.
func (t Symbols) Named(name string) iter.Seq[Symbol] {
	return func(yield func(Symbol) bool) {
		for i := t.searchName(name); i < len(t.byName); i++ {
			s := t.byAddr[t.byName[i]]
			if s.Name != name || !yield(s) {
				return
			}
		}
	}
}

// Lookup finds the first symbol that Named yields.
func (t Symbols) Lookup(name string) (Symbol, bool) {
	for s := range t.Named(name) {
		return s, true
	}
	return Symbol{}, false
}

func (t Symbols) searchName(name string) int {
	i, _ := slices.BinarySearchFunc(t.byName, name, func(i int32, name string) int {
		return cmp.Compare(t.byAddr[i].Name, name)
	})
	return i
}

// Bounds of At.
const (
	// MaxSymbolOffset is how far past a symbol, or past its size, an address
	// still takes its name: padding and unsized labels, not the stack.
	MaxSymbolOffset = 1 << 16
	// maxInnerLabels is how many labels of one function At looks past to find
	// the function.
	maxInnerLabels = 1024
)

// At names addr: the function whose size covers it, whatever labels it has
// inside, as kallsyms does; otherwise the nearest symbol at or below addr, at
// most MaxSymbolOffset past its end. offset is addr minus the symbol's address.
func (t Symbols) At(addr uint64) (s Symbol, offset uint64, ok bool) {
	end, _ := slices.BinarySearchFunc(t.byAddr, addr, func(s Symbol, addr uint64) int {
		if s.Addr <= addr {
			return -1
		}
		return 1
	})
	if end == 0 {
		return Symbol{}, 0, false
	}
	for i := end - 1; i >= 0 && i >= end-maxInnerLabels; i-- {
		if f := t.byAddr[i]; f.Kind.IsCode() && addr-f.Addr < f.Size {
			s := t.preferred(i)
			return s, addr - s.Addr, true
		}
	}
	s = t.preferred(end - 1)
	offset = addr - s.Addr
	if offset > MaxSymbolOffset && offset-MaxSymbolOffset > s.Size {
		return Symbol{}, 0, false
	}
	return s, offset, true
}

// preferred gives the preferred symbol among those at the address of entry i.
func (t Symbols) preferred(i int) Symbol {
	for i > 0 && t.byAddr[i-1].Addr == t.byAddr[i].Addr {
		i--
	}
	return t.byAddr[i]
}
