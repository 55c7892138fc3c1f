package places

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/glob"
	"trapline/internal/loader"
	"trapline/internal/uprobes/names"
	"trapline/internal/uprobes/source"
)

// File is an ELF file in which functions are looked for.
type File struct {
	Image *loader.Image
	data  []byte
	names map[string]*names.Name // by symbol; nil for one that is its own name
	debug *source.Program        // of data, once it is read

	versioned map[nameAt]version         // nil: not read
	clones    map[string][]loader.Symbol // by the symbol of which they are; nil: not looked for

	jumpSlots map[uint64]string // nil: not read

	imports map[string]bool // names of dynamic symbols that other files define; nil: not read
	code    *Program        // nil until it is asked for
}

// NewFile takes a file's image and its bytes, which must not change.
func NewFile(image *loader.Image, data []byte) *File {
	return &File{Image: image, data: data, names: map[string]*names.Name{}}
}

// Source reads the file's debug information, once.
func (f *File) Source() (*source.Program, error) {
	if f.debug == nil {
		var err error
		if f.debug, err = source.Read(f.data); err != nil {
			return nil, err
		}
	}
	return f.debug, nil
}

// IsGo tells whether Go's run-time system is in the file: a symbol table has the name with the linker's mark of assembly code,
// the table of a stripped program without.
func (f *File) IsGo() bool { return f.UsesAny([]string{"runtime.goexit", "runtime.goexit.abi0"}) != "" }

// source reads a symbol as names.Of does, once.
func (f *File) source(symbol string) (names.Name, bool) {
	n, known := f.names[symbol]
	if !known {
		if of, ok := names.Of(symbol); ok {
			n = &of
		}
		f.names[symbol] = n
	}
	if n == nil {
		return names.Name{}, false
	}
	return *n, true
}

// maxMatches bounds the functions that a pattern stands for.
const maxMatches = 1000

// found is what a name with an offset stands for.
type found struct {
	functions []loader.Symbol // at least one, at different addresses
	add       uint64          // bytes behind the function's beginning
	remark    string          // what the user should know, or ""
	isOne     bool            // the functions are one function's code in several places
	indirect  *Indirect       // what the function chooses; nil: it is no code that chooses
}

// find reads SYMBOL[+OFFSET], SYMBOL being a symbol of the file, a function's name as its source has it, or a pattern.
func (f *File) find(path, text string) (found, error) {
	name, add := text, uint64(0)
	l, closeness := f.functionsOf(name, false)
	if i := strings.LastIndexByte(text, '+'); len(l) == 0 && i > 0 {
		n, err := strconv.ParseUint(text[i+1:], 0, 64)
		if err == nil {
			name, add = text[:i], n
			l, closeness = f.functionsOf(name, false)
		} else if l, _ := f.named(text[:i], false); len(l) > 0 {
			return found{}, fmt.Errorf("offset %q behind the symbol; expected a number", text[i+1:])
		}
	}
	isPattern := len(l) == 0 && strings.ContainsAny(name, "*?")
	if isPattern {
		all, indirect := f.matching(name)
		switch {
		case len(all) > maxMatches:
			return found{}, fmt.Errorf("%d functions of %s match %q; expected at most %d", len(all), path, name, maxMatches)
		case len(all) > 0:
			return found{functions: all, add: add, remark: leftOut(name, indirect)}, nil
		case len(indirect) > 0:
			return found{}, fmt.Errorf("%s has indirect functions only that match %q; expected one of %s", path, name, someOf(indirect))
		}
	}
	if len(l) == 0 {
		l, closeness = f.functionsOf(name, true)
	}
	switch {
	case len(l) > 1:
		return found{}, f.ambiguous(path, name, l)
	case len(l) == 1:
		return f.one(name, l[0], add, closeness), nil
	}
	what := "symbol"
	if isPattern {
		what = "function that matches"
	}
	return found{}, fmt.Errorf("%s has no %s %q%s", path, what, name, f.suggestions(name))
}

// one is what a name of one function stands for.
func (f *File) one(name string, functions []loader.Symbol, add uint64, closeness names.Closeness) found {
	l := found{functions: functions, add: add, isOne: true}
	if s := functions[0]; len(functions) == 1 && s.Kind == loader.Indirect {
		implementations := f.resolved(s)
		single := len(implementations) == 1 && !f.decides(s)
		if single {
			l.functions = implementations
		} else {
			l.indirect = &Indirect{Name: name, file: f, at: s, from: implementations}
		}
		l.remark = indirect(name, implementations, single)
		return l
	}
	l.remark = f.several(name, functions)
	if s := functions[0]; s.Size > 0 && add >= s.Size {
		l.remark = fmt.Sprintf("%s+%#x is behind the end of %s, which has %#x bytes: it is %s", name, add, name, s.Size, f.Image.Symbols.Format(s.Addr+add))
	}
	if closeness >= names.Ending {
		l.remark = strings.TrimSuffix(fmt.Sprintf("%s is taken for %s; %s", sourceName(functions[0].Name, false), name, l.remark), "; ")
	}
	return l
}

// matching lists the functions that a pattern matches, by one of their names, and the names of indirect ones.
func (f *File) matching(pattern string) (l []loader.Symbol, indirect []string) {
	match := func(s string) bool { return glob.Match(pattern, s) }
	for s := range f.Image.Symbols.All() {
		if !s.Kind.IsCode() || s.Kind == loader.Function && len(l) > 0 && l[len(l)-1].Addr == s.Addr {
			continue
		}
		isMeant := match(s.Name)
		if n, ok := f.source(s.Name); ok && !isMeant {
			isMeant = n.Like(match)
		}
		switch {
		case isMeant && s.Kind == loader.Function:
			l = append(l, s)
		case isMeant && !slices.Contains(indirect, s.Name):
			indirect = append(indirect, s.Name)
		}
	}
	slices.Sort(indirect)
	return l, indirect
}

// leftOut says which functions a pattern matches and does not stand for: the code that chooses an indirect function's
// implementation does not run when it is called.
func leftOut(pattern string, indirect []string) string {
	if len(indirect) == 0 {
		return ""
	}
	return fmt.Sprintf("%s matches indirect functions too, which have no probe: %s; each takes one by its name alone", pattern, someOf(indirect))
}

// named lists the symbols of a name at different addresses, the one that is taken first: those that have the name as
// it is, or else the functions that it names most closely; or those that it names loosely.
func (f *File) named(name string, loosely bool) ([]loader.Symbol, names.Closeness) {
	if l := distinct(f.ofVersion(name)); len(l) > 0 {
		return l, names.Exact
	}
	var l []loader.Symbol
	closest := names.None
	query := names.NewQuery(name)
	for s := range f.Image.Symbols.All() {
		if s.Kind == loader.Object || !query.May(s.Name) {
			continue
		}
		n, ok := f.source(s.Name)
		if !ok {
			continue
		}
		c := names.None
		switch {
		case !loosely:
			c = query.Matches(n)
		case query.Loosely(n):
			c = names.Loose
		}
		if c < closest {
			l, closest = nil, c
		}
		if c == closest && c != names.None {
			l = append(l, s)
		}
	}
	return distinct(l), closest
}

func distinct(l []loader.Symbol) []loader.Symbol {
	var d []loader.Symbol
	for _, s := range l {
		if !slices.ContainsFunc(d, func(o loader.Symbol) bool { return o.Addr == s.Addr }) {
			d = append(d, s)
		}
	}
	return d
}
