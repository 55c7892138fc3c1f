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

// Variables lists what can be named at an address, inner scopes first: parameters and variables of the function there, of
// its blocks and of functions inlined there. A name that an inner scope has hides the outer one. What has no location at the
// address is left out.
func (p *Program) Variables(addr uint64) []Variable {
	f := p.At(addr)
	if f == nil {
		return nil
	}
	var l []Variable
	for _, v := range f.scopes(addr) {
		if slices.ContainsFunc(l, func(o Variable) bool { return o.Name == v.Name }) {
			continue
		}
		if _, err := v.place(addr); err == nil {
			l = append(l, v)
		}
	}
	return l
}

// Variable finds a name at an address: a local one, or one of the unit, or a global one.
func (p *Program) Variable(addr uint64, name string) (Variable, error) {
	f := p.At(addr)
	if f == nil {
		return Variable{}, fmt.Errorf("the debug information has no function at %#x", addr)
	}
	for _, v := range f.scopes(addr) {
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
	for _, v := range p.Variables(addr) {
		known = append(known, v.Name)
	}
	return Variable{}, fmt.Errorf("no variable %q in %s there; expected one of %s", name, f.Name, strings.Join(known, ", "))
}

// scopes lists the variables of the function that can be seen at an address, those of inner scopes first.
func (f *Function) scopes(addr uint64) []Variable {
	r := f.unit.program.data.Reader()
	r.Seek(f.entry.Offset)
	e, err := r.Next()
	if err != nil || e == nil || !e.Children {
		return nil
	}
	levels := [][]Variable{nil}
	var done []Variable // of scopes that hold the address, inner ones first
	for len(levels) > 0 {
		e, err := r.Next()
		if err != nil || e == nil {
			return nil
		}
		last := len(levels) - 1
		switch e.Tag {
		case 0:
			done = append(done, levels[last]...)
			levels = levels[:last]
			continue
		case dwarf.TagVariable, dwarf.TagFormalParameter:
			if v, ok := f.unit.variable(e); ok {
				levels[last] = append(levels[last], v)
			}
		case dwarf.TagLexDwarfBlock, dwarf.TagInlinedSubroutine:
			ranges, err := f.unit.program.data.Ranges(e)
			if e.Children && err == nil && (within(ranges, addr) || len(ranges) == 0 && e.Tag == dwarf.TagLexDwarfBlock) {
				levels = append(levels, nil)
				continue
			}
		}
		if e.Children {
			r.SkipChildren()
		}
	}
	return done
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
	return v.unit.program.data.Type(off)
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
