package tracekprobe

import (
	"cmp"
	"slices"
	"sort"

	"trapline/internal/emu"
	"trapline/internal/events"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// symbolTable is a machine's kallsyms: the kernel's symbols and the loaded
// modules'. A symbol reaches up to the next one.
type symbolTable struct {
	byAddr []events.Symbol
	byName map[string][]int
}

func newSymbolTable(arch x86.Arch, kernel loader.Symbols, modules []*Module) *symbolTable {
	t := &symbolTable{byName: map[string][]int{}}
	// A module's code may be part of the scenario's own image.
	inModule := func(addr uint64) bool {
		return slices.ContainsFunc(modules, func(m *Module) bool { return m.holds(addr) })
	}
	for s := range kernel.All() {
		if !inModule(s.Addr) {
			t.byAddr = append(t.byAddr, events.Symbol{Name: s.Name, Addr: s.Addr, Size: s.Size})
		}
	}
	for _, m := range modules {
		if !m.Loaded {
			continue
		}
		for s := range m.Symbols.All() {
			t.byAddr = append(t.byAddr, events.Symbol{Name: s.Name, Addr: s.Addr, Size: s.Size, Module: m.Name})
		}
	}
	slices.SortStableFunc(t.byAddr, func(a, b events.Symbol) int { return cmp.Compare(a.Addr, b.Addr) })
	t.size(arch)
	for i, s := range t.byAddr {
		t.byName[s.Name] = append(t.byName[s.Name], i)
	}
	return t
}

// size ends each symbol where the next one begins, the last of a region at
// its page's end.
func (t *symbolTable) size(arch x86.Arch) {
	for i := range t.byAddr {
		s := &t.byAddr[i]
		end := arch.Mask((s.Addr + max(s.Size, 1) + emu.PageSize - 1) &^ (emu.PageSize - 1))
		for _, next := range t.byAddr[i+1:] {
			if next.Addr != s.Addr {
				end = min(end, next.Addr)
				break
			}
		}
		s.Size = end - s.Addr
	}
}

// Count tells how many symbols bear the plain name.
func (t *symbolTable) Count(name string) int { return len(t.byName[name]) }

// Address resolves NAME or MODULE:NAME.
func (t *symbolTable) Address(name string) (uint64, bool) {
	module, plain := splitModule(name)
	for _, i := range t.byName[plain] {
		if s := t.byAddr[i]; module == "" || s.Module == module {
			return s.Addr, true
		}
	}
	return 0, false
}

// Lookup finds the symbol whose range holds addr.
func (t *symbolTable) Lookup(addr uint64) (events.Symbol, bool) {
	i := sort.Search(len(t.byAddr), func(i int) bool { return t.byAddr[i].Addr > addr }) - 1
	for i > 0 && t.byAddr[i-1].Addr == t.byAddr[i].Addr {
		i--
	}
	if i < 0 || addr-t.byAddr[i].Addr >= t.byAddr[i].Size {
		return events.Symbol{}, false
	}
	return t.byAddr[i], true
}
