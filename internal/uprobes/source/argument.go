package source

import (
	"debug/dwarf"
	"debug/elf"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// value is what a probe can fetch: a register, a constant, or memory that is reached through it or from an address.
type value struct {
	base    string  // %di, \5 for a constant, or "" for an address
	address uint64  // of memory, if base is ""
	derefs  []int64 // distances in bytes, each added to what was read before, to be read at
	typ     dwarf.Type
	bits    *dwarf.StructField // a bit field of typ, or nil
	row     bool               // an element of an array that is an array itself
}

// Argument writes a variable as a probe at a place fetches it, in the words of uprobe_events: NAME=FETCH:TYPE of
// [NAME=]VARIABLE[:TYPE], where VARIABLE may go on with .member, ->member and [index].
func (p *Program) Argument(at Place, text string) (string, error) {
	name, expr, named := strings.Cut(text, "=")
	if !named {
		expr = text
	}
	expr, cast, hasCast := strings.Cut(expr, ":")
	path, err := splitPath(expr)
	if err != nil {
		return "", err
	}
	v, err := p.Variable(at, path[0].name)
	if err != nil {
		return "", err
	}
	pl, err := v.place(at.Addr)
	if err != nil {
		return "", err
	}
	x, err := p.begin(v, pl)
	if err != nil {
		return "", err
	}
	last := path[0].name
	for _, s := range path[1:] {
		if x, err = x.step(s); err != nil {
			return "", fmt.Errorf("%s: %w", expr, err)
		}
		if s.name != "" {
			last = s.name
		}
	}
	switch {
	case named:
		last = name
	case hasCast && len(path) == 1: // as perf probe names it
		last += "_" + notInNames.ReplaceAllString(cast, "_")
	}
	x, fetchType, err := x.cast(cast)
	if err != nil {
		return "", fmt.Errorf("%s: %w", text, err)
	}
	fetch, err := x.fetch(p, at.Addr)
	if err != nil {
		return "", fmt.Errorf("%s: %w", expr, err)
	}
	return last + "=" + fetch + fetchType, nil
}

// notInNames is what an argument's name cannot have.
var notInNames = regexp.MustCompile(`\W`)

// step is a member or an index in a path.
type step struct {
	name  string // of a member
	arrow bool
	index int64
}

var pathParts = regexp.MustCompile(`^(?:(->|\.)([A-Za-z_]\w*)|\[(\d+)\])`)

// splitPath reads VARIABLE, then .member, ->member, [index].
func splitPath(expr string) ([]step, error) {
	head := regexp.MustCompile(`^[A-Za-z_]\w*`).FindString(expr)
	if head == "" {
		return nil, fmt.Errorf("%q; expected a variable's name", expr)
	}
	l := []step{{name: head}}
	for rest := expr[len(head):]; rest != ""; {
		m := pathParts.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("%q in %s; expected .member, ->member or [index]", rest, expr)
		}
		s := step{name: m[2], arrow: m[1] == "->"}
		if m[3] != "" {
			n, err := strconv.ParseInt(m[3], 10, 32)
			if err != nil {
				return nil, fmt.Errorf("index %s; expected one below 2^31", m[3])
			}
			s.index = n
		}
		l = append(l, s)
		rest = rest[len(m[0]):]
	}
	return l, nil
}

// Registers by DWARF's numbers, as probes name them.
var (
	registers64 = []string{"%ax", "%dx", "%cx", "%bx", "%si", "%di", "%bp", "%sp", "%r8", "%r9", "%r10", "%r11", "%r12", "%r13", "%r14", "%r15"}
	registers32 = []string{"%ax", "%cx", "%dx", "%bx", "$stack", "%bp", "%si", "%di"}
)

func (p *Program) begin(v Variable, pl place) (value, error) {
	t, err := v.typ()
	if err != nil {
		return value{}, err
	}
	x := value{typ: plain(t)}
	names := registers32
	if p.file.Machine == elf.EM_X86_64 {
		names = registers64
	}
	switch {
	case pl.constant:
		x.base = fmt.Sprintf(`\%d`, pl.value)
		return x, nil
	case pl.register == noRegister:
		x.address = uint64(pl.offset)
		return x, nil
	case pl.register >= len(names):
		return value{}, fmt.Errorf("%s is in a register that a probe cannot fetch (DWARF's number %d)", v.Name, pl.register)
	}
	x.base = names[pl.register]
	if pl.through {
		x.derefs = append(x.derefs, pl.inner)
	}
	if pl.memory {
		x.derefs = append(x.derefs, pl.offset)
	}
	return x, nil
}

