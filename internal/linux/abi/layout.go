package abi

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Long and ULong are C's long and unsigned long, which have as many bytes as a word: 8 of
// x86-64, 4 of i386. A pointer and a size_t are an ULong.
type (
	Long  int64
	ULong uint64
)

// packed as a blank field says that a structure has no padding; union, that its fields
// lie on one another.
type (
	packed struct{}
	union  struct{}
)

// Marshal is a structure as C lays it out, little-endian, its padding 0. The structure has
// fields of Go's integers of fixed size, Long, ULong, arrays and structures; a slice is one
// after the other. word is the size of a long in bytes: 8 is the layout of x86-64 (System V
// ABI), 4 that of i386, where nothing is aligned to more than 4 bytes.
//
// A blank field is padding. A field with the tag `word:"4"` or `word:"8"` is only in one of
// the layouts. Of a union at most one field may be other than 0.
func Marshal(word int, v any) []byte {
	b := make([]byte, Sizeof(word, v))
	Put(word, b, v)
	return b
}

// Put writes a structure over what b holds. Padding stays as it is.
func Put(word int, b []byte, v any) {
	value := reflect.Indirect(reflect.ValueOf(v))
	if value.Kind() == reflect.Slice {
		l := layoutOf(word, value.Type().Elem())
		for i := range value.Len() {
			l.put(b[i*l.size:], value.Index(i))
		}
		return
	}
	layoutOf(word, value.Type()).put(b, value)
}

// Unmarshal sets the structure that v points to, or those of the slice v, from C's layout of
// them, Sizeof bytes.
func Unmarshal(word int, b []byte, v any) {
	value := reflect.Indirect(reflect.ValueOf(v))
	if value.Kind() == reflect.Slice {
		l := layoutOf(word, value.Type().Elem())
		for i := range value.Len() {
			l.get(b[i*l.size:], value.Index(i))
		}
		return
	}
	layoutOf(word, value.Type()).get(b, value)
}

// Sizeof is the size of a structure, or of all those of a slice, in bytes.
func Sizeof(word int, v any) int {
	value := reflect.Indirect(reflect.ValueOf(v))
	if value.Kind() == reflect.Slice {
		return value.Len() * layoutOf(word, value.Type().Elem()).size
	}
	return layoutOf(word, value.Type()).size
}

// Fields are the names of a structure's fields, in the order of the structure.
func Fields(word int, v any) (names []string) {
	typ := reflect.Indirect(reflect.ValueOf(v)).Type()
	for _, f := range layoutOf(word, typ).fields {
		names = append(names, typ.Field(f.index).Name)
	}
	return names
}

// Offsetof is where a field of a structure is, in bytes. A field of a field is named with a dot,
// as "Uc.Mcontext". It panics if there is none of the name.
func Offsetof(word int, v any, path string) int {
	typ, at := reflect.Indirect(reflect.ValueOf(v)).Type(), 0
	for name := range strings.SplitSeq(path, ".") {
		l := layoutOf(word, typ)
		i := slices.IndexFunc(l.fields, func(m member) bool { return typ.Field(m.index).Name == name })
		if i < 0 {
			panic(fmt.Sprintf("abi: %v has no field %s where a long has %d bytes", typ, name, word))
		}
		at += l.fields[i].at
		typ = typ.Field(l.fields[i].index).Type
	}
	return at
}

// layout is how C lays a type out.
type layout struct {
	size, align int
	signed      bool     // an integer with a sign
	element     *layout  // of an array
	bytes       bool     // an array of single bytes
	fields      []member // of a structure, which has some or none
	union       bool
}

type member struct {
	index int // among the fields of the Go structure
	at    int // offset in bytes
	*layout
}

type layoutKey struct {
	typ  reflect.Type
	word int
}

var layouts sync.Map // of *layout by layoutKey

func layoutOf(word int, typ reflect.Type) *layout {
	if l, ok := layouts.Load(layoutKey{typ, word}); ok {
		return l.(*layout)
	}
	l := newLayout(word, typ)
	layouts.Store(layoutKey{typ, word}, l)
	return l
}

func newLayout(word int, typ reflect.Type) *layout {
	integer := func(size int, signed bool) *layout {
		return &layout{size: size, align: min(size, word), signed: signed}
	}
	switch {
	case typ == reflect.TypeFor[Long]():
		return integer(word, true)
	case typ == reflect.TypeFor[ULong]():
		return integer(word, false)
	}
	switch typ.Kind() {
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return integer(int(typ.Size()), true)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return integer(int(typ.Size()), false)
	case reflect.Array:
		e := layoutOf(word, typ.Elem())
		return &layout{size: typ.Len() * e.size, align: e.align, element: e, bytes: typ.Elem().Kind() == reflect.Uint8}
	case reflect.Struct:
		return newStruct(word, typ)
	}
	panic(fmt.Sprintf("abi: %v has no layout in C", typ))
}

func newStruct(word int, typ reflect.Type) *layout {
	l, isPacked := &layout{align: 1, fields: []member{}}, false
	for i := range typ.NumField() {
		f := typ.Field(i)
		switch only := f.Tag.Get("word"); {
		case f.Type == reflect.TypeFor[packed]():
			isPacked = true
			continue
		case f.Type == reflect.TypeFor[union]():
			l.union = true
			continue
		case only != "" && only != fmt.Sprint(word):
			continue
		}
		m := member{i, l.size, layoutOf(word, f.Type)}
		if l.union {
			m.at = 0
		} else if !isPacked {
			m.at = roundUp(l.size, m.align)
		}
		l.size = max(l.size, m.at+m.size)
		if !isPacked {
			l.align = max(l.align, m.align)
		}
		if f.Name != "_" {
			l.fields = append(l.fields, m)
		}
	}
	l.size = roundUp(l.size, l.align)
	return l
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// put writes v to the front of b.
func (l *layout) put(b []byte, v reflect.Value) {
	switch {
	case l.bytes:
		reflect.Copy(reflect.ValueOf(b), v)
	case l.element != nil:
		for i := range v.Len() {
			l.element.put(b[i*l.element.size:], v.Index(i))
		}
	case l.fields != nil:
		for _, m := range l.fields {
			if l.union && v.Field(m.index).IsZero() {
				continue
			}
			m.put(b[m.at:], v.Field(m.index))
		}
	case l.signed:
		putInteger(b, l.size, uint64(v.Int()))
	default:
		putInteger(b, l.size, v.Uint())
	}
}

func (l *layout) get(b []byte, v reflect.Value) {
	switch {
	case l.bytes:
		reflect.Copy(v, reflect.ValueOf(b[:l.size]))
	case l.element != nil:
		for i := range v.Len() {
			l.element.get(b[i*l.element.size:], v.Index(i))
		}
	case l.fields != nil:
		for _, m := range l.fields {
			m.get(b[m.at:], v.Field(m.index))
		}
	case l.signed:
		unused := 64 - 8*l.size
		v.SetInt(int64(integerAt(b, l.size)) << unused >> unused)
	default:
		v.SetUint(integerAt(b, l.size))
	}
}

func putInteger(b []byte, size int, v uint64) {
	for i := range size {
		b[i] = byte(v >> (8 * i))
	}
}

func integerAt(b []byte, size int) (v uint64) {
	for i := range size {
		v |= uint64(b[i]) << (8 * i)
	}
	return v
}
