// Package mementotest tests that snapshots and hashes of a state have every
// field of it, also those that are added later.
package mementotest

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// References fails if a struct has a field with a slice, map, pointer,
// interface or function that is not among the known ones, separated by spaces:
// a copied value shares it with its original. A known one is copied with the
// value, never changes once it is there, or is saved by itself. So is what a pointer or an
// interface of the types saved refers to.
func References(t *testing.T, of any, known string, saved ...reflect.Type) {
	t.Helper()
	typ := reflect.TypeOf(of)
	names := strings.Fields(known)
	for i := range typ.NumField() {
		f := typ.Field(i)
		if refers(f.Type) && !slices.Contains(saved, f.Type) && !(f.Type.Kind() == reflect.Pointer && slices.Contains(saved, f.Type.Elem())) {
			require.Contains(t, names, f.Name, "%v.%s is shared by snapshots and the run", typ, f.Name)
		}
	}
	for _, n := range names {
		_, ok := typ.FieldByName(n)
		require.True(t, ok, "%v has no field %s", typ, n)
	}
}

func refers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface, reflect.Func, reflect.Chan:
		return true
	case reflect.Array:
		return refers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if refers(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// Hashed fails if a change of any number, bool or string in the struct that
// at points to leaves the hash as it is, but for the fields that unseen lists. So
// does the loss of a pointer of the struct to one of the types of objects.
func Hashed(t *testing.T, at any, hash func() uint64, unseen string, objects ...reflect.Type) {
	t.Helper()
	v := reflect.ValueOf(at).Elem()
	was := hash()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if slices.Contains(strings.Fields(unseen), name) {
			continue
		}
		f := open(v.Field(i))
		if f.Kind() == reflect.Pointer && !f.IsNil() && slices.Contains(objects, f.Type().Elem()) {
			old := reflect.New(f.Type()).Elem()
			old.Set(f)
			f.SetZero()
			require.NotEqual(t, was, hash(), "%v.%s is not in the hash", v.Type(), name)
			f.Set(old)
		}
		each(f, func(leaf reflect.Value, change func()) {
			old := reflect.New(leaf.Type()).Elem()
			old.Set(leaf)
			change()
			require.NotEqual(t, was, hash(), "%v.%s is not in the hash", v.Type(), name)
			leaf.Set(old)
		})
	}
	require.Equal(t, was, hash())
}

// Pointers fails if a hash does not ask for a pointer of the struct that at points to, also in structs and first elements
// of slices within it, but for the fields that unasked lists. Samples are objects of the types that are asked for. A copy
// of one stands in for what the field refers to: nothing else points to it, so that only this field can have it asked for.
func Pointers(t *testing.T, at any, asked func() map[any]bool, unasked string, samples map[reflect.Type]reflect.Value) {
	t.Helper()
	v := reflect.ValueOf(at).Elem()
	exempt := strings.Fields(unasked)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		pointers(open(v.Field(i)), func(f reflect.Value, typ reflect.Type) {
			sample := samples[typ.Elem()]
			if !sample.IsValid() {
				return
			}
			fresh, old := reflect.New(typ.Elem()), reflect.New(f.Type()).Elem()
			fresh.Elem().Set(sample.Elem())
			old.Set(f)
			f.Set(fresh)
			require.Equal(t, !slices.Contains(exempt, name), asked()[fresh.Interface()], "%v.%s is asked for by the hash", v.Type(), name)
			f.Set(old)
		})
	}
}

// pointers visits the pointers in f and their types, which those in an interface have if it is not nil.
func pointers(f reflect.Value, visit func(f reflect.Value, typ reflect.Type)) {
	switch f.Kind() {
	case reflect.Pointer:
		visit(f, f.Type())
	case reflect.Interface:
		if !f.IsNil() && f.Elem().Kind() == reflect.Pointer {
			visit(f, f.Elem().Type())
		}
	case reflect.Slice, reflect.Array:
		if f.Len() > 0 {
			pointers(open(f.Index(0)), visit)
		}
	case reflect.Struct:
		for i := range f.NumField() {
			pointers(open(f.Field(i)), visit)
		}
	}
}

// each visits the plain values of f, with a way to change each.
func each(f reflect.Value, visit func(reflect.Value, func())) {
	switch f.Kind() {
	case reflect.Bool:
		visit(f, func() { f.SetBool(!f.Bool()) })
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		visit(f, func() { f.SetInt(f.Int() + 1) })
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		visit(f, func() { f.SetUint(f.Uint() + 1) })
	case reflect.String:
		visit(f, func() { f.SetString(f.String() + "x") })
	case reflect.Array:
		each(open(f.Index(0)), visit)
		each(open(f.Index(f.Len()-1)), visit)
	case reflect.Struct:
		for i := range f.NumField() {
			each(open(f.Field(i)), visit)
		}
	}
}

// open lets fields that are not exported be set.
func open(f reflect.Value) reflect.Value {
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
}