// plain takes typedefs and qualifiers off a type.
func plain(t dwarf.Type) dwarf.Type {
	for range maxNestedTypes {
		switch x := t.(type) {
		case *dwarf.TypedefType:
			t = x.Type
		case *dwarf.QualType:
			t = x.Type
		default:
			return t
		}
	}
	return &dwarf.UnspecifiedType{}
}

// sizeOf is the size of a type's values in bytes; 0 or less if the debug information does not say. It is dwarf.Type.Size for
// types that contain themselves too.
func sizeOf(t dwarf.Type) int64 {
	elements := int64(1)
	for range maxNestedTypes {
		a, ok := plain(t).(*dwarf.ArrayType)
		if !ok {
			return elements * plain(t).Size()
		}
		elements, t = elements*a.Count, a.Type
	}
	return 0
}

// inMemory tells whether the value is read from memory, so that its parts lie there too.
func (x value) inMemory() bool { return x.base == "" || len(x.derefs) > 0 }

// shift is the value n bytes behind, in the same memory.
func (x value) shift(n int64) value {
	if len(x.derefs) == 0 {
		x.address += uint64(n)
		return x
	}
	x.derefs = append([]int64{}, x.derefs...)
	x.derefs[len(x.derefs)-1] += n
	return x
}

// through is what lies n bytes behind the address that the value is.
func (x value) through(n int64) value {
	x.derefs = append(append([]int64{}, x.derefs...), n)
	return x
}

func (x value) step(s step) (value, error) {
	if s.name == "" {
		return x.element(s.index)
	}
	t := x.typ
	s.arrow = s.arrow || isReference(t)
	if s.arrow {
		ptr, ok := t.(*dwarf.PtrType)
		if !ok {
			return x, fmt.Errorf("->%s of what is no pointer, but %s", s.name, typeName(t))
		}
		t = plain(ptr.Type)
	}
	st, ok := t.(*dwarf.StructType)
	if !ok {
		if _, pointer := t.(*dwarf.PtrType); pointer {
			return x, fmt.Errorf(".%s of a pointer; expected ->%s", s.name, s.name)
		}
		return x, fmt.Errorf("%s of what is no structure, but %s", s.name, typeName(t))
	}
	f, at, ok := member(st, s.name, 0)
	if !ok {
		var all []string
		for _, f := range st.Field {
			all = append(all, f.Name)
		}
		return x, fmt.Errorf("struct %s has no member %q; expected one of %s", st.StructName, s.name, strings.Join(all, ", "))
	}
	switch {
	case s.arrow:
		x = x.through(at)
	case !x.inMemory():
		return x, errors.New("a structure in a register, of which a probe cannot fetch a member")
	default:
		x = x.shift(at)
	}
	x.typ, x.bits, x.row = plain(f.Type), nil, false
	if f.BitSize > 0 {
		x.bits = f
	}
	return x, nil
}

// member finds a member and its distance from the structure's beginning, also in structures without a name.
func member(st *dwarf.StructType, name string, depth int) (*dwarf.StructField, int64, bool) {
	const maxNesting = 16
	for _, f := range st.Field {
		if f.Name == name {
			return f, f.ByteOffset, true
		}
		if inner, ok := plain(f.Type).(*dwarf.StructType); ok && f.Name == "" && depth < maxNesting {
			if g, at, ok := member(inner, name, depth+1); ok {
				return g, f.ByteOffset + at, true
			}
		}
	}
	return nil, 0, false
}

func (x value) element(n int64) (value, error) {
	switch t := x.typ.(type) {
	case *dwarf.ArrayType:
		if !x.inMemory() {
			return x, errors.New("an array in a register")
		}
		x = x.shift(n * sizeOf(t.Type))
		x.typ = plain(t.Type)
		_, x.row = x.typ.(*dwarf.ArrayType)
	case *dwarf.PtrType:
		x = x.through(n * sizeOf(t.Type))
		x.typ = plain(t.Type)
		x.row = false
	default:
		return x, fmt.Errorf("[%d] of what is no array and no pointer, but %s", n, typeName(t))
	}
	return x, nil
}

// maxFetch is the widest value that a probe fetches, in bits.
const maxFetch = 64

