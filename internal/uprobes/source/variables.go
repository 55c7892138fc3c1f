package source

import (
	"debug/dwarf"
	"fmt"
	"slices"
	"strings"
)

// Variable is a variable or parameter that can be named at a place.
type Variable struct {
	Name      string
	Type      string // as C writes it
	Parameter bool

	unit  *unit
	entry *dwarf.Entry
}

// Place is an address at which variables are looked for.
type Place struct {
	Addr uint64    // of the file, linear
	Of   *Function // by whose name the place is known: of what is inlined there its copy; nil if only the address is known
}

// Variables lists what can be named at a place, inner scopes first: parameters and variables of the function there, of
// its blocks and of functions inlined there, those of the place's own function ahead of all others. A name that comes first hides
// others. What has no location at the address is left out.
func (p *Program) Variables(at Place) []Variable {
	f := p.At(at.Addr)
	if f == nil {
		return nil
	}
	var l []Variable
	for _, v := range f.scopes(at) {
		if slices.ContainsFunc(l, func(o Variable) bool { return o.Name == v.Name }) {
			continue
		}
		if _, err := v.place(at.Addr); err == nil {
			l = append(l, v)
		}
	}
	return l
}

// Variable finds a name at a place: a local one, or one of the unit, or a global one.
func (p *Program) Variable(at Place, name string) (Variable, error) {
	f := p.At(at.Addr)
	if f == nil {
		return Variable{}, fmt.Errorf("the debug information has no function at %#x", at.Addr)
	}
	for _, v := range f.scopes(at) {
		if v.Name == name {
			return v, nil
		}
	}
	units := append([]*unit{f.unit}, p.units...)
	for _, u := range units {
		if v, ok := u.global(name); ok {
			return v, nil
		}
	}
	var known []string
	for _, v := range p.Variables(at) {
		known = append(known, v.Name)
	}
	return Variable{}, fmt.Errorf("no variable %q in %s there; expected one of %s", name, f.Name, strings.Join(known, ", "))
}

// scope is a block of a function or a copy of another one in it, while it is read.
type scope struct {
	of        dwarf.Offset // the function's origin
	holds     bool         // the address
	variables []Variable
}

// scopes lists the variables of the function that can be seen at a place: of the place's own function, then of others, those of
// inner scopes first.
func (f *Function) scopes(at Place) []Variable {
	r := f.unit.program.data.Reader()
	r.Seek(f.entry.Offset)
	e, err := r.Next()
	if err != nil || e == nil || !e.Children {
		return nil
	}
	levels := []scope{{of: f.origin(), holds: true}}
	var own, others []Variable // of scopes that hold the address, inner ones first
	for len(levels) > 0 {
		e, err := r.Next()
		if err != nil || e == nil {
			return nil
		}
		last := &levels[len(levels)-1]
		switch e.Tag {
		case 0:
			done := *last
			levels = levels[:len(levels)-1]
			switch {
			case !done.holds:
				continue
			case at.Of != nil && at.Of.origin() == done.of:
				own = append(own, done.variables...)
			default:
				others = append(others, done.variables...)
			}
			if len(levels) > 0 { // its ranges may leave out the place at which a copy in it is entered
				levels[len(levels)-1].holds = true
			}
			continue
		case dwarf.TagVariable, dwarf.TagFormalParameter:
			if v, ok := f.unit.variable(e); ok {
				last.variables = append(last.variables, v)
			}
		case dwarf.TagLexDwarfBlock, dwarf.TagInlinedSubroutine:
			ranges, err := f.unit.program.data.Ranges(e)
			if e.Children && err == nil {
				levels = append(levels, last.inner(e, ranges, at))
				continue
			}
		}
		if e.Children {
			r.SkipChildren()
		}
	}
	return append(own, others...)
}

