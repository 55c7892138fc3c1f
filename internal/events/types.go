package events

import (
	"strings"

	"trapline/internal/cstring"
	"trapline/internal/x86"
)

// Type is a fetch type: how a value is stored in the record and printed.
type Type struct {
	Name   string // as written behind ':'; a bitfield has its container's name
	Size   int    // bytes of one element in the record; a string's is its 4-byte locator
	Signed bool   // the format file's "signed" column
	Kind   TypeKind
	Verb   string // printf verb of the format file's print fmt
	Field  string // type column of the format file
}

// TypeKind says how a stored value reads.
type TypeKind uint8

const (
	Unsigned     TypeKind = iota // decimal
	Signed                       // decimal with sign, Size bytes wide
	Hex                          // 0x and hexadecimal digits
	Address                      // a symbol with offset, from an address
	KernelString                 // a NUL-terminated string, of memory the probe can read
	UserString                   // the same, of user memory
	SymbolString                 // the symbol of a value, stored as text
)

// IsString tells whether values lie in the record's dynamic part, behind a
// locator.
func (t *Type) IsString() bool { return t.Kind >= KernelString }

// stringSize is the locator (__data_loc): offset in the low 16 bits, length
// in the high 16.
const stringSize = 4

var stringTypes = []*Type{
	{"string", stringSize, true, KernelString, `\"%s\"`, "__data_loc char[]"},
	{"ustring", stringSize, true, UserString, `\"%s\"`, "__data_loc char[]"},
	{"symstr", stringSize, true, SymbolString, `\"%s\"`, "__data_loc char[]"},
}

var integerTypes = []*Type{
	{"u8", 1, false, Unsigned, "%u", "u8"},
	{"u16", 2, false, Unsigned, "%u", "u16"},
	{"u32", 4, false, Unsigned, "%u", "u32"},
	{"u64", 8, false, Unsigned, "%Lu", "u64"},
	{"s8", 1, true, Signed, "%d", "s8"},
	{"s16", 2, true, Signed, "%d", "s16"},
	{"s32", 4, true, Signed, "%d", "s32"},
	{"s64", 8, true, Signed, "%Ld", "s64"},
	{"x8", 1, false, Hex, "0x%x", "u8"},
	{"x16", 2, false, Hex, "0x%x", "u16"},
	{"x32", 4, false, Hex, "0x%x", "u32"},
	{"x64", 8, false, Hex, "0x%Lx", "u64"},
}

// symbolTypes is the "symbol" type by architecture: an unsigned long.
var symbolTypes = [...]*Type{
	x86.AMD64: {"symbol", 8, false, Address, "%pS", "u64"},
	x86.I386:  {"symbol", 4, false, Address, "%pS", "u32"},
}

// findType looks a type name up; a bitfield "bW@O/S" finds its container.
func findType(a x86.Arch, name string) *Type {
	if cstring.At(name, 0) == 'b' {
		_, size, ok := strings.Cut(name, "/")
		if !ok {
			return nil
		}
		bits, errno := ParseUint(size, 0, wordBits(a))
		if errno != 0 {
			return nil
		}
		for _, t := range integerTypes[:4] {
			if uint64(t.Size)*8 == bits {
				return t
			}
		}
		return nil
	}
	if name == "symbol" {
		return symbolTypes[a]
	}
	for _, list := range [][]*Type{stringTypes, integerTypes} {
		for _, t := range list {
			if t.Name == name {
				return t
			}
		}
	}
	return nil
}

// defaultType is an unsigned long in hexadecimal: x64 or x32.
func defaultType(a x86.Arch) *Type {
	if a == x86.I386 {
		return findType(a, "x32")
	}
	return findType(a, "x64")
}

// Bitfield is the W@O part of a type bW@O/S, reduced to the two shifts that
// cut it out of its container.
type Bitfield struct {
	// Left and Right are the shift counts, done in this order in the
	// container's width.
	Left, Right uint8
}

// parseBitfield reads "bW@O/S" for a container of size bytes. Sums wrap at
// the word width, as the kernel's do.
func parseBitfield(a x86.Arch, s string, size int) (Bitfield, bool) {
	width, rest := scanUint(s[1:])
	width = a.Mask(width)
	if width == 0 || cstring.At(rest, 0) != '@' {
		return Bitfield{}, false
	}
	offset, tail := scanUint(rest[1:])
	offset = a.Mask(offset)
	if tail == rest[1:] || cstring.At(tail, 0) != '/' {
		return Bitfield{}, false
	}
	bits := uint64(size) * 8
	end := a.Mask(width + offset)
	return Bitfield{Left: uint8(bits - end), Right: uint8(bits - width)}, end <= bits
}
