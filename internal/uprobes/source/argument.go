package source

import (
	"debug/dwarf"
	"debug/elf"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// value is what a probe can fetch: a register, or memory that is reached through it or from an address.
type value struct {
	base    string  // %di, or "" for an address
	address uint64  // of memory, if base is ""
	derefs  []int64 // distances in bytes, each added to what was read before, to be read at
	typ     dwarf.Type
	bits    *dwarf.StructField // a bit field of typ, or nil
}

// Argument writes a variable as a probe at addr fetches it, in the words of uprobe_events: NAME=FETCH:TYPE of
// [NAME=]VARIABLE[:TYPE], where VARIABLE may go on with .member, ->member and [index].
func (p *Program) Argument(addr uint64, text string) (string, error) {
	name, expr, named := strings.Cut(text, "=")
	if !named {
		expr = text
	}
	expr, cast, hasCast := strings.Cut(expr, ":")
	path, err := splitPath(expr)
	if err != nil {
		return "", err
	}
	v, err := p.Variable(addr, path[0].name)
	if err != nil {
		return "", err
	}
	pl, err := v.place(addr)
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
	if named {
		last = name
	}
	if !hasCast {
		if cast, err = x.fetchType(); err != nil {
			return "", fmt.Errorf("%s: %w", expr, err)
		}
	}
	fetch, err := x.fetch(p, addr, strings.HasPrefix(cast, "string") || strings.HasPrefix(cast, "ustring"))
	if err != nil {
		return "", fmt.Errorf("%s: %w", expr, err)
	}
	return last + "=" + fetch + ":" + cast, nil
}

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
	x.typ, x.bits = plain(f.Type), nil
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
		x = x.shift(n * t.Type.Size())
		x.typ = plain(t.Type)
	case *dwarf.PtrType:
		x = x.through(n * t.Type.Size())
		x.typ = plain(t.Type)
	default:
		return x, fmt.Errorf("[%d] of what is no array and no pointer, but %s", n, typeName(t))
	}
	return x, nil
}

// fetchType is the type that the kernel's words have for the value: s32, x64, a bit field b3@4/32.
func (x value) fetchType() (string, error) {
	size := x.typ.Size() * 8
	if x.bits != nil {
		at := x.bits.DataBitOffset
		if at == 0 && x.bits.BitOffset > 0 { // counted from the highest bit before DWARF 4
			at = size - x.bits.BitOffset - x.bits.BitSize
		}
		return fmt.Sprintf("b%d@%d/%d", x.bits.BitSize, at%size, size), nil
	}
	switch t := x.typ.(type) {
	case *dwarf.PtrType, *dwarf.UintType, *dwarf.UcharType, *dwarf.BoolType, *dwarf.AddrType:
		return fmt.Sprintf("x%d", size), nil
	case *dwarf.IntType, *dwarf.CharType:
		return fmt.Sprintf("s%d", size), nil
	case *dwarf.EnumType:
		return fmt.Sprintf("x%d", size), nil
	case *dwarf.ArrayType:
		return "", fmt.Errorf("is an array; expected an [index], or :string behind it")
	case *dwarf.StructType:
		return "", fmt.Errorf("is a structure; expected a member")
	default:
		return "", fmt.Errorf("a probe cannot fetch a value of the type %s; expected a type behind a colon", typeName(t))
	}
}

// fetch writes where the value is: %di, -24(%bp), +8(%di), @+0x4010. Of a string that is where its bytes are.
func (x value) fetch(p *Program, addr uint64, isString bool) (string, error) {
	if _, pointer := x.typ.(*dwarf.PtrType); isString && pointer {
		x = x.through(0)
	}
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