// inner is a block or a copy of a function in a scope. A block without ranges has what the scope around it has. A copy that a place
// is asked for by its name, or that may be meant by an address, has the place where it is entered too (DWARF 5, 3.3.8.2:
// DW_AT_entry_pc): where the instruction is one that the compiler moved there, the copy's ranges leave it out.
func (around *scope) inner(e *dwarf.Entry, ranges [][2]uint64, at Place) scope {
	s := scope{of: around.of, holds: within(ranges, at.Addr)}
	if e.Tag == dwarf.TagLexDwarfBlock {
		s.holds = s.holds || len(ranges) == 0 && around.holds
		return s
	}
	s.of, _ = e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
	asked := at.Of == nil || at.Of.origin() == s.of
	s.holds = s.holds || asked && len(ranges) > 0 && entryOf(e, ranges) == at.Addr
	return s
}

func (u *unit) variable(e *dwarf.Entry) (Variable, bool) {
	name, ok := u.attr(e, dwarf.AttrName).(string)
	if !ok {
		return Variable{}, false
	}
	v := Variable{Name: name, Parameter: e.Tag == dwarf.TagFormalParameter, unit: u, entry: e}
	v.Type = "void"
	if t, err := v.typ(); err == nil {
		v.Type = typeName(t)
	}
	return v, true
}

func (v Variable) typ() (dwarf.Type, error) {
	off, ok := v.unit.attr(v.entry, dwarf.AttrType).(dwarf.Offset)
	if !ok {
		return nil, fmt.Errorf("%s has no type", v.Name)
	}
	return typeAt(v.unit.program.data, off)
}

// reference is the name of a pointer's type that is a C++ reference.
const reference = "&"

// typeAt is a type by its place in the debug information. debug/dwarf knows no references: they are pointers of that name.
func typeAt(data *dwarf.Data, off dwarf.Offset) (dwarf.Type, error) {
	r := data.Reader()
	r.Seek(off)
	e, err := r.Next()
	if err != nil || e == nil || e.Tag != dwarf.TagReferenceType && e.Tag != dwarf.TagRvalueReferenceType {
		return data.Type(off)
	}
	to, ok := e.Val(dwarf.AttrType).(dwarf.Offset)
	if !ok {
		return data.Type(off)
	}
	t, err := data.Type(to)
	if err != nil {
		return nil, err
	}
	return &dwarf.PtrType{CommonType: dwarf.CommonType{Name: reference, ByteSize: int64(r.AddressSize())}, Type: t}, nil
}

func isReference(t dwarf.Type) bool {
	p, ok := t.(*dwarf.PtrType)
	return ok && p.Name == reference
}

// maxNestedTypes bounds types within a type: one of a file that was made to harm may contain itself.
const maxNestedTypes = 64

// typeName writes a type as perf probe does: char*, struct item*, int* for an array, without const.
func typeName(t dwarf.Type) string { return nestedName(t, maxNestedTypes) }

func nestedName(t dwarf.Type, left int) string {
	if left == 0 {
		return "..."
	}
	switch t := t.(type) {
	case *dwarf.PtrType:
		if isReference(t) {
			return nestedName(t.Type, left-1) + reference
		}
		return nestedName(t.Type, left-1) + "*"
	case *dwarf.QualType:
		return nestedName(t.Type, left-1)
	case *dwarf.ArrayType:
		return nestedName(t.Type, left-1) + "*"
	case *dwarf.TypedefType:
		return t.Name
	case *dwarf.VoidType:
		return "void"
	case *dwarf.StructType:
		return t.Kind + " " + t.StructName
	case *dwarf.EnumType:
		return "enum " + t.EnumName
	case *dwarf.FuncType:
		return "(function_type)"
	}
	return t.String()
}

// global finds a variable of the unit outside functions.
func (u *unit) global(name string) (Variable, bool) {
	r := u.program.data.Reader()
	r.Seek(u.entry.Offset)
	if _, err := r.Next(); err != nil || !u.entry.Children {
		return Variable{}, false
	}
	for {
		e, err := r.Next()
		if err != nil || e == nil || e.Tag == 0 {
			return Variable{}, false
		}
		if e.Tag == dwarf.TagVariable && e.Val(dwarf.AttrLocation) != nil {
			if v, ok := u.variable(e); ok && v.Name == name {
				return v, true
			}
		}
		if e.Children && e.Tag != dwarf.TagNamespace {
			r.SkipChildren()
		}
	}
}