// cast gives what is fetched for a type that the user wrote, "" for none, and the type with a colon ahead in the kernel's words:
// :s32, :x64, a bit field's :b3@4/32; "" for an array, whose first word is fetched. x, s and u alone take their width from the variable.
func (x value) cast(to string) (value, string, error) {
	isString := strings.HasPrefix(to, "string") || strings.HasPrefix(to, "ustring")
	plainLetter := to == "" || to == "x" || to == "s" || to == "u"
	switch {
	case isString:
		return x.characters(to)
	case !plainLetter:
		return x, ":" + to, nil
	case x.bits != nil:
		return x.bitField()
	}
	if f, isFunction := x.typ.(*dwarf.FuncType); isFunction {
		return x, "", fmt.Errorf("a probe cannot fetch a value of the type %s; expected a type behind a colon", typeName(f))
	}
	if a, isArray := x.typ.(*dwarf.ArrayType); isArray {
		if x.row {
			return x, "", fmt.Errorf("is a row, %s; expected another [index]", typeName(a))
		}
		return x, "", nil
	}
	size := sizeOf(x.typ) * 8
	if size <= 0 {
		return x, "", fmt.Errorf("a probe cannot fetch a value of the type %s; expected a type behind a colon", typeName(x.typ))
	}
	if to == "" {
		to = "x"
		if isSigned(x.typ) {
			to = "s"
		}
	}
	return x, fmt.Sprintf(":%s%d", to, min(size, maxFetch)), nil
}

func isSigned(t dwarf.Type) bool {
	switch t := t.(type) {
	case *dwarf.IntType, *dwarf.CharType:
		return true
	case *dwarf.EnumType:
		return slices.ContainsFunc(t.Val, func(v *dwarf.EnumValue) bool { return v.Val < 0 })
	}
	return false
}

// characters is a string: what a pointer to characters leads to, or an array of them.
func (x value) characters(to string) (value, string, error) {
	var of dwarf.Type
	pointer := false
	switch t := x.typ.(type) {
	case *dwarf.PtrType:
		of, pointer = t.Type, true
	case *dwarf.ArrayType:
		of = t.Type
	}
	switch of := plain(of).(type) {
	case *dwarf.CharType, *dwarf.UcharType:
		if name := of.Common().Name; name == "char" || name == "unsigned char" {
			if pointer {
				x = x.through(0)
			}
			return x, ":" + to, nil
		}
	}
	return x, "", fmt.Errorf("%s of what is no char* and no array of char, but %s", to, typeName(x.typ))
}

// bitField moves to the bytes in which a bit field lies, from which the kernel counts its bits, the lowest as 0.
func (x value) bitField() (value, string, error) {
	unit := sizeOf(x.typ) * 8
	at := x.bits.DataBitOffset // from the structure's beginning
	if x.bits.ByteSize > 0 {   // before DWARF 4 from the highest bit of a unit of that size
		unit = x.bits.ByteSize * 8
		at = unit - x.bits.BitOffset - x.bits.BitSize
	}
	if unit <= 0 || at < 0 || x.bits.BitSize > maxFetch {
		return x, "", fmt.Errorf("is a bit field of %d bits at bit %d of the type %s, which no compiler writes", x.bits.BitSize, at, typeName(x.typ))
	}
	bytes := at / unit * unit / 8
	bit := at - bytes*8
	if bit+x.bits.BitSize > unit { // across two units of a packed structure
		bytes, bit = at/8, at%8
		for unit = 8; unit < bit+x.bits.BitSize; unit *= 2 {
		}
	}
	if unit > maxFetch {
		return x, "", fmt.Errorf("is a bit field across %d bytes; a probe fetches 8", (bit+x.bits.BitSize+7)/8)
	}
	return x.shift(bytes), fmt.Sprintf(":b%d@%d/%d", x.bits.BitSize, bit, unit), nil
}

// fetch writes where the value is: %di, -24(%bp), +8(%di), @+0x4010.
func (x value) fetch(p *Program, addr uint64) (string, error) {
	text := x.base
	if text == "" { // uprobes count from where the file's beginning would be, by the probed place
		offset, ok := p.Offset(addr)
		if !ok {
			return "", errors.New("the place is not in the file")
		}
		text = fmt.Sprintf("@+%#x", x.address-(addr-offset))
	}
	for _, n := range x.derefs {
		text = fmt.Sprintf("%+d(%s)", n, text)
	}
	return text, nil
}
